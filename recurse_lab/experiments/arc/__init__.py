"""ARC: nets train on the demonstrations of each task and answer its tests by vote."""
