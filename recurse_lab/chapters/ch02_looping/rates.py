"""Chapter 02: which arms its search for learning rates tries.

python -m recurse_lab.chapters.ch02_looping.rates
"""

from pathlib import Path

from recurse_lab.chapters.ch02_looping.arms import LARGER, LIVE
from recurse_lab.experiments.prefix_sums.rates import search

if __name__ == "__main__":
    search(Path("data"), Path("build/cache"), LIVE | LARGER)
