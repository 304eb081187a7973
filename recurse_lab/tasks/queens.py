"""Queens that do not attack each other: some are given, and every way to place the others is right.

A board is one cell a row; its symbol is the column of the row's queen, from 1 on.

Shape letters: B boards, L rows, K finished boards, R relations.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from recurse_lab.tasks.base import Split
from recurse_lab.tasks.completions import Completions


@dataclass(frozen=True)
class Queens(Completions):
    """Boards (B, side): 0 for a row without queen, else the column; 8x8 has 92 finished boards of 12 kinds.

    Two boards are of one kind if one becomes the other by turning or mirroring.

    Raises:
        ValueError: the side is not from 5 to 9, or the kind of split is unknown.
    """

    side: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 5 <= self.side <= 9:
            raise ValueError(f"side must be from 5 to 9, not {self.side}")

    @cached_property
    def finished(self) -> Int[Tensor, "K L"]:
        """All boards with one queen a row of which none attacks another."""
        n = range(self.side)
        return torch.tensor(
            [
                [column + 1 for column in columns]
                for columns in permutations(n)
                if len({columns[row] + row for row in n})
                == len({columns[row] - row for row in n})
                == self.side
            ]
        )

    @cached_property
    def kinds(self) -> list[Split]:
        """The split of each finished board, by turns of 8 kinds: 5 train, 1 validation, 2 test of each 8."""
        found = [tuple(one) for one in self.canonical(self.finished).tolist()]
        order = {kind: number for number, kind in enumerate(sorted(set(found)))}
        return [TURNS[order[kind] % len(TURNS)] for kind in found]

    def canonical(self, boards_BL: Int[Tensor, "B L"]) -> Int[Tensor, "B L"]:
        """The smallest of the eight turned and mirrored boards, by cells from the first row on."""
        grid_BLL = torch.nn.functional.one_hot(boards_BL, self.side + 1)[..., 1:]
        turned = [torch.rot90(grid, times, (1, 2)) for grid in (grid_BLL, grid_BLL.mT) for times in range(4)]
        weights_L = (self.side + 1) ** torch.arange(self.side - 1, -1, -1)
        columns_L = torch.arange(1, self.side + 1)
        boards_8BL = torch.stack([(grid * columns_L).sum(2) for grid in turned])
        best_B = (boards_8BL * weights_L).sum(2).argmin(0)
        return boards_8BL[best_B, torch.arange(len(best_B))]

    def relations(self) -> Float[Tensor, "R L L"]:
        """1 where two rows are r rows apart, r from 0 on."""
        rows = torch.arange(self.side)
        return ((rows[:, None] - rows).abs() == rows[:, None, None]).float()


TURNS: tuple[Split, ...] = ("train", "train", "test", "train", "train", "validation", "train", "test")
