"""Chapter 04: the arms of its search for learning rates.

Run the search: `python -m recurse_lab.chapters.ch04_recursion_or_hierarchy.rates`.
"""

from pathlib import Path

from recurse_lab.chapters.ch04_recursion_or_hierarchy.arms import CARRIES, LIVE
from recurse_lab.experiments.sudoku.arm import STEPS
from recurse_lab.experiments.sudoku.rates import RATES, at_rates, either_norm, search, validate
from recurse_lab.records.record import Record
from recurse_lab.records.rerun import Recorded

SHORTER = either_norm(LIVE | CARRIES)
# `search` goes beyond a best rate at the edge of RATES; so far, it has tried these rates.
EVERY_RATE = {factor * rate for rate in RATES for factor in (0.5, 1, 2, 4)}


def cells_right(record: Record) -> float:
    """Share of cells right in hard validation puzzles."""
    return record.values["cells"]


RECORDED = (
    Recorded(
        trial=validate,
        arms=at_rates(SHORTER, dict.fromkeys(SHORTER, EVERY_RATE), STEPS),
        metric=cells_right,
    ),
)

if __name__ == "__main__":
    search(Path("data"), Path("build/cache"), SHORTER, {})
