"""The rule by which a re-run agrees with its record, or does not."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from recurse_lab.records.record import Record

Metric = Callable[[Record], float]  # the share by which runs of an arm are compared, 0 to 1

BITS, VALUES, SPREAD, DIFFERS = "same bits", "same values", "within the seeds' spread", "differs"

LAST_DIGITS = 1e-4  # of a number, or of a share: what rounding may change without being amplified
FIRST_LOSS = 1e-2  # relative; before any training, rounding is all that another processor changes
TOLERANCE = 0.1  # of the metric; for arms with one seed, or with seeds that end almost alike


class Agreement(NamedTuple):
    """How a re-run ended."""

    word: str  # same bits, same values, within the seeds' spread, differs
    by: float  # the re-run's metric less the record's
    allowed: float  # the most that the metric may differ by


def agreement(record: Record, again: Record, metric: Metric, others: Sequence[Record]) -> Agreement:
    """Compare a re-run with its record; `others` are the records of the arm on other seeds.

    Times aside, and what only the re-run holds:
    - *same bits*: every recorded number is the same;
    - *same values*: every recorded number is the same but for its last digits (1e-4 of it, or 1e-4);
    - *within the seeds' spread*: as many parameters, the first recorded loss within 1e-2 of it, and the metric as
      close as the other seeds' are to each other, or within 0.1. Training amplifies the last digits, in which
      processors differ: the same code on another machine may end as another seed would;
    - *differs*: none of these. The first three agree.
    """
    apart = [metric(one) for one in others] or [0.0]
    allowed = max(TOLERANCE, max(apart) - min(apart))
    by = metric(again) - metric(record)
    old, new = (_timeless(one.values) for one in (record, again))
    if _holds(old, new, lambda one, other: one == other or (one != one and other != other)):
        return Agreement(BITS, by, allowed)
    if _holds(old, new, _close):
        return Agreement(VALUES, by, allowed)
    alike = (
        old.get("params") == new.get("params")
        and _same_beginning(old, new)
        and abs(by) <= allowed + LAST_DIGITS
    )
    return Agreement(SPREAD if alike else DIFFERS, by, allowed)


def _timeless(values: dict[str, Any]) -> dict[str, Any]:
    """What was measured, times aside, as JSON has it."""
    return json.loads(
        json.dumps({name: part for name, part in values.items() if not name.endswith("seconds")})
    )


def _holds(old: Any, new: Any, same: Callable[[Any, Any], bool]) -> bool:
    """Whether all that stands in `old` stands in `new` too."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(name in new and _holds(part, new[name], same) for name, part in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(_holds(*pair, same) for pair in zip(old, new, strict=True))
    return type(old) is type(new) and same(old, new)


def _close(one: Any, other: Any) -> bool:
    if isinstance(one, float):
        return math.isclose(one, other, rel_tol=LAST_DIGITS, abs_tol=LAST_DIGITS) or (
            one != one and other != other
        )
    return bool(one == other)


def _same_beginning(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether the learning curves begin alike; a record without one has nothing to compare."""
    first, again = (values.get("curve", values).get("loss") for values in (old, new))
    return not first or (bool(again) and math.isclose(first[0], again[0], rel_tol=FIRST_LOSS))
