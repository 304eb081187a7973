"""Chapter 10: the exercise on the step from which on an answer stays right, with typical mistakes."""

from collections.abc import Callable, Sequence
from typing import Any

Right = Sequence[bool]  # whether the answer of one node is right after 0, 1, ..., T steps

CASES: dict[str, list[bool]] = {
    "right from step 3 on": [False, False, False, True, True, True, True],
    "right by chance at first": [True, False, False, True, False, True, True],
    "right from the start": [True, True, True, True, True],
    "wrong in the end": [False, True, True, True, True, False],
}


def stays(right: Right) -> int:
    """The first step from which on the answer is right to the end; T + 1 if it is wrong in the end."""
    return 1 + max((step for step, one in enumerate(right) if not one), default=-1)


def found_by(answer: Callable[[Right], Any], right: Right) -> Any:
    """The step that the reader's function gives."""
    return answer(list(right))


def mistakes(right: Right) -> dict[str, float]:
    """What was done wrong -> the step that it gives."""
    first, settled = next(step for step, one in enumerate(right) if one), stays(right)
    wrong = {
        "the first step at which it is right; it may be wrong again later": first,
        "the last wrong step: it stays right from the next one on": settled - 1,
        "one too late: entry 0 is the start": settled + 1,
        "the number of right steps": sum(right),
        "the number of steps for which it stays right": len(right) - settled,
    }
    return {words: float(step) for words, step in wrong.items()}
