"""Mazes: nets train on small mazes and are tested on larger ones."""
