"""Chapter 09: three boards, four draws each, worked by hand; and the cases of its first two exercises.

Shape letters: S draws, B boards, K kept.
"""

from collections.abc import Callable
from random import Random
from typing import Any

import torch
from torch import Tensor

from recurse_lab.measure.verification_gap import gap
from recurse_lab.tasks.four_sudoku import FourSudoku
from recurse_lab.train.rounds import best_first

TASK = FourSudoku()

RIGHT = torch.tensor(  # draw x board
    [[True, False, False], [True, False, True], [True, True, False], [False, False, False]]
)
SCORE = torch.tensor([[-0.9, -2.0, -1.1], [-0.2, -3.1, -1.5], [-0.5, -0.7, -4.0], [-2.5, -1.2, -2.2]])
KEPT = ((0, 1), (1, 2))  # (board, draw)
OUT = -torch.inf  # score of a draw that may not be kept


def draw_rows() -> dict[str, dict[str, str]]:
    """Draw -> board -> right or wrong, and the score."""
    names = [f"board {number + 1}" for number in range(RIGHT.shape[1])]
    return {
        f"draw {number + 1}": {
            name: f"{'right' if good else 'wrong'}, {score:.1f}"
            for name, good, score in zip(names, RIGHT[number].tolist(), SCORE[number].tolist(), strict=True)
        }
        for number in range(len(RIGHT))
    }


def gap_cases() -> list[tuple[str, Tensor, tuple[tuple[int, int], ...], float, dict[str, float]]]:
    """For the exercise: what, right (S, B), kept, the right result, and mistake -> its result."""
    generator = torch.Generator().manual_seed(7)
    right = torch.rand(6, 5, generator=generator) < 0.4
    found: list[tuple[str, Tensor, tuple[tuple[int, int], ...], float, dict[str, float]]] = []
    for name, right_SB, kept in (("by hand", RIGHT, KEPT), ("six draws", right, ((4, 0), (1, 2)))):
        share = right_SB.float()
        good = [share[draw, board].item() for board, draw in kept]
        precision, drawn = sum(good) / len(good), share.mean().item()
        of_kept = share[:, [board for board, _ in kept]].mean().item()
        mistakes = {
            "this is the precision of what is kept; the share of right draws is still to be subtracted": precision,
            "the sign is turned": drawn - precision,
            "only draws of the kept boards are subtracted: subtract the share over all draws of all boards": precision
            - of_kept,
            "a sum over the kept answers: take their mean": sum(good) - drawn,
        }
        found.append((name, right_SB, kept, precision - drawn, mistakes))
    return found


def keep_cases() -> list[tuple[str, Tensor, int, float, dict[str, float]]]:
    """For the exercise: what, scores (S, B), count, the right result as a number, and mistake -> its number."""
    few = torch.tensor([[OUT, 0.0, OUT, OUT], [OUT, OUT, OUT, 0.5], [OUT, OUT, OUT, 0.1]])
    found = []
    others = SCORE[:, [2, 0, 1]]
    for name, score_SB, count in (
        ("three boards", SCORE, 2),
        ("another order", others, 2),
        ("few left", few, 3),
    ):
        worst = [(board, int(score_SB[:, board].argmin())) for board in range(score_SB.shape[1])]
        flat = score_SB.flatten().argsort(descending=True)[:count].tolist()
        many = [(place % score_SB.shape[1], place // score_SB.shape[1]) for place in flat]
        best = _best(score_SB)
        mistakes = {
            "several draws of one board: keep only its best": as_number(many),
            "the lowest scores are kept": as_number(worst[:count]),
            "the boards whose best draw scores lowest are kept": as_number(best[::-1][:count]),
            "draws with score -infinity are never kept, even if fewer than `count` remain": as_number(
                best[:count]
            ),
            "the first boards are kept: take those whose best draw scores highest": as_number(
                sorted(best)[:count]
            ),
            "a pair is (board, draw), not (draw, board)": as_number(
                [(d, b) for b, d in right_kept(score_SB, count)]
            ),
        }
        expected = as_number(right_kept(score_SB, count))
        wrong = {reason: value for reason, value in mistakes.items() if value != expected}
        found.append((name, score_SB, count, expected, wrong))
    return found


def _best(score_SB: Tensor) -> list[tuple[int, int]]:
    """The best draw of every board, boards with the highest scores first."""
    best = [(board, int(score_SB[:, board].argmax())) for board in range(score_SB.shape[1])]
    return sorted(best, key=lambda pair: -float(score_SB[pair[1], pair[0]]))


def right_kept(score_SB: Tensor, count: int) -> list[tuple[int, int]]:
    """(board, draw) of what is kept, best first."""
    return [(board, draw) for board, draw in _best(score_SB) if score_SB[draw, board] > OUT][:count]


def as_number(kept: Any) -> Any:
    """One number that tells sets of pairs apart; None and ... stay.

    Raises:
        ValueError: these are not pairs of whole numbers.
    """
    if kept is None or kept is ...:
        return kept
    pairs = [tuple(int(part) for part in pair) for pair in kept]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError("what is kept must be pairs (board, draw)")
    return Random(str(sorted(pairs))).uniform(1, 1000)


def checked(keep: Callable[..., Any]) -> Callable[[Tensor, int], list[tuple[int, int]]]:
    """The reader's rule where it is right on both cases, else the book's."""
    try:
        cases = keep_cases()
        good = all(as_number(keep(score, count)) == expected for _, score, count, expected, _ in cases)
    except Exception:  # the reader's function may do anything
        good = False
    if not good:
        return right_kept
    return lambda score, count: [(int(board), int(draw)) for board, draw in keep(score, count)]


def refused() -> dict[str, dict[str, str]]:
    """What was tried -> the line of its error."""
    score = torch.zeros(2, 3)
    tried: dict[str, Callable[[], Any]] = {
        "keep no board": lambda: best_first(score, 0, torch.Generator()),
        "no draws": lambda: best_first(score[:0], 1, torch.Generator()),
        "a score that is no number": lambda: best_first(score * torch.nan, 1, torch.Generator()),
        "an empty round": lambda: gap(RIGHT, best_first(torch.full((4, 3), OUT), 1, torch.Generator())),
        "a board of nine cells": lambda: TASK.verify(torch.zeros(1, 9).long(), torch.zeros(1, 9).long()),
    }
    rows = {}
    for what, call in tried.items():
        try:
            call()
        except ValueError as error:
            rows[what] = {"error": str(error)}
    return rows
