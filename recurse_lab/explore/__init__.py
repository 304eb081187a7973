"""Widgets over recorded or live thoughts; each also is a figure that needs no kernel."""

from recurse_lab.explore.thoughts import Example, Explorer

__all__ = ["Example", "Explorer"]
