"""Bidirectional gated recurrent unit: recurrence along the cells, in both directions, as a control.

Cho et al. 2014, section 2.3; Schuster and Paliwal 1997, "Bidirectional recurrent neural networks". One step
of `think` is one pass of a layer over all cells.

Shape letters: B batch, C cells, D width of one direction, E width of the state, K questions, V classes.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor, nn

from recurse_lab.models.deep_thinking import Layered
from recurse_lab.nn.init import looked_up
from recurse_lab.nn.trees import depths

ORDERS = ("both", "there_and_back")


@dataclass(frozen=True, kw_only=True)
class BidirectionalGRUConfig:
    """Sizes of a `BidirectionalGRU`."""

    symbols: int = 8
    classes: int = 8
    width: int = 48  # D of one direction
    depth: int = 2  # layers: what the first finds in one direction the second can use in the other
    order: Literal["both", "there_and_back"] = (
        "both"  # or the first layer from the end, the next from the start
    )
    tree: bool = False  # inputs are trees (B, C, 3); embed depth, distance to the parent and side as well
    questions: int = 1  # K answers for each cell
    sides: int = 2  # children of a node; only with `tree`
    deepest: int = 31  # depths beyond count as this: training shows no larger ones; only with `tree`
    farthest: int = 31  # the same for distances to the parent

    def __post_init__(self) -> None:
        """Check sizes and order."""
        if min(self.symbols, self.classes, self.width, self.depth, self.questions, self.sides) < 1:
            raise ValueError("symbols, classes, width, depth, questions and sides must be 1 or more")
        if min(self.deepest, self.farthest) < 0:
            raise ValueError(
                f"deepest and farthest must be 0 or more, not {self.deepest} and {self.farthest}"
            )
        if self.order not in ORDERS:
            raise ValueError(f"order must be {' or '.join(ORDERS)}, not {self.order!r}")

    @property
    def state(self) -> int:
        """E: both directions of a layer side by side, or one."""
        return 2 * self.width if self.order == "both" else self.width


class Rows(NamedTuple):
    """The context: how many cells of each example are no padding (None: all)."""

    lengths: Tensor | None


class BidirectionalGRU(nn.Module):
    """Inputs as of `DataRouter`; states (B, C, E); logits (B, C, V), or (B, K, C, V) for K > 1 questions."""

    def __init__(self, config: BidirectionalGRUConfig) -> None:
        super().__init__()
        self.config = config
        both, wide = config.order == "both", config.state
        self.embed = nn.Embedding(config.symbols, wide)
        tables = (config.deepest + 1, config.farthest + 1, config.sides + 2) if config.tree else ()
        self.places = nn.ModuleList(nn.Embedding(size, wide) for size in tables)
        self.layers = nn.ModuleList(
            nn.GRU(wide, config.width, batch_first=True, bidirectional=both) for _ in range(config.depth)
        )
        self.head = nn.Linear(wide, config.questions * config.classes)

    def start(
        self, inputs: Int[Tensor, "B C *F"], generator: Generator | None = None
    ) -> tuple[Layered, Rows]:
        """The embedded cells as state.

        Raises:
            ValueError: a symbol is not in the table.
        """
        if not self.config.tree:
            return Layered(looked_up(self.embed, inputs, "symbols"), 0), Rows(None)
        symbol, parent, side = inputs.unbind(-1)
        x_BCE = looked_up(self.embed, symbol, "symbols")
        away = torch.arange(parent.shape[1], device=parent.device) - parent
        places = depths(parent).clamp(max=self.config.deepest), away.clamp(0, self.config.farthest), side
        for table, place in zip(self.places, places, strict=True):
            x_BCE = x_BCE + table(place)
        return Layered(x_BCE, 0), Rows((side <= self.config.sides).sum(1))

    def step(self, state: Layered, context: Rows) -> Layered:
        """The next layer passes over all cells; after the last one z stays unchanged. Padding stands at the end."""
        if state.layer >= self.config.depth:
            return state
        return Layered(self._passed(self.layers[state.layer], state, context.lengths), state.layer + 1)

    def read(self, state: Layered) -> Float[Tensor, "B *K C V"]:
        """Logits of every cell for each question: a linear map."""
        logits = self.head(state.z)
        if self.config.questions == 1:
            return logits
        return logits.unflatten(-1, (self.config.questions, -1)).transpose(1, 2)

    def _passed(self, layer: nn.Module, state: Layered, lengths: Tensor | None) -> Float[Tensor, "B C E"]:
        cells = state.z.shape[1]
        if self.config.order == "there_and_back":
            if state.layer % 2 == 0:
                return layer(state.z.flip(1))[0].flip(1)
            return layer(state.z)[0]
        if lengths is None or int(lengths.min()) == cells:
            return layer(state.z)[0]
        packed = nn.utils.rnn.pack_padded_sequence(
            state.z, lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        return nn.utils.rnn.pad_packed_sequence(layer(packed)[0], batch_first=True, total_length=cells)[0]
