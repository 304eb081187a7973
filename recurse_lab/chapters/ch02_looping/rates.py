"""Chapter 02: the arms of its search for learning rates.

Run the search: `python -m recurse_lab.chapters.ch02_looping.rates`.
"""

from dataclasses import replace
from pathlib import Path

from recurse_lab.chapters.ch02_looping.arms import LARGER, LIVE
from recurse_lab.experiments.prefix_sums.rates import RATES, search, validate
from recurse_lab.records.record import Record
from recurse_lab.records.rerun import Recorded

ARMS = LIVE | LARGER


def mean_right(record: Record) -> float:
    """Share of validation strings wholly right, mean over lengths."""
    right = record.values["right"]
    return sum(right) / len(right)


RECORDED = (
    Recorded(
        trial=validate,
        arms={
            f"{name} at {rate:g}": replace(arm, plan=replace(arm.plan, rate=rate))
            for name, arm in ARMS.items()
            for rate in RATES
        },
        metric=mean_right,
    ),
)

if __name__ == "__main__":
    search(Path("data"), Path("build/cache"), ARMS)
