"""Chapter 03: the search for the learning rates and norms of its arms, on validation puzzles.

Run the search: `python -m recurse_lab.chapters.ch03_tiny_recursive_model.rates`. Every arm is tried for as many steps
as it has in use. Plain nets of the comparison at equal compute are tried with both norms; long runs have post-norm,
which ended higher in both nets of 32 channels that were trained for long with either.
"""

from pathlib import Path

from recurse_lab.chapters.ch03_tiny_recursive_model.arms import APART, EQUAL, LONG_RUNS, RECURSIVE
from recurse_lab.experiments.group_products.rates import at_rates, score, search
from recurse_lab.experiments.sudoku.rates import either_norm, validate
from recurse_lab.records.rerun import Recorded

SHORT = {"recursive": RECURSIVE} | either_norm(EQUAL)
LONG = dict(LONG_RUNS) | APART

# `search` goes beyond a best rate at the edge.
EVERY_RATE = {factor * 1e-3 for factor in (0.5, 1, 2, 4, 8, 16, 32)}

RECORDED = (
    Recorded(
        trial=validate, arms=at_rates(SHORT | LONG, dict.fromkeys(SHORT | LONG, EVERY_RATE)), metric=score
    ),
)
