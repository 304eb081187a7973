"""Plain deep network: distinct blocks, each applied once; the baseline for recursion.

The blocks are those of the tiny recursive model (post-norm) or have a norm before each branch (pre-norm), as
most deep transformers do. Differences: width and depth; no shared weights; no fixed first state; the input
enters once, or again before each further block; no prefix token, because there is no halting head to read it.

Shape letters: B batch, L cells, D width, V classes, R relations.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from jaxtyping import Float, Int
from torch import Generator, Tensor, nn

from recurse_lab.models.deep_thinking import Layered
from recurse_lab.nn.attention import PlacedAttention
from recurse_lab.nn.blocks import AttentionBlock, BlockStack, PreNormBlock
from recurse_lab.nn.init import lecun_normal_, looked_up
from recurse_lab.nn.mlp import GatedMLP, hidden_width
from recurse_lab.nn.norms import rms


@dataclass(frozen=True, kw_only=True)
class FeedForwardConfig:
    """Sizes of a `FeedForward`."""

    symbols: int = 7
    classes: int = 7  # V
    cells: int = 36  # L
    width: int = 32  # D
    heads: int = 4
    depth: int = 2  # blocks, each applied once
    norm: Literal["post", "pre"] = "post"  # norm after each sum, or before each branch and before the head
    injection: bool = False  # add the embedded input before each further block (Bansal's recall)


class Context(NamedTuple):
    """The embedded input x (B, L, D), and the bias of each block's attention scores."""

    x: Tensor
    biases: list[Tensor | None]


class FeedForward(nn.Module):
    """Inputs are integer symbols (B, L), states (B, L, D), logits (B, L, V); one step applies one block.

    `relations` (R, L, L) says which cells belong together.

    Raises:
        ValueError: the configuration or the shape of `relations` is invalid.
    """

    relations: Tensor

    def __init__(self, config: FeedForwardConfig, relations: Float[Tensor, "R L L"]) -> None:
        super().__init__()
        if config.depth < 1:
            raise ValueError(f"depth must be 1 block or more, not {config.depth}")
        if config.norm not in ("post", "pre"):
            raise ValueError(f"norm must be 'post' or 'pre', not {config.norm!r}")
        if relations.shape[1:] != (config.cells, config.cells):
            raise ValueError(f"relations must have the shape (R, {config.cells}, {config.cells})")
        self.config = config
        self.embed = nn.Embedding(config.symbols, config.width)
        self.net = BlockStack([block(config, len(relations)) for _ in range(config.depth)])
        self.head = nn.Linear(config.width, config.classes, bias=False)
        self.register_buffer("relations", relations, persistent=False)
        for part in self.modules():
            if isinstance(part, nn.Linear | nn.Embedding):
                lecun_normal_(part.weight)

    def start(
        self, inputs: Int[Tensor, "B L"], generator: Generator | None = None
    ) -> tuple[Layered, Context]:
        """First state x = sqrt(D) times the embedding; the context holds x and the attention biases.

        Raises:
            ValueError: the boards have another number of cells, or a symbol is not in the table.
        """
        if inputs.dim() != 2 or inputs.shape[1] != self.config.cells:
            raise ValueError(
                f"boards must have the shape (B, {self.config.cells}), not {tuple(inputs.shape)}"
            )
        x_BLD = self.config.width**0.5 * looked_up(self.embed, inputs, "symbols")
        return Layered(x_BLD, 0), Context(x_BLD, self.net.biases(self.relations))

    def step(self, state: Layered, context: Context) -> Layered:
        """h <- block(h), or block(h + x), with the next block; after the last block h stays unchanged."""
        if (layer := state.layer) >= self.config.depth:
            return state
        h_BLD = state.z + context.x if self.config.injection and layer else state.z
        return Layered(self.net.blocks[layer](h_BLD, context.biases[layer]), layer + 1)

    def read(self, state: Layered) -> Float[Tensor, "B L V"]:
        """Logits of every cell: a linear map of h, or of rms(h) in pre-norm."""
        return self.head(state.z if self.config.norm == "post" else rms(state.z))


def block(config: FeedForwardConfig, relations: int) -> AttentionBlock:
    """Build a block of attention with `relations` learned biases, without rotation, and a gated MLP."""
    attention = PlacedAttention(config.width, config.heads, rotary=False, relations=relations)
    kind = AttentionBlock if config.norm == "post" else PreNormBlock
    return kind(attention, GatedMLP(config.width, hidden_width(config.width, multiple=1)))
