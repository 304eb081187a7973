"""The rule that decides whether a re-run agrees with its record."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from recurse_lab.records.record import Record

Metric = Callable[[Record], float]  # a share from 0 to 1, by which runs of an arm are compared

BITS, VALUES, SPREAD, DIFFERS = "same bits", "same values", "within the seeds' spread", "differs"

LAST_DIGITS = 1e-4  # relative and absolute: the effect of rounding before training amplifies it
FIRST_LOSS = 1e-2  # relative; before any training, another processor changes rounding alone
TOLERANCE = 0.1  # of the metric; for arms with one seed, or whose seeds end almost alike


class Agreement(NamedTuple):
    """The comparison of a re-run with its record."""

    word: str  # same bits, same values, within the seeds' spread, differs
    by: float  # the re-run's metric minus the record's
    allowed: float  # largest difference of the metric that still agrees


def agreement(record: Record, again: Record, metric: Metric, others: Sequence[Record]) -> Agreement:
    """Compare a re-run with its record; `others` are the records of the arm on other seeds.

    Times, and numbers that only the re-run holds, are ignored. The first three words agree:
    - *same bits*: every recorded number is the same;
    - *same values*: every recorded number is the same but for its last digits (1e-4 relative or absolute;
      whole numbers must be equal);
    - *within the seeds' spread*: the number of parameters is the same, the first loss differs by at most 1e-2
      (relative), and the metric differs by at most the spread of the other seeds, or by at most 0.1.
      Processors differ in the last digits, and training amplifies them: the same code on another machine may
      end as another seed would;
    - *differs*: none of these.
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
    """The measured values without times, in the form that JSON gives them."""
    return json.loads(
        json.dumps({name: part for name, part in values.items() if not name.endswith("seconds")})
    )


def _holds(old: Any, new: Any, same: Callable[[Any, Any], bool]) -> bool:
    """Whether `new` holds all that `old` holds."""
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
    """Whether the first losses of the learning curves agree; true without a curve (a mean loss is none)."""
    first, again = (values.get("curve", values).get("loss") for values in (old, new))
    if not isinstance(first, list):
        return True
    return not first or (bool(again) and math.isclose(first[0], again[0], rel_tol=FIRST_LOSS))
