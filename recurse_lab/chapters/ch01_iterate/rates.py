"""Chapter 01: the arms of its search for learning rates.

Run the search: `python -m recurse_lab.chapters.ch01_iterate.rates`.
"""

from pathlib import Path

from recurse_lab.chapters.ch01_iterate.arms import ABLATIONS, DEEPER, LIVE, OTHER_SIZES
from recurse_lab.experiments.iterates.rates import RATES, at_rates, score, search, validate
from recurse_lab.records.record import Record
from recurse_lab.records.rerun import Recorded

SEARCHED = LIVE | OTHER_SIZES | DEEPER | ABLATIONS
EVERY_RATE = {
    factor * rate for rate in RATES for factor in (1 / 9, 1 / 3, 1, 3, 9)
}  # the search may go beyond RATES


def right_beyond_training(record: Record) -> float:
    """Mean share of validation problems right at 16 and 32 steps."""
    return score(record.values)


RECORDED = (
    Recorded(
        trial=validate,
        arms=at_rates(SEARCHED, dict.fromkeys(SEARCHED, EVERY_RATE)),
        metric=right_beyond_training,
    ),
)

if __name__ == "__main__":
    search(Path("data"), Path("build/cache"), SEARCHED)
