"""What tests of completions share: the tasks, a second way to place queens, and a toy model."""

import torch

from recurse_lab.tasks.four_sudoku import FourSudoku
from recurse_lab.tasks.queens import Queens

TASKS = {"sudoku": FourSudoku(), "queens": Queens()}
MASKS = {"sudoku": FourSudoku("masks"), "queens": Queens("masks")}
GIVENS = {"sudoku": (2, 5), "queens": (1, 4)}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def rows(boards):
    return {tuple(board) for board in boards.tolist()}


def queens_boards(board, placed=()):
    """All ways to place queens row by row that keep the board's queens."""
    if len(placed) == len(board):
        return {placed}
    row, found = len(placed), set()
    for column in [board[row]] if board[row] else range(1, len(board) + 1):
        if all(column != other and abs(column - other) != row - above for above, other in enumerate(placed)):
            found |= queens_boards(board, (*placed, column))
    return found


class Known:
    """Its state is the board; `logits` reads the output off it."""

    def __init__(self, logits):
        self.logits = logits

    def start(self, inputs, generator=None):
        return inputs, None

    def step(self, state, context):
        return state

    def read(self, state):
        return self.logits(state)
