"""Recurrence along a tree: from the leaves up to the root, then down again, with the tree as its wiring.

Tai et al. 2015, "Improved Semantic Representations From Tree-Structured Long Short-Term Memory Networks",
section 3.2 (one weight for each side), with the cell of Cho et al. 2014 in place of the LSTM. Its order of
evaluation is given, as a row gives it to a GRU. One step of `think` is one pass over all nodes.

Shape letters: B batch, C nodes, D width, S sides, K questions, V classes.
"""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor, nn

from recurse_lab.models.deep_thinking import Layered
from recurse_lab.nn.init import looked_up
from recurse_lab.nn.trees import depths


@dataclass(frozen=True, kw_only=True)
class TreeGRUConfig:
    """Sizes of a `TreeGRU`."""

    symbols: int = 8
    classes: int = 8
    width: int = 32  # D
    questions: int = 1  # K answers for each node
    sides: int = 2  # S children of a node at most

    depth: ClassVar[int] = 2  # passes: up, and down

    def __post_init__(self) -> None:
        """Check the sizes."""
        if min(self.symbols, self.classes, self.width, self.questions, self.sides) < 1:
            raise ValueError("symbols, classes, width, questions and sides must be 1 or more")


class Wiring(NamedTuple):
    """The context: cell of the parent and side of every node, (B, C) each."""

    parent: Tensor
    side: Tensor


class TreeGRU(nn.Module):
    """Inputs are trees (B, C, 3) as of `DataRouter`; states (B, C, D); logits (B, C, V) or (B, K, C, V)."""

    def __init__(self, config: TreeGRUConfig) -> None:
        super().__init__()
        self.config, width = config, config.width
        self.embed = nn.Embedding(config.symbols, width)
        self.joined = nn.Linear(config.sides * width, width)  # what the cell going up carries on
        self.up, self.down = nn.GRUCell(width, width), nn.GRUCell(width, width)
        self.head = nn.Linear(width, config.questions * config.classes)

    def start(
        self, inputs: Int[Tensor, "B C 3"], generator: Generator | None = None
    ) -> tuple[Layered, Wiring]:
        """The embedded symbols as state, and the tree.

        Raises:
            ValueError: a symbol is not in the table.
        """
        symbol, parent, side = inputs.unbind(-1)
        return Layered(looked_up(self.embed, symbol, "symbols"), 0), Wiring(parent, side)

    def step(self, state: Layered, context: Wiring) -> Layered:
        """First up: h_i = GRU(x_i, W [h of its children]); then down: g_i = GRU(h_i, g of its parent); then none."""
        if state.layer >= self.config.depth:
            return state
        passed = self._upward if state.layer == 0 else self._downward
        return Layered(passed(state.z, context), state.layer + 1)

    def read(self, state: Layered) -> Float[Tensor, "B *K C V"]:
        """Logits of every node for each question: a linear map."""
        logits = self.head(state.z)
        if self.config.questions == 1:
            return logits
        return logits.unflatten(-1, (self.config.questions, -1)).transpose(1, 2)

    # All nodes at once, as often as the tree has levels: then every node was computed after those it needs.

    def _upward(self, x_BCD: Float[Tensor, "B C D"], tree: Wiring) -> Float[Tensor, "B C D"]:
        child_BCS = children_of(tree.parent, tree.side, self.config.sides)
        h_BCD = torch.zeros_like(x_BCD)
        for _ in range(levels(tree)):
            below = self.joined(gathered(h_BCD, child_BCS).flatten(2))
            h_BCD = self.up(x_BCD.flatten(0, 1), below.flatten(0, 1)).view_as(x_BCD)
        return h_BCD

    def _downward(self, h_BCD: Float[Tensor, "B C D"], tree: Wiring) -> Float[Tensor, "B C D"]:
        below_BC = (tree.side >= 1) & (tree.side <= self.config.sides)
        above_BC1 = torch.where(below_BC, tree.parent, -1)[..., None]
        g_BCD = torch.zeros_like(h_BCD)
        for _ in range(levels(tree)):
            above = gathered(g_BCD, above_BC1)[:, :, 0]
            g_BCD = self.down(h_BCD.flatten(0, 1), above.flatten(0, 1)).view_as(h_BCD)
        return g_BCD


def levels(tree: Wiring) -> int:
    """Nodes on the longest way down from a root of the batch."""
    return int(depths(tree.parent).max()) + 1


def children_of(
    parent_BC: Int[Tensor, "B C"], side_BC: Int[Tensor, "B C"], sides: int
) -> Int[Tensor, "B C S"]:
    """The cell of each node's child on side 1, ..., S; -1 where there is none."""
    B, C = parent_BC.shape
    found = torch.full(
        (B, C, sides + 2), -1, device=parent_BC.device
    )  # roots and padding go to the outer columns
    where = parent_BC * (sides + 2) + side_BC
    cells = torch.arange(C, device=parent_BC.device).expand(B, C)
    return found.flatten(1).scatter(1, where, cells).view_as(found)[..., 1 : sides + 1]


def gathered(h_BCD: Float[Tensor, "B C D"], cell_BCS: Int[Tensor, "B C S"]) -> Float[Tensor, "B C S D"]:
    """The states of the named cells; zeros for -1."""
    B, _, D = h_BCD.shape
    padded = torch.cat((h_BCD, torch.zeros_like(h_BCD[:, :1])), dim=1)  # the last cell stands for -1
    index = torch.where(cell_BCS < 0, h_BCD.shape[1], cell_BCS).flatten(1)
    return padded.gather(1, index[..., None].expand(B, -1, D)).unflatten(1, cell_BCS.shape[1:])
