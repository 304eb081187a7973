"""Economic dispatch by dual ascent, and a learned step of it.

    lambda <- lambda + rate (D - sum_i clip((lambda - b_i) / (2 a_i), 0, hi_i))

lambda is the price, the dual variable of "supply equals demand"; the sum is the supply at this price (Boyd &
Vandenberghe, Convex Optimization, chapter 5; dual ascent: Boyd et al. 2011, section 2.1). The learned step has
to learn clip and division from prices alone:

    lambda <- lambda + w D + c + sum_i f(lambda, a_i, b_i, hi_i), the same small net f for all generators

Shape letters: B batch, G generators, P = 3G+2 numbers of a problem, D width.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from recurse_lab.models.numerical import checked
from recurse_lab.nn.mlp import GatedMLP

CENTER, SCALE = 1.0, 3.0  # the nets see (number - 1) x 3: of about unit variance in training


class Market(NamedTuple):
    """Numbers of the generators, (B, G) each, and the demand (B, 1)."""

    a: Tensor
    b: Tensor
    high: Tensor
    demand: Tensor

    def supply(self, price: Float[Tensor, "B 1"]) -> Float[Tensor, "B G"]:
        """Outputs of all generators at a price."""
        return ((price - self.b) / (2 * self.a)).clamp(min=0).minimum(self.high)


def market_of(problems: Float[Tensor, "B P"]) -> tuple[Float[Tensor, "B 1"], Market]:
    """The first price, and the market.

    Raises:
        ValueError: the shape is not (B, 3G+2), or a number is not finite.
    """
    if problems.dim() != 2 or problems.shape[1] < 5 or problems.shape[1] % 3 != 2:
        raise ValueError(f"problems must have the shape (B, 3G+2), not {tuple(problems.shape)}")
    a, b, high = checked(problems, "a problem")[:, :-2].chunk(3, 1)
    return problems[:, -1:], Market(a, b, high, problems[:, -2:-1])


class Priced(NamedTuple):
    """A price (B, 1), and the outputs (B, G) at this price."""

    price: Tensor
    outputs: Tensor


@dataclass(frozen=True)
class DualAscent:
    """The method. Inputs are problems (B, 3G+2), answers outputs (B, G)."""

    rate: float = 0.3  # settles if below 2 / slope of the supply: 2 / 3 for three generators with a from 0.5

    def start(
        self, inputs: Float[Tensor, "B P"], generator: Generator | None = None
    ) -> tuple[Priced, Market]:
        """The problem's first price and the outputs at it; the context is the market.

        Raises:
            ValueError: the shape is wrong, or a number is not finite.
        """
        price, market = market_of(inputs)
        return Priced(price, market.supply(price)), market

    def step(self, state: Priced, context: Market) -> Priced:
        """Raise the price by rate x what is missing."""
        price = state.price + self.rate * (context.demand - state.outputs.sum(1, keepdim=True))
        return Priced(price, context.supply(price))

    def read(self, state: Priced) -> Float[Tensor, "B G"]:
        """The outputs."""
        return state.outputs


@dataclass(frozen=True, kw_only=True)
class LearnedAscentConfig:
    """Sizes of the net f.

    Raises:
        ValueError: a size is below 1.
    """

    width: int = 32  # D
    depth: int = 2  # gated blocks

    def __post_init__(self) -> None:
        if min(self.width, self.depth) < 1:
            raise ValueError(f"sizes must be 1 or more: {self}")


class LearnedAscent(nn.Module):
    """Inputs are problems (B, 3G+2), states and answers prices (B, 1)."""

    def __init__(self, config: LearnedAscentConfig) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Linear(4, config.width)
        self.blocks = nn.ModuleList([GatedMLP(config.width, config.width) for _ in range(config.depth)])
        self.head = nn.Linear(config.width, 1)
        self.demand = nn.Linear(1, 1)  # w and c

    def start(
        self, inputs: Float[Tensor, "B P"], generator: Generator | None = None
    ) -> tuple[Float[Tensor, "B 1"], Market]:
        """The problem's first price; the context is the market.

        Raises:
            ValueError: the shape is wrong, or a number is not finite.
        """
        return market_of(inputs)

    def step(self, state: Float[Tensor, "B 1"], context: Market) -> Float[Tensor, "B 1"]:
        """lambda <- lambda + w D + c + sum f."""
        price = state.expand_as(context.a)
        h = self.embed(torch.stack((price, context.a, context.b, context.high), 2).sub(CENTER).mul(SCALE))
        for block in self.blocks:
            h = h + block(h)
        return state + self.demand(context.demand) + self.head(h).sum(1)

    def read(self, state: Float[Tensor, "B 1"]) -> Float[Tensor, "B 1"]:
        """The price."""
        return state
