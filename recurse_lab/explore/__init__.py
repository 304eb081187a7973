"""Widgets over recorded or live thoughts."""
