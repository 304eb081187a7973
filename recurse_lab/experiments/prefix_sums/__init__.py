"""Prefix sums: trained on short strings, tested on long ones."""
