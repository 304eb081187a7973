"""4x4 Sudoku with few givens: most boards have several solutions, and all 288 grids can be listed.

Shape letters: B boards, L cells, K grids, N digits, R relations.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from recurse_lab.tasks.base import Split
from recurse_lab.tasks.completions import Completions
from recurse_lab.tasks.sudoku import Sudoku

SIDE = 4


@dataclass(frozen=True)
class FourSudoku(Completions):
    """Boards (B, 16), symbols 0 for blank and digits 1 to 4; kinds of grids as in `Sudoku.split_of`.

    Of the 12 classes of grids that differ by more than relabeled digits, 7 are for training, 1 for validation
    and 4 for the test; no grid of the test becomes a training grid by relabeling or by reordering of lines.
    """

    @cached_property
    def finished(self) -> Int[Tensor, "K L"]:
        """All 288 solved grids."""
        return torch.tensor(Sudoku(SIDE).rules.solutions([0] * SIDE**2, most=288))

    @cached_property
    def kinds(self) -> list[Split]:
        """The split of each grid."""
        return [Sudoku(SIDE).split_of(grid) for grid in self.finished.tolist()]

    def canonical(self, boards_BL: Int[Tensor, "B L"]) -> Int[Tensor, "B L"]:
        """The boards with their digits relabeled in the order of their first cells; digits not given come last."""
        digits = torch.arange(1, SIDE + 1)
        is_BNL = boards_BL[:, None] == digits[None, :, None]
        first_BN = torch.where(is_BNL.any(2), is_BNL.int().argmax(2), SIDE**2)
        rank_BN = first_BN.argsort(dim=1, stable=True).argsort(dim=1) + 1
        return torch.cat((torch.zeros_like(rank_BN[:, :1]), rank_BN), dim=1).gather(1, boards_BL)

    def relations(self) -> Float[Tensor, "R L L"]:
        """Same cell, same row, same column, same box."""
        return Sudoku(SIDE).relations()
