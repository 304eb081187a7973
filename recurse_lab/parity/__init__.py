"""Parity: our models compared with the official implementations, number by number."""
