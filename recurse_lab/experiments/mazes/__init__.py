"""Mazes: trained on small ones, tested on larger ones."""
