"""Checks of exercises: each prints one line that begins with ✓, ✗ or ○ (not attempted) and never raises."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def equal(what: str, value: Callable[[], Any], expected: Any) -> None:
    """`value()` must equal `expected`; pass a function, so that an exception in an exercise does not stop the cell."""
    _report(what, value, lambda found: found == expected, f"expected {expected!r}")


def between(what: str, value: Any, low: float, high: float) -> None:
    """`value` must lie between `low` and `high`."""
    _report(
        what, lambda: value, lambda found: low <= found <= high, f"expected between {low:.4g} and {high:.4g}"
    )


def function(what: str, given: Callable[..., Any], cases: Sequence[tuple[tuple[Any, ...], Any]]) -> None:
    """`given(*arguments)` must return the expected value in every case, (arguments, expected)."""

    def wrong() -> Any:
        found = [given(*arguments) for arguments, _ in cases]
        if all(result is None or result is ... for result in found):
            return ...
        pairs = zip(found, cases, strict=True)
        return next(((case[0], result, case[1]) for result, case in pairs if result != case[1]), None)

    _report(what, wrong, lambda first: first is None, "the first wrong case (arguments, yours, expected)")


def explained(
    what: str,
    value: Callable[[], Any],
    expected: float,
    mistakes: Mapping[str, float],
    tolerance: float = 1e-3,
) -> None:
    """`value()` must be near `expected`; if it is near the result of a typical mistake, the line names the mistake.

    Args:
        mistakes: what was done wrong -> the number that it gives.
        tolerance: relative to the number.
    """

    def near(found: Any, number: float) -> bool:
        if not math.isfinite(number):
            return float(found) == number
        return abs(float(found) - number) <= tolerance * abs(number)

    def reason(found: Any) -> str:
        return next(
            (mistake for mistake, number in mistakes.items() if near(found, number)),
            f"expected {expected:.4g}",
        )

    def attempted() -> Any:
        return ... if (found := value()) is None else found

    _report(what, attempted, lambda found: near(found, expected), reason)


def _report(
    what: str, value: Callable[[], Any], right: Callable[[Any], bool], hint: str | Callable[[Any], str]
) -> None:
    try:
        found = value()
        if found is ... or (isinstance(found, tuple) and ... in found):
            print(f"○ {what}: not attempted")
        elif right(found):
            print(f"✓ {what}")
        else:
            said = hint if isinstance(hint, str) else hint(found)
            print(f"✗ {what}: {_one_line(repr(found))}, {said}")
    except Exception as error:  # an error in the reader's code must not stop the notebook
        if "ellipsis" in str(error).lower():
            print(f"○ {what}: not attempted")
        else:
            print(f"✗ {what}: {type(error).__name__}: {_one_line(str(error))}")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
