"""A recursion that draws: GRAM adds a latent from a learned distribution to each cycle of a tiny recursive model.

Baek et al. 2026, "Generative recursive reasoning", section 3. With the right answer beside the board a cycle
draws from the posterior and returns KL(posterior || prior); without it, from the prior.

Shape letters: B batch, L cells, C tokens (prefix first), D width, V classes, N numbers drawn per token.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Generator, Tensor, nn

from recurse_lab.models.trm import TRM, Latents, TRMConfig
from recurse_lab.models.trm import Context as Cycle
from recurse_lab.nn.init import lecun_normal_, looked_up
from recurse_lab.recurrence import Refined


@dataclass(frozen=True, kw_only=True)
class GRAMConfig(TRMConfig):
    """Sizes and options of a `GRAM`. The paper has `place` end, `drawn` = width and the balance .8."""

    drawn: int = 4  # N: numbers drawn per token and cycle
    place: Literal["inside", "end"] = "inside"  # added to z before its last refinement, or to y (eq. 9)
    prior: Literal["learned", "standard"] = "learned"  # N(mu(u), sigma(u)^2) (eq. 8), or N(0, 1)
    mean: bool = True  # False: mu = 0 for prior and posterior, "stochasticity only" in the paper's Table 3
    beta: float = 1.0  # weight of the KL divergence
    balance: float | None = None  # share of the KL's gradient that moves the prior (Dreamer); None: plain KL


class Normal(NamedTuple):
    """Mean and logarithm of the variance of independent normal distributions, (B, C, N) each."""

    mean: Tensor
    log_variance: Tensor

    def draw(self, generator: Generator | None) -> Float[Tensor, "B C N"]:
        """mean + deviation x noise (the reparametrized draw); without generator, the mean."""
        if generator is None:
            return self.mean
        noise = torch.randn(self.mean.shape, generator=generator, device=self.mean.device)
        return self.mean + (self.log_variance / 2).exp() * noise


def divergence(q: Normal, p: Normal) -> Float[Tensor, " B"]:
    """KL(q || p) in nats, summed over tokens and numbers."""
    ratio = (q.log_variance - p.log_variance).exp()
    distance = (q.mean - p.mean).square() / p.log_variance.exp()
    return (ratio + distance - 1 - (q.log_variance - p.log_variance)).flatten(1).sum(1) / 2


class Context(NamedTuple):
    """What a stream keeps: the embedded board, the embedded answer (None: draw from the prior), the generator."""

    cycle: Cycle
    target: Tensor | None
    generator: Generator | None


class GRAM(TRM):
    """Inputs (B, L) boards: draws from the prior. Inputs (B, 2, L) boards and answers: draws from the posterior.

    Raises:
        ValueError: the configuration or the relations are refused.
    """

    def __init__(self, config: GRAMConfig, relations: Float[Tensor, "R L L"] | None = None) -> None:
        check(config)
        super().__init__(config, relations)
        self.options, D = config, config.width
        self.answers = nn.Embedding(config.classes, D)
        self.to_prior, self.to_posterior = _head(D, config), _head(2 * D, config)
        self.into = nn.Linear(config.drawn, D, bias=False)
        for part in (self.answers, self.into):
            lecun_normal_(part.weight)

    def start(self, inputs: Int[Tensor, "B *two L"], generator: Generator | None = None) -> tuple[Any, Any]:
        """The fixed first state; the context keeps the generator, and the answer of inputs (B, 2, L).

        Raises:
            ValueError: another shape, or a symbol that the tables lack.
        """
        target = None
        if inputs.dim() == 3:
            if inputs.shape[1] != 2:
                raise ValueError(
                    f"boards with answers must be (B, 2, {self.config.cells}), not {tuple(inputs.shape)}"
                )
            target = F.pad(looked_up(self.answers, inputs[:, 1], "answers"), (0, 0, self.config.prefix, 0))
            target = self.config.width**0.5 * target
            inputs = inputs[:, 0]
        state, cycle = super().start(inputs)
        return state, Context(cycle, target, generator)

    def step(self, state: Any, context: Any) -> Any:
        """One cycle with its draw; with the answer in the context also the term `kl` (B,), in nats a cell."""
        inside = self.options.place == "inside"
        for _ in range(self.config.refinements - inside):
            state = self.refine_z(state, context.cycle)
        if not inside:
            state = self.refine_y(state, context.cycle)
        drawn, kl_B = self.draw(state.z if inside else state.y, context)
        if inside:
            state = self.refine_z(Latents(state.y, state.z + self.into(drawn)), context.cycle)
            state = self.refine_y(state, context.cycle)
        else:
            state = Latents(state.y + self.into(drawn), state.z)
        if kl_B is None:
            return state
        return Refined(state, {"kl": self.options.beta * kl_B / self.config.cells})

    def draw(
        self, u_BCD: Float[Tensor, "B C D"], context: Context
    ) -> tuple[Float[Tensor, "B C N"], Float[Tensor, " B"] | None]:
        """Numbers drawn given the proposal u, and KL(posterior || prior) in nats if the answer is known."""
        prior = self.normal(self.to_prior(u_BCD), self.options.prior == "standard")
        if context.target is None:
            return prior.draw(context.generator), None
        posterior = self.normal(self.to_posterior(torch.cat((u_BCD, context.target), dim=-1)))
        return posterior.draw(context.generator), self.balanced(posterior, prior)

    def normal(self, out_BCM: Float[Tensor, "B C M"], standard: bool = False) -> Normal:
        """The distribution of a head's output, M = 2 N; log variances stay between -8 and 2."""
        mean, log_variance = out_BCM.chunk(2, dim=-1)
        if standard:
            return Normal(torch.zeros_like(mean), torch.zeros_like(mean))
        return Normal(mean if self.options.mean else torch.zeros_like(mean), log_variance.clamp(-8.0, 2.0))

    def balanced(self, q: Normal, p: Normal) -> Float[Tensor, " B"]:
        """KL(q || p); with a balance b the gradient of b KL(sg q || p) + (1 - b) KL(q || sg p) (Hafner et al. 2021)."""
        b = self.options.balance
        if b is None:
            return divergence(q, p)
        fixed_q, fixed_p = (Normal(*(part.detach() for part in one)) for one in (q, p))
        return b * divergence(fixed_q, p) + (1 - b) * divergence(q, fixed_p)


def _head(width: int, config: GRAMConfig) -> nn.Sequential:
    """width -> D -> 2 N; all zero at first, so prior and posterior both begin as N(0, 1)."""
    last = nn.Linear(config.width, 2 * config.drawn)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    first = nn.Linear(width, config.width)
    lecun_normal_(first.weight)
    return nn.Sequential(first, nn.SiLU(), last)


def check(config: GRAMConfig) -> None:
    """Raise ValueError with one line if the options cannot be built."""
    if config.drawn < 1:
        raise ValueError(f"drawn must be 1 number or more, not {config.drawn}")
    for name, allowed in (("place", ("inside", "end")), ("prior", ("learned", "standard"))):
        if (value := getattr(config, name)) not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
    if config.beta < 0 or (config.balance is not None and not 0 <= config.balance <= 1):
        raise ValueError(
            f"beta must be 0 or more and balance from 0 to 1, not {config.beta} and {config.balance}"
        )
    if config.puzzles:
        raise ValueError(f"puzzles must be 0, for answers have no puzzle row, not {config.puzzles}")
    if config.latents != 2 or config.gradient != "cycle":
        raise ValueError("a draw needs two latents and the gradient of the whole cycle")
