"""Sudoku whose kinds of solution are dealt anew to the splits, so that experiments over seeds test them all.

6x6 has about forty kinds, a few of them common. One fixed split would test a handful of kinds on every seed.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch

from recurse_lab.tasks.base import FOLDS, Split, fold
from recurse_lab.tasks.sudoku import Sudoku
from recurse_lab.tasks.sudoku_rules import Board


@dataclass(frozen=True)
class DealtSudoku(Sudoku):
    """Sudoku with splits of its own for each `deal`: a quarter of the kinds for validation, a quarter for the test.

    4x4 has two kinds only; its splits are those of `Sudoku` in every deal.
    """

    deal: int = 0
    folds: ClassVar[dict[str, range]] = {
        "train": range(FOLDS // 2),
        "validation": range(FOLDS // 2, 3 * FOLDS // 4),
        "test": range(3 * FOLDS // 4, FOLDS),
    }

    def split_of(self, grid: Board) -> Split:
        """The split of a solution grid in this deal; ValueError as in `kind`."""
        if self.side == 4:
            return super().split_of(grid)
        dealt = int(fold(torch.tensor([[*self.kind(grid), self.deal]])))
        splits: tuple[Split, ...] = ("train", "validation", "test")
        return next(split for split in splits if dealt in self.folds[split])
