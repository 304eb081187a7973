"""Chapter 04: which arms its search for learning rates tries.

python -m recurse_lab.chapters.ch04_recursion_or_hierarchy.rates
"""

from pathlib import Path

from recurse_lab.chapters.ch04_recursion_or_hierarchy.arms import CARRIES, LIVE
from recurse_lab.experiments.sudoku.rates import either_norm, search

SHORTER = either_norm(LIVE | CARRIES)

if __name__ == "__main__":
    search(Path("data"), Path("build/cache"), SHORTER, {})
