"""Chapter 07: one board, its solutions, and what independent cells make of them.

Shape letters: N side, S solutions.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from recurse_lab.measure.factorized import chance_of, marginals
from recurse_lab.tasks.four_sudoku import SIDE, FourSudoku

TASK = FourSudoku()
BOARD = (0, 0, 4, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 2, 0)  # four solutions


def grid(board: Any) -> np.ndarray:
    """A board (N, N) of a row of cells."""
    return np.asarray(board).reshape(SIDE, SIDE)


def solutions(board: Any = BOARD) -> np.ndarray:
    """All solutions (S, N, N) of a board.

    Raises:
        ValueError: the board has a wrong size or symbol, or no solution.
    """
    which = TASK.solutions(torch.tensor([tuple(board)]))[0]
    if not which.any():
        raise ValueError("this board has no solution")
    return TASK.finished[which].view(-1, SIDE, SIDE).numpy()


def chances(board: Any = BOARD) -> torch.Tensor:
    """(16, 4) share of the solutions in which a cell holds 1, 2, 3 or 4."""
    return marginals(TASK, TASK.solutions(torch.tensor([tuple(board)])))[0]


def cell_rows(board: Any = BOARD) -> dict[str, dict[str, Any]]:
    """Cell -> digit -> share of the solutions; cells that are the same in all solutions are left out."""
    rows = {}
    for cell, shares in enumerate(chances(board).tolist()):
        if max(shares) < 1:
            name = f"row {cell // SIDE + 1}, column {cell % SIDE + 1}"
            rows[name] = {str(digit): round(share, 2) for digit, share in enumerate(shares, start=1)}
    return rows


def likeliest(board: Any = BOARD) -> np.ndarray:
    """(N, N) the likeliest digit of every cell; of equally likely ones the smallest."""
    return grid(chances(board).argmax(-1) + 1)


def chance_cases() -> list[tuple[str, Any, list[int], float, dict[str, float]]]:
    """For the exercise: what, chances, a finished board, the right result, and mistake -> its result."""
    found = []
    for number, board in enumerate((BOARD, (0, 0, 3, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0))):
        p = chances(board)
        solution = solutions(board)[0].reshape(-1).tolist()
        each = p[torch.arange(SIDE**2), torch.tensor(solution) - 1]
        right = chance_of(TASK, p[None])[0, int(TASK.number(torch.tensor([solution]))[0])].item()
        shifted = p.roll(1, dims=1)[torch.arange(SIDE**2), torch.tensor(solution) - 1]
        mistakes = {
            "chances of independent cells are multiplied, not added": each.sum().item(),
            "the mean over cells is no chance of the whole board": each.mean().item(),
            "this is the logarithm of the chance": each.log().sum().item(),
            "digit d stands in column d - 1": shifted.prod().item(),
        }
        found.append((f"board {number + 1}", p, solution, right, mistakes))
    return found


def found_by(chance: Callable[[Any, list[int]], Any], p: Any, solution: list[int]) -> Any:
    """The reader's result as a number."""
    result = chance(p, solution)
    return result if result is None or result is ... else float(result)


def refused(boards: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What is said of boards that cannot be completed."""
    rows = {}
    for name, board in boards.items():
        try:
            rows[name] = {"message": f"{len(solutions(board))} solutions"}
        except ValueError as error:
            rows[name] = {"message": str(error)}
    return rows
