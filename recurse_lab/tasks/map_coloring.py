"""Color a map: neighbors get different colors. Some colors are given, and every coloring that keeps them is right.

A middle region, a ring of four around it, and a ring of four around that: 9 regions.

Shape letters: B boards, L regions, K colorings, R relations.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from recurse_lab.tasks.base import FOLD_OF, SPLITS, Split, fold
from recurse_lab.tasks.completions import Completions

COLORS = 4
RING = 4
REGIONS = 1 + 2 * RING
BORDERS = (
    *((0, 1 + i) for i in range(RING)),  # the middle and the inner ring
    *((1 + i, 1 + (i + 1) % RING) for i in range(RING)),
    *((1 + i, 1 + RING + i) for i in range(RING)),  # inner and outer ring
    *((1 + RING + i, 1 + RING + (i + 1) % RING) for i in range(RING)),
)


@dataclass(frozen=True)
class MapColoring(Completions):
    """Boards (B, 9), symbols 0 for blank and colors 1 to 4; a kind is a coloring up to the names of the colors."""

    @cached_property
    def finished(self) -> Int[Tensor, "K L"]:
        """All colorings in which no two neighbors are alike."""
        colorings: list[tuple[int, ...]] = [()]
        for region in range(REGIONS):
            before = [min(pair) for pair in BORDERS if max(pair) == region]
            colorings = [
                (*one, color)
                for one in colorings
                for color in range(1, COLORS + 1)
                if all(one[other] != color for other in before)
            ]
        return torch.tensor(colorings)

    @cached_property
    def kinds(self) -> list[Split]:
        """The split of each coloring, by a hash of its kind."""
        folds = fold(self.canonical(self.finished)).tolist()
        return [next(split for split in SPLITS if number in FOLD_OF[split]) for number in folds]

    def canonical(self, boards_BL: Int[Tensor, "B L"]) -> Int[Tensor, "B L"]:
        """The boards with their colors renamed in the order of their first regions."""
        is_BNL = boards_BL[:, None] == torch.arange(1, COLORS + 1)[None, :, None]
        first_BN = torch.where(is_BNL.any(2), is_BNL.int().argmax(2), REGIONS)
        rank_BN = first_BN.argsort(dim=1, stable=True).argsort(dim=1) + 1
        return torch.cat((torch.zeros_like(rank_BN[:, :1]), rank_BN), dim=1).gather(1, boards_BL)

    def relations(self) -> Float[Tensor, "R L L"]:
        """Same region; neighbors."""
        same = torch.eye(REGIONS)
        near = torch.zeros(REGIONS, REGIONS)
        for one, other in BORDERS:
            near[one, other] = near[other, one] = 1.0
        return torch.stack((same, near))
