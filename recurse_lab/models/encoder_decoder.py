"""Encoder and decoder: a transformer from a sequence of words to a sequence of actions, with shared or distinct blocks.

Vaswani et al. 2017, section 3, with the relative positions of Raffel et al. 2020 (T5, section 2.1) or sines; with
shared blocks the universal transformer of Dehghani et al. 2019 (arXiv:1807.03819). The first half of the steps
refines the words, the second half the actions.

Shape letters: B batch, S source cells, C target cells, D width, V classes.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor, nn

from recurse_lab.models.data_router import sines
from recurse_lab.nn.decoding import DecoderBlock
from recurse_lab.nn.gate import RoutedBlock
from recurse_lab.nn.init import looked_up
from recurse_lab.nn.routing import RelativeAttention

PLACES = ("relative", "absolute")


@dataclass(frozen=True, kw_only=True)
class EncoderDecoderConfig:
    """Sizes of an `EncoderDecoder`."""

    symbols: int = 14  # of the source; 0 is padding
    classes: int = 8  # V, actions and the end
    source: int = 9  # S, cells of the source with padding: the first cells of each input
    width: int = 64  # D; learns the training split of SCAN in a CPU-minute
    heads: int = 4
    hidden: int = 128  # inner width of the net of each cell, 2 D
    rounds: int = 2  # blocks applied on each side
    depth: int = 2  # distinct blocks on each side: 1 shares one block among all rounds
    places: Literal["relative", "absolute"] = "relative"  # learned biases of distances, or sines
    clip: int = 16  # distances beyond count as this; only with relative places
    gate: bool = False  # the copy gate of the neural data router in every block

    def __post_init__(self) -> None:
        """Check sizes and places."""
        if min(self.symbols, self.classes, self.source, self.rounds, self.depth) < 1:
            raise ValueError("symbols, classes, source, rounds and depth must be 1 or more")
        if self.depth not in (1, self.rounds):
            raise ValueError(
                f"depth must be 1 (shared) or {self.rounds} (all rounds distinct), not {self.depth}"
            )
        if self.places not in PLACES:
            raise ValueError(f"places must be one of {', '.join(PLACES)}, not {self.places!r}")

    @property
    def applications(self) -> int:
        """Steps of an answer: all rounds on both sides."""
        return 2 * self.rounds


class Sides(NamedTuple):
    """The states of the words (B, S, D) and of the actions (B, C, D), and the number of steps taken."""

    source: Tensor
    target: Tensor
    layer: int


class Biases(NamedTuple):
    """Of each encoder block (B, H, S, S) and each decoder block (H, C, C); and -inf at padding (B, 1, 1, S)."""

    encoder: list[Tensor]
    decoder: list[Tensor]
    padding: Tensor


class EncoderDecoder(nn.Module):
    """Inputs (B, S + C) hold the source and, behind it, begin and actions so far; logits (B, C, V).

    Logits of cell c depend on the source and on the target cells up to c alone (teacher forcing).
    """

    def __init__(self, config: EncoderDecoderConfig) -> None:
        super().__init__()
        self.config = config
        width, heads, hidden = config.width, config.heads, config.hidden
        clip = config.clip if config.places == "relative" else 0
        self.embed_source = nn.Embedding(config.symbols, width)
        self.embed_target = nn.Embedding(config.classes, width)
        self.encoder = nn.ModuleList(
            RoutedBlock(RelativeAttention(width, heads, clip, scale=1.0), width, hidden, config.gate)
            for _ in range(config.depth)
        )
        self.decoder = nn.ModuleList(
            DecoderBlock(
                RelativeAttention(width, heads, clip, causal=True, scale=1.0),
                width,
                heads,
                hidden,
                config.gate,
            )
            for _ in range(config.depth)
        )
        self.head = nn.Linear(width, config.classes)

    def start(self, inputs: Int[Tensor, "B SC"], generator: Generator | None = None) -> tuple[Sides, Biases]:
        """Embed both sides; the context holds all biases.

        Raises:
            ValueError: an input has no target cell, or a symbol is not in its table.
        """
        S = self.config.source
        if inputs.shape[1] <= S:
            raise ValueError(f"inputs must have more than {S} cells, not {inputs.shape[1]}")
        words, actions = inputs[:, :S], inputs[:, S:]
        x_BSD = looked_up(self.embed_source, words, "words")
        y_BCD = looked_up(self.embed_target, actions, "actions")
        if self.config.places == "absolute":
            x_BSD = x_BSD + sines(S, self.config.width).to(x_BSD)
            y_BCD = y_BCD + sines(y_BCD.shape[1], self.config.width).to(y_BCD)
        padding = torch.zeros_like(words, dtype=x_BSD.dtype).masked_fill(words == 0, -torch.inf)
        padding = padding[:, None, None, :]
        return Sides(x_BSD, y_BCD, 0), Biases(
            [_bias(block, S, x_BSD) + padding for block in self.encoder],
            [_bias(block, y_BCD.shape[1], y_BCD) for block in self.decoder],
            padding,
        )

    def step(self, state: Sides, context: Biases) -> Sides:
        """The next block of the encoder, or once all have had their turn, of the decoder; after the last none."""
        turn, rounds = state.layer, self.config.rounds
        if turn >= 2 * rounds:
            return state
        if turn < rounds:
            number = min(turn, self.config.depth - 1)
            source = self.encoder[number](state.source, context.encoder[number])
            return Sides(source, state.target, turn + 1)
        number = min(turn - rounds, self.config.depth - 1)
        target = self.decoder[number](state.target, state.source, context.decoder[number], context.padding)
        return Sides(state.source, target, turn + 1)

    def read(self, state: Sides) -> Float[Tensor, "B C V"]:
        """Logits of the next action at every target cell: a linear map."""
        return self.head(state.target)


def _bias(block: nn.Module, cells: int, like: Tensor) -> Tensor:
    attention: RelativeAttention = block.attention  # type: ignore[assignment]
    bias = attention.bias(cells)
    return like.new_zeros(1, cells, cells) if bias is None else bias
