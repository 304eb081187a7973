"""Widgets that explore recorded or live thoughts; their figures also work without a kernel."""

from recurse_lab.explore.live import Live
from recurse_lab.explore.thoughts import Example, Explorer

__all__ = ["Example", "Explorer", "Live"]
