"""Records of training runs: their measurements, their origin, and where they are kept."""
