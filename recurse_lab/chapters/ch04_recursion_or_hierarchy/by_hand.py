"""Chapter 04: worked out without a net: a puzzle in rounds, the one-step gradient of a number, the schedule.

Shape letter: N side.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Int

from recurse_lab.tasks.arc import ArcTask
from recurse_lab.tasks.sudoku_rules import Board, Rules

RULES = Rules(6)
PUZZLE: Board = [
    *(0, 2, 1, 0, 3, 0),
    *(4, 0, 0, 0, 0, 0),
    *(0, 0, 0, 0, 0, 0),
    *(6, 0, 5, 1, 0, 0),
    *(0, 0, 0, 0, 1, 0),
    *(0, 0, 0, 2, 0, 6),
]  # fmt: skip


def forced(board: Board) -> dict[int, int]:
    """Cell -> digit: the only one left in the cell, or the cell the only place for it in a row, column or box."""
    left = RULES.candidates(board)
    found = {cell: digits.bit_length() for cell, digits in enumerate(left) if digits.bit_count() == 1}
    for unit in RULES.units:
        for digit in range(1, RULES.side + 1):
            places = [cell for cell in unit if left[cell] >> (digit - 1) & 1]
            if len(places) == 1:
                found[places[0]] = digit
    return found


def rounds(puzzle: Board) -> list[dict[int, int]]:
    """For each round, the cells that are forced once all earlier rounds are written down."""
    board, found = list(puzzle), []
    while new := forced(board):
        found.append(new)
        for cell, digit in new.items():
            board[cell] = digit
    return found


def example() -> tuple[Int[np.ndarray, "N N"], Int[np.ndarray, "N N"]]:
    """The round in which each blank cell of `PUZZLE` is forced, and its givens."""
    numbers = np.zeros(len(PUZZLE), dtype=int)
    for number, new in enumerate(rounds(PUZZLE), start=1):
        numbers[list(new)] = number
    return numbers.reshape(6, 6), np.array(PUZZLE).reshape(6, 6)


def carried_rows() -> dict[str, dict[str, int]]:
    """Cells known after each round, if what is known is carried on, and if every round begins with the givens."""
    found = rounds(PUZZLE)
    once = len(found[0])
    known = np.cumsum([len(new) for new in found]).tolist()
    return {
        "carried on": {f"round {number}": cells for number, cells in enumerate(known, start=1)},
        "from the givens each time": {f"round {number}": once for number in range(1, len(known) + 1)},
    }


def fixed_point_rows(slopes: Sequence[float] = (0.1, 0.5, 0.9)) -> dict[str, dict[str, float]]:
    """z = w z + 1 at its fixed point: its derivative with respect to w, and through the last step only."""
    rows = {}
    for w in slopes:
        z = 1 / (1 - w)
        rows[f"w = {w:g}"] = {
            "fixed point": z,
            "exact derivative": z / (1 - w),
            "through the last step": z,
            "share": 1 - w,
        }
    return rows


# The schedule

Schedule = Callable[
    [int, int], Any
]  # (cycles, refinements of z) -> list of (latent, whether it has gradient)


def schedule(cycles: int, refinements: int) -> list[tuple[str, bool]]:
    """The evaluations of a supervision step of HRM, in order."""
    order = ("z" * refinements + "y") * cycles
    return [(latent, number >= len(order) - 2) for number, latent in enumerate(order)]


def schedule_cases() -> list[tuple[str, int, int, float, dict[str, float]]]:
    """What is checked, cycles, refinements, the right schedule as a number, and what was done wrong -> its number."""
    cases = []
    for cycles, refinements in ((2, 2), (3, 1), (1, 4)):
        right = schedule(cycles, refinements)
        wrong = {
            "every evaluation of the last cycle has gradient: only the last of each network has": [
                (latent, number >= len(right) - refinements - 1) for number, (latent, _) in enumerate(right)
            ],
            "only y's last evaluation has gradient: z's last has one, too": [
                (latent, number == len(right) - 1) for number, (latent, _) in enumerate(right)
            ],
            "every cycle's last z and y have gradient: only those of the last cycle have": [
                (latent, number % (refinements + 1) >= refinements - 1)
                for number, (latent, _) in enumerate(right)
            ],
            "all evaluations have gradient": [(latent, True) for latent, _ in right],
            "y comes after its refinements of z, not before": [
                (latent, graded)
                for (latent, _), (_, graded) in zip(
                    schedule_of("y", "z", cycles, refinements), right, strict=True
                )
            ],
        }
        said = f"{cycles} cycle{'s' * (cycles > 1)}, {refinements} refinement{'s' * (refinements > 1)}"
        found = {why: as_number(each) for why, each in wrong.items() if each != right}
        cases.append((said, cycles, refinements, as_number(right), found))
    return cases


def schedule_of(first: str, then: str, cycles: int, refinements: int) -> list[tuple[str, bool]]:
    """A schedule whose cycles begin with one evaluation of `first`, without gradients."""
    return [(latent, False) for latent in (first + then * refinements) * cycles]


def as_number(found: Any) -> Any:
    """One number for a schedule; None and ... stay.

    Raises:
        ValueError: it is no list of pairs ("z" or "y", True or False).
    """
    if found is None or found is ...:
        return found
    total = 0
    for number, pair in enumerate(found, start=1):
        latent, graded = pair
        if latent not in ("z", "y") or graded not in (True, False):
            raise ValueError('a schedule is a list of pairs ("z" or "y", True or False)')
        total += number * number * (1 + 2 * (latent == "y") + 4 * bool(graded))
    return float(total)


# ARC


def arc_example(task: ArcTask) -> list[list[tuple[str, Any]]]:
    """A task to solve by eye: demonstrations, input and output in turn, and a row with the first test's input."""
    shown = [
        panel
        for number, pair in enumerate(task.demonstrations, start=1)
        for panel in ((f"input {number}", pair.input), (f"output {number}", pair.output))
    ]
    return [shown, [("test: input", task.tests[0].input)]]


def two_guesses(answers: Sequence[str]) -> list[str]:
    """The two most frequent answers, the more frequent first; among equals the one seen first."""
    kinds = list(dict.fromkeys(answers))
    return sorted(kinds, key=lambda kind: -answers.count(kind))[:2]
