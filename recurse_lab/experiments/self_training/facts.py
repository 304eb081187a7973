"""Facts: the rules allow several answers to a board, and a coin has chosen the right one."""

from dataclasses import dataclass

import torch
from torch import Generator

from recurse_lab.experiments.self_training.arm import Boards
from recurse_lab.tasks.base import Batch, Split
from recurse_lab.tasks.completions import Completions
from recurse_lab.tasks.four_sudoku import FourSudoku


@dataclass(frozen=True)
class CoinSudoku(FourSudoku):
    """As `FourSudoku`, but the target of an input is any of its solutions, of whatever kind, all equally likely.

    The targets of `FourSudoku` are of the kinds of their split, so a net could know them by their kind.
    """

    def pool(
        self,
        count: int,
        givens: tuple[int, int],
        split: Split,
        generator: Generator,
        solutions: tuple[int, int] | None = None,
    ) -> Batch:
        """Draw inputs as `FourSudoku` does, then their targets anew; ValueError as there."""
        inputs = super().pool(count, givens, split, generator, solutions).inputs
        chosen = torch.multinomial(self.solutions(inputs).float(), 1, generator=generator)[:, 0]
        return Batch(inputs, self.finished[chosen])


@dataclass(frozen=True, kw_only=True)
class FactBoards(Boards):
    """4x4 Sudoku boards; only the target is right, even where the rules allow other answers."""

    facts: bool = True

    @property
    def completions(self) -> Completions:
        """The task."""
        return CoinSudoku()
