"""Chapter 03: one puzzle solved by hand, in rounds of naked singles, and how many rounds the test puzzles need.

Shape letters: B puzzles, L cells, N side.
"""

from typing import NamedTuple

import numpy as np
from torch import Tensor

from recurse_lab.tasks.sudoku import Sudoku
from recurse_lab.tasks.sudoku_rules import Board, Rules


class Stages(NamedTuple):
    """A puzzle and the boards after some rounds: (N, N) digits each, 0 where a cell is blank."""

    puzzle: np.ndarray
    boards: np.ndarray
    names: list[str]
    rounds: int


def one_round(rules: Rules, board: Board) -> Board:
    """Write the digit into every blank cell that has one candidate left on this board."""
    found = rules.candidates(board)
    return [digit or single(left) for digit, left in zip(board, found, strict=True)]


def single(candidates: int) -> int:
    """The digit of a set of candidates (bit d - 1 for digit d) that holds only one, else 0."""
    return candidates.bit_length() if candidates.bit_count() == 1 else 0


def rounds_needed(rules: Rules, board: Board) -> int | None:
    """Rounds of naked singles until the board is full; None where they do not suffice."""
    for number in range(len(board)):
        if all(board):
            return number
        following = one_round(rules, board)
        if following == board:
            return None
        board = following
    return None


def stages(inputs_BL: Tensor, side: int, shown: int = 3) -> Stages:
    """The first puzzle that needs the most rounds of naked singles, after some of these rounds."""
    rules = Sudoku(side).rules
    needed = [rounds_needed(rules, board) or 0 for board in inputs_BL.tolist()]
    rounds = max(needed)
    board: Board = inputs_BL[needed.index(rounds)].tolist()
    kept = {1, *(round(rounds * part / shown) for part in range(1, shown + 1))}
    boards, names = [], ["the puzzle"]
    puzzle = np.array(board).reshape(side, side)
    for number in range(1, rounds + 1):
        board = one_round(rules, board)
        if number in kept:
            boards.append(np.array(board).reshape(side, side))
            names.append(f"after {number} round{'s' * (number > 1)}")
    return Stages(puzzle, np.array(boards), names, rounds)
