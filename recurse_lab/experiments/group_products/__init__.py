"""Prefix products in S3: nets of equal size and different shape compose eight elements of a group."""
