"""Nets that answer a dispatch problem in one pass: the outputs, or the price that gives them.

They obey the protocol of the loops, but a step only counts. With `pooled`, all generators share the weights and
see the mean over generators in every block (Zaheer et al. 2017, deep sets); without, one vector holds the problem.

Shape letters: B batch, G generators, P = 3G+2 numbers of a problem, D width.
"""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Generator, Tensor, nn

from recurse_lab.models.deep_thinking import Layered
from recurse_lab.models.dual_ascent import CENTER, SCALE, market_of
from recurse_lab.nn.mlp import GatedMLP


@dataclass(frozen=True, kw_only=True)
class DispatchEndpointConfig:
    """Sizes and answer of a net.

    Raises:
        ValueError: a size is below 1, or the answer is unknown.
    """

    answer: Literal["outputs", "price"] = "price"
    pooled: bool = True
    width: int = 24  # D
    depth: int = 2  # gated blocks
    generators: int = 3  # G

    def __post_init__(self) -> None:
        if min(self.width, self.depth, self.generators) < 1:
            raise ValueError(f"sizes must be 1 or more: {self}")
        if self.answer not in ("outputs", "price"):
            raise ValueError(f"answer must be 'outputs' or 'price', not {self.answer!r}")


class DispatchEndpoint(nn.Module):
    """Inputs are problems (B, 3G+2), answers outputs (B, G) or prices (B, 1)."""

    def __init__(self, config: DispatchEndpointConfig) -> None:
        super().__init__()
        self.config, width = config, config.width
        self.embed = nn.Linear(4 if config.pooled else 3 * config.generators + 1, width)
        self.blocks = nn.ModuleList([GatedMLP(width, width) for _ in range(config.depth)])
        mixers = config.depth if config.pooled else 0
        self.mix = nn.ModuleList([nn.Linear(width, width, bias=False) for _ in range(mixers)])
        one = config.answer == "price" or config.pooled
        self.head = nn.Linear(width, 1 if one else config.generators)

    def start(self, inputs: Float[Tensor, "B P"], generator: Generator | None = None) -> tuple[Layered, None]:
        """The problem's numbers without the first price, (B, G, 4) or (B, 3G+1), and the count 0.

        Raises:
            ValueError: the shape is wrong, or a number is not finite.
        """
        _, market = market_of(inputs)
        if market.a.shape[1] != self.config.generators:
            raise ValueError(f"problems must have {self.config.generators} generators")
        if not self.config.pooled:
            return Layered(inputs[:, :-1], 0), None
        return Layered(torch.stack((*market[:3], market.demand.expand_as(market.a)), 2), 0), None

    def step(self, state: Layered, context: None) -> Layered:
        """Count one step."""
        return Layered(state.z, state.layer + 1)

    def read(self, state: Layered) -> Float[Tensor, "B _"]:
        """The answer in one pass."""
        h = self.embed((state.z - CENTER) * SCALE)
        for number, block in enumerate(self.blocks):
            seen = F.rms_norm(h, (h.shape[-1],))
            if self.config.pooled:
                seen = seen + self.mix[number](seen.mean(1, keepdim=True))
            h = h + block(seen)
        answer = self.head(F.rms_norm(h, (h.shape[-1],)))
        if not self.config.pooled:
            return answer
        return answer.mean(1) if self.config.answer == "price" else answer[..., 0]
