"""Maximum-sum non-adjacent subsequence: a dynamic program over a list, with its intermediate values.

Dziri et al. 2023, "Faith and Fate: Limits of Transformers on Compositionality" (arXiv:2305.18654), section 2.
Larger lists make its computation graph deeper, not wider.

Shape letters: B batch, C items, Q questions, F forbidden triples.
"""

from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Bool, Int
from torch import Generator, Tensor

from recurse_lab.tasks.base import Batch, Split, sample_split
from recurse_lab.tasks.judging import Classes

LEFT_OUT = 0.05  # share of the triples of neighbors that no training list has
_DRAW = 6_262_023  # seed that draws these triples, the same for all


@dataclass(frozen=True)
class Program(Classes):
    """Seeded lists of numbers, divided permanently into training, validation and test lists.

    Item s of the vocabulary is the number `low` + s. With numbers of one sign, chains of dependence are long; with
    negative ones, the paper's case, they end early.

    Raises:
        ValueError: `high` is below 1 or not above `low`, `least` is not between them, or `questions` is not 1 or 2.
    """

    low: int = 1  # smallest number (paper: -5)
    high: int = 5  # largest number, as in the paper
    questions: int = 2  # 1: which items are taken; 2: also the gain of every item
    least: int | None = (
        None  # smallest number drawn: 3 gives hard lists, whose chains are longest; None: `low`
    )
    dims: int = 1

    def __post_init__(self) -> None:
        if self.high < 1 or self.high <= self.low:
            raise ValueError(f"high must be 1 or more and above low, not {self.high} with low {self.low}")
        if self.least is not None and not self.low <= self.least <= self.high:
            raise ValueError(f"least must be from {self.low} to {self.high}, not {self.least}")
        if self.questions not in (1, 2):
            raise ValueError(f"questions must be 1 or 2, not {self.questions}")

    @property
    def symbols(self) -> int:
        """Number of different numbers."""
        return self.high - self.low + 1

    @property
    def classes(self) -> int:
        """2 for taken or not; with gains, which are 0 to `high`, one more than `high` (2 or more)."""
        return 2 if self.questions == 1 else self.high + 1

    def sample(self, count: int, size: int, split: Split, generator: Generator, novel: bool = False) -> Batch:
        """Draw `count` lists of `size` items of one split: inputs (B, C), targets (B, C) or (B, Q, C).

        No list has a forbidden triple of neighbors; with `novel`, every list has one or more.

        Raises:
            ValueError: `size` is below 1 (with `novel`, below 3), or `sample_split` fails.
        """
        if size < (3 if novel else 1):
            raise ValueError(f"size must be {3 if novel else 1} or more, not {size}")
        least = 0 if self.least is None else self.least - self.low

        def draw(n: int) -> Int[Tensor, "B C"]:
            items_BC = torch.randint(least, self.symbols, (n, size), generator=generator)
            return items_BC[self.novel(items_BC) == novel]

        inputs_BC = sample_split(draw, count, split)
        return Batch(inputs_BC, self.solve(inputs_BC))

    def novel(self, inputs_BC: Int[Tensor, "B C"]) -> Bool[Tensor, " B"]:
        """Whether three neighbors of the list form a forbidden triple, which training never shows."""
        if inputs_BC.shape[1] < 3:
            return torch.zeros(len(inputs_BC), dtype=torch.bool)
        v = self.symbols
        codes = inputs_BC[:, :-2] * v * v + inputs_BC[:, 1:-1] * v + inputs_BC[:, 2:]
        return torch.isin(codes, forbidden(v)).any(1)

    def solve(self, inputs_BC: Int[Tensor, "B C"]) -> Int[Tensor, "B *Q C"]:
        """The exact answers: 1 for each taken item; with two questions, then the gains.

        Take item i if x_i >= d_(i+1) and item i - 1 is not taken. Of several best subsequences, this is the one
        that takes the first item in which they differ: the paper's rule, which writes 1 for taken and 2 for not.
        """
        gains_BC, numbers_BC = self.gains(inputs_BC), inputs_BC + self.low
        after_BC = torch.cat((gains_BC[:, 1:], torch.zeros_like(gains_BC[:, :1])), dim=1)
        wanted_BC, taken = numbers_BC >= after_BC, [torch.zeros_like(gains_BC[:, 0], dtype=torch.bool)]
        for wanted_B in wanted_BC.T:
            taken.append(wanted_B & ~taken[-1])
        taken_BC = torch.stack(taken[1:], dim=1).long()
        return taken_BC if self.questions == 1 else torch.stack((taken_BC, gains_BC), dim=1)

    def gains(self, inputs_BC: Int[Tensor, "B C"]) -> Int[Tensor, "B C"]:
        """d_i = max(0, x_i - d_(i+1)): what item i adds to the best sum of the items after it, 0 to `high`."""
        gains, after_B = [], torch.zeros_like(inputs_BC[:, 0])
        for number_B in (inputs_BC + self.low).T.flip(0):
            after_B = (number_B - after_B).clamp(min=0)
            gains.append(after_B)
        return torch.stack(gains[::-1], dim=1)

    def verify(self, inputs: Int[Tensor, "B C"], answers: Int[Tensor, "B *Q C"]) -> Bool[Tensor, " B"]:
        """True where all answers are the exact ones."""
        return (answers == self.solve(inputs)).flatten(1).all(1)

    def size_of(self, inputs: Int[Tensor, "B C"]) -> int:
        """C, the number of items."""
        return inputs.shape[1]


@cache
def forbidden(symbols: int) -> Int[Tensor, " F"]:
    """Codes a v^2 + b v + c of the 5 % of all triples (a, b, c) of v symbols that training never shows."""
    with torch.inference_mode(False):
        order = torch.randperm(symbols**3, generator=Generator().manual_seed(_DRAW))
        return order[: round(LEFT_OUT * symbols**3)].sort().values
