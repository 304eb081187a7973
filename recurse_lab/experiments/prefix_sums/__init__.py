"""Prefix sums: nets train on short strings and are tested on long ones."""
