"""Chapter 03: the arms of its search for learning rates and norms.

Run the search: `python -m recurse_lab.chapters.ch03_tiny_recursive_model.rates`.
"""

from pathlib import Path

from recurse_lab.chapters.ch03_tiny_recursive_model.arms import APART, LIVE, PLATEAU
from recurse_lab.experiments.sudoku.arm import STEPS
from recurse_lab.experiments.sudoku.rates import RATES, at_rates, either_norm, search, validate
from recurse_lab.records.record import Record
from recurse_lab.records.rerun import Recorded

SHORTER = either_norm(LIVE)
LARGER = either_norm(
    {name: arm for name, arm in (PLATEAU | APART).items() if not name.endswith(("_long", "_post", "_pre"))}
)
# `search` goes beyond a best rate at the edge of RATES; so far, it has tried these rates.
EVERY_RATE = {factor * rate for rate in RATES for factor in (0.5, 1, 2, 4)}


def cells_right(record: Record) -> float:
    """Share of cells right in hard validation puzzles."""
    return record.values["cells"]


RECORDED = tuple(
    Recorded(trial=validate, arms=at_rates(arms, dict.fromkeys(arms, EVERY_RATE), steps), metric=cells_right)
    for arms, steps in ((SHORTER, STEPS), (LARGER, STEPS // 2))
)

if __name__ == "__main__":
    search(Path("data"), Path("build/cache"), SHORTER, LARGER)
