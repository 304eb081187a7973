"""Economic dispatch: share a demand for electric power among generators at least cost.

    minimize sum a_i g_i^2 + b_i g_i    subject to    sum g_i = D,  0 <= g_i <= hi_i

Each generator runs where its marginal cost 2 a g + b meets one common price, or at a limit (Wood & Wollenberg,
Power Generation, Operation, and Control, chapter 3). Units: power in 100 MW, costs in any currency.

Shape letters: B batch, G generators, P = 3G+2 numbers of a problem.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

from recurse_lab.tasks.base import Split, sample_split
from recurse_lab.tasks.judging import Numbers


@dataclass(frozen=True)
class Dispatch(Numbers):
    """Draws problems (B, 3G+2): a, b, hi of each generator, the demand D, and a first price, 0.

    All numbers are drawn evenly from their ranges. D is a share of the sum of the limits, so it can be met.

    Raises:
        ValueError: no generators, or a range is out of bounds.
    """

    generators: int = 3  # G
    quadratic: tuple[float, float] = (0.5, 1.5)  # a
    linear: tuple[float, float] = (0.5, 1.5)  # b
    high: tuple[float, float] = (0.5, 1.5)  # hi
    share: tuple[float, float] = (0.3, 0.9)  # D / sum of hi

    def __post_init__(self) -> None:
        ranges = (self.quadratic, self.linear, self.high, self.share)
        if self.generators < 1 or any(not 0 < low <= high for low, high in ranges):
            raise ValueError(f"generators must be 1 or more, and ranges rise from above 0, not {self}")
        if self.share[1] >= 1:
            raise ValueError(f"the demand must be below the sum of all limits, not {self.share} of it")

    def problems(self, count: int, split: Split, generator: Generator) -> Float[Tensor, "B P"]:
        """Draw problems of one split. A hash of their bits gives the split, so none is in two splits."""
        drawn = sample_split(lambda number: self._draw(number, generator).view(torch.int32), count, split)
        return drawn.view(torch.float32)

    def _draw(self, count: int, generator: Generator) -> Float[Tensor, "B P"]:
        def even(bounds: tuple[float, float], numbers: int) -> Tensor:
            low, high = bounds
            return low + (high - low) * torch.rand(count, numbers, generator=generator)

        a, b, high = (even(bounds, self.generators) for bounds in (self.quadratic, self.linear, self.high))
        demand = even(self.share, 1) * high.sum(1, keepdim=True)
        return torch.cat((a, b, high, demand, torch.zeros(count, 1)), 1)


def supply(problems: Float[Tensor, "B P"], price: Float[Tensor, "B 1"]) -> Float[Tensor, "B G"]:
    """Outputs at a price: (price - b) / (2 a), within the limits."""
    a, b, high = problems[:, :-2].chunk(3, 1)
    return ((price - b) / (2 * a)).clamp(min=0).minimum(high)


def solved(problems: Float[Tensor, "B P"]) -> tuple[Float[Tensor, "B 1"], Float[Tensor, "B G"]]:
    """Price and outputs of least cost, by bisection: the supply rises with the price."""
    exact = problems.double()
    a, b, high = exact[:, :-2].chunk(3, 1)
    low, top = torch.zeros_like(exact[:, -1:]), (b + 2 * a * high).amax(1, keepdim=True)
    for _ in range(50):
        middle = (low + top) / 2
        short = supply(exact, middle).sum(1, keepdim=True) < exact[:, -2:-1]
        low, top = torch.where(short, middle, low), torch.where(short, top, middle)
    return top.float(), supply(exact, top).float()


def dispatched(problems: Float[Tensor, "B P"], answers: Float[Tensor, "B _"]) -> Float[Tensor, "B G"]:
    """Outputs of answers: a price (B, 1) gives its supply; outputs (B, G) are cut off at the limits."""
    if answers.shape[1] == 1:
        return supply(problems, answers)
    return answers.clamp(min=0).minimum(problems[:, :-2].chunk(3, 1)[2])


def satisfied(
    problems: Float[Tensor, "B P"], outputs: Float[Tensor, "B G"], tolerance: float = 0.01
) -> Bool[Tensor, " B"]:
    """Whether |sum of outputs - D| <= tolerance x D and every output is within its limits, to the same share."""
    high, demand = problems[:, :-2].chunk(3, 1)[2], problems[:, -2]
    met = (outputs.sum(1) - demand).abs() <= tolerance * demand
    slack = tolerance * high
    return met & ((outputs >= -slack) & (outputs <= high + slack)).all(1)


def costs(problems: Float[Tensor, "B P"], outputs: Float[Tensor, "B G"]) -> Float[Tensor, " B"]:
    """The sum of a g^2 + b g."""
    a, b, _ = problems[:, :-2].chunk(3, 1)
    return (a * outputs.square() + b * outputs).sum(1)
