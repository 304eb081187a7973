"""Chapter 03: which arms its search for learning rates and norms tries.

python -m recurse_lab.chapters.ch03_tiny_recursive_model.rates
"""

from pathlib import Path

from recurse_lab.chapters.ch03_tiny_recursive_model.arms import APART, LIVE, PLATEAU
from recurse_lab.experiments.sudoku.rates import either_norm, search

SHORTER = either_norm(LIVE)
LARGER = either_norm(
    {name: arm for name, arm in (PLATEAU | APART).items() if not name.endswith(("_long", "_post", "_pre"))}
)

if __name__ == "__main__":
    search(Path("data"), Path("build/cache"), SHORTER, LARGER)
