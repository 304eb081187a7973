"""MobileLLM: a small decoder of Llama blocks, deep and thin, whose blocks may each be applied several times.

Liu et al. 2024, "MobileLLM: Optimizing Sub-billion Parameter Language Models for On-Device Use Cases",
section 2. One step of `think` is one application of a block.

Shape letters: B batch, C cells, D width, V symbols.
"""

from dataclasses import dataclass, replace
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor, nn

from recurse_lab.models.deep_thinking import Layered
from recurse_lab.nn.grouped import GroupedBlock
from recurse_lab.nn.init import lecun_normal_, looked_up

ORDERS = ("immediate", "over")


@dataclass(frozen=True, kw_only=True)
class MobileLLMConfig:
    """Sizes of a `MobileLLM`; numbers in parentheses are those of MobileLLM-125M."""

    symbols: int = 256  # V: bytes need no tokenizer (32 000 tokens)
    width: int = 64  # D, the embedding dimension (576)
    hidden: int = (
        192  # inner width of the gated MLP; 3 D, so that every shape divides its weights alike (1536)
    )
    heads: int = 4  # query heads; four for every shape, so that shapes differ in depth and width only (9)
    groups: int = 2  # key and value heads, half of the query heads (3)
    depth: int = 4  # distinct blocks (30)
    repeats: int = 1  # applications of each block; 2 in MobileLLM-LS
    order: Literal["immediate", "over"] = "immediate"  # AABB as in MobileLLM-LS, or ABAB ("repeat-all-over")
    share_embedding: bool = True  # the head reads with the embedding's weights, as in the paper
    # Learned vectors added to that many first cells; 0 as in the paper. Attention with relative positions alone
    # cannot count: all cells of a row of equal symbols look the same to it.
    positions: int = 0

    def __post_init__(self) -> None:
        """Check the numbers that no part of the net checks."""
        if min(self.symbols, self.depth, self.repeats) < 1:
            numbers = f"{self.symbols}, {self.depth} and {self.repeats}"
            raise ValueError(f"symbols, depth and repeats must be 1 or more, not {numbers}")
        if self.positions < 0:
            raise ValueError(f"positions must be 0 or more, not {self.positions}")
        if self.order not in ORDERS:
            raise ValueError(f"order must be {' or '.join(map(repr, ORDERS))}, not {self.order!r}")

    @property
    def applications(self) -> int:
        """Number of block applications in one answer: the steps to think."""
        return self.depth * self.repeats

    def block_at(self, application: int) -> int:
        """The block that is applied at `application`, both counted from 0."""
        return application // self.repeats if self.order == "immediate" else application % self.depth


class MobileLLM(nn.Module):
    """Inputs are symbols (B, C), states (B, C, D), logits (B, C, V).

    Raises:
        ValueError: the configuration is invalid.
    """

    def __init__(self, config: MobileLLMConfig) -> None:
        super().__init__()
        self.config = config
        sizes = config.width, config.hidden, config.heads, config.groups
        self.embed = nn.Embedding(config.symbols, config.width)
        self.places = nn.Embedding(config.positions, config.width) if config.positions else None
        self.blocks = nn.ModuleList(GroupedBlock(*sizes) for _ in range(config.depth))
        self.norm = nn.RMSNorm(config.width, eps=1e-5)
        self.head = None if config.share_embedding else nn.Linear(config.width, config.symbols, bias=False)
        self._fill()

    def _fill(self) -> None:
        """Normal weights of deviation 1 / sqrt(fan in); what adds to the stream is scaled by 1 / sqrt(2 applications).

        The scale keeps the variance of the stream alike at every depth (Radford et al. 2019, GPT-2, section 2.3).
        """
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                ends_branch = name.endswith(("out.weight", "down.weight"))
                scale = (2 * self.config.applications) ** -0.5 if ends_branch else 1.0
                lecun_normal_(weight, scale * weight.shape[1] ** -0.5)

    def start(
        self, inputs: Int[Tensor, "B C"], generator: Generator | None = None
    ) -> tuple[Layered, Float[Tensor, "B C D"]]:
        """The embedded symbols, as state and as context; no block looks at the context.

        Raises:
            ValueError: a symbol is not in the table, or there are more cells than positions.
        """
        x_BCD = looked_up(self.embed, inputs, "symbols")
        if self.places is not None:
            x_BCD = x_BCD + looked_up(self.places, torch.arange(inputs.shape[1]), "positions")
        return Layered(x_BCD, 0), x_BCD

    def step(self, state: Layered, context: Float[Tensor, "B C D"]) -> Layered:
        """z <- block(z), with the block whose turn it is; after the last application z stays unchanged."""
        if state.layer >= self.config.applications:
            return state
        block = self.blocks[self.config.block_at(state.layer)]
        return Layered(block(state.z), state.layer + 1)

    def read(self, state: Layered) -> Float[Tensor, "B C V"]:
        """Logits of every cell: norm(z) times the embedding's transpose, or a linear map of its own."""
        z_BCD = self.norm(state.z)
        return z_BCD @ self.embed.weight.T if self.head is None else self.head(z_BCD)


def weights_of(config: MobileLLMConfig) -> int:
    """Number of weights of a net of this configuration; shared ones count once."""
    D, V = config.width, config.symbols
    attention = 2 * D * D + 2 * D * config.groups * (D // config.heads)
    tables = V * D * (1 if config.share_embedding else 2) + D * (1 + config.positions)
    return tables + config.depth * (attention + 3 * D * config.hidden + 2 * D)


def sized(config: MobileLLMConfig, weights: int) -> MobileLLMConfig:
    """The configuration with the inner width whose number of weights is nearest to `weights`.

    Raises:
        ValueError: the other parts already have more weights.
    """
    bare = weights_of(replace(config, hidden=0))
    hidden = round((weights - bare) / (3 * config.width * config.depth))
    if hidden < 1:
        raise ValueError(f"{config.depth} blocks of width {config.width} need more than {weights:,} weights")
    return replace(config, hidden=hidden)
