"""Records of training runs: what was measured, what made it, and where it is kept."""
