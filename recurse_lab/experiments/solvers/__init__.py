"""Learned solvers of linear systems: trained on one family, tested on it and on systems of other bases."""
