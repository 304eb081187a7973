"""Looped transformer: a prelude, a core applied again and again, a coda.

Geiping et al. 2025, "Scaling up test-time compute with latent reasoning" (Huginn), section 3. An adapter over
[z, e] injects the embedded input e at every step, the first state is random, and sandwich norms keep the
state bounded. With several distinct cores (`depth`) it is a plain deep transformer.

Shape letters: B batch, C cells, D width, V classes.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor, nn

from recurse_lab.models.deep_thinking import Layered
from recurse_lab.nn.blocks import SandwichBlock


@dataclass(frozen=True, kw_only=True)
class LoopedTransformerConfig:
    """Sizes of a `LoopedTransformer`; numbers in parentheses are the paper's."""

    symbols: int = 2
    classes: int = 2
    width: int = 64  # h (5280)
    heads: int = 4
    prelude: int = 1  # blocks before the loop (2)
    core: int = 1  # blocks in the loop (4)
    coda: int = 1  # blocks after the loop (2)
    depth: int = 1  # distinct cores: 1 shares one core among all steps, k uses a new core at each of k steps
    causal: bool = False  # whether a cell attends only to itself and the cells before it
    start_std: float = 0.4**0.5  # sigma of the first state; its variance is 2/5, as in the paper


class LoopedTransformer(nn.Module):
    """Inputs are integer symbols (B, C), states (B, C, D), logits (B, C, V).

    Raises:
        ValueError: `depth` is below 1, or `heads` does not fit `width`.
    """

    def __init__(self, config: LoopedTransformerConfig) -> None:
        super().__init__()
        if config.depth < 1:
            raise ValueError(f"depth must be 1 or more, not {config.depth}")
        self.config = config
        width = config.width

        def blocks(number: int) -> nn.Sequential:
            return nn.Sequential(*(SandwichBlock(width, config.heads, config.causal) for _ in range(number)))

        self.embed = nn.Embedding(config.symbols, width)
        self.prelude = blocks(config.prelude)
        self.adapters = nn.ModuleList(nn.Linear(2 * width, width, bias=False) for _ in range(config.depth))
        self.cores = nn.ModuleList(blocks(config.core) for _ in range(config.depth))
        self.coda = blocks(config.coda)
        self.norm = nn.RMSNorm(width, eps=1e-6)
        self.head = nn.Linear(width, config.classes, bias=False)

    def start(
        self, inputs: Int[Tensor, "B C"], generator: Generator | None = None
    ) -> tuple[Layered, Float[Tensor, "B C D"]]:
        """A first state from a normal cut at 3 sigma (its mean, 0, if `generator` is None), and the prelude's e."""
        e_BCD = self.prelude(self.embed(inputs))
        z_BCD = torch.zeros_like(e_BCD)
        if generator is not None:
            std = self.config.start_std
            nn.init.trunc_normal_(z_BCD, std=std, a=-3 * std, b=3 * std, generator=generator)
        return Layered(z_BCD, 0), e_BCD

    def step(self, state: Layered, context: Float[Tensor, "B C D"]) -> Layered:
        """z <- core(adapter [z, e]). An untied net applies its next core, and after the last one repeats it."""
        layer = min(state.layer, self.config.depth - 1)
        z_BCD = self.adapters[layer](torch.cat((state.z, context), dim=-1))
        return Layered(self.cores[layer](z_BCD), state.layer + 1)

    def read(self, state: Layered) -> Float[Tensor, "B C V"]:
        """Logits of every cell: coda, norm, and a linear map."""
        return self.head(self.norm(self.coda(state.z)))
