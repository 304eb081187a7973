"""Multiplication of whole numbers, digit by digit: the task with which "Faith and Fate" begins.

Dziri et al. 2023 (arXiv:2305.18654), section 3.1. All digits of the product are asked for at once.

Shape letters: B batch, C = 2 (k + l) + 1 cells, k and l digits of the factors.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Bool, Int
from torch import Generator, Tensor

from recurse_lab.tasks.base import IGNORE, Batch, Split, in_split
from recurse_lab.tasks.judging import Classes

TIMES, BLANK = 10, 11  # symbols beside the digits 0 to 9
MOST_DIGITS = 9  # of both factors together: the products fit into 64 bits, and all cells into a small net


@dataclass(frozen=True)
class Multiplication(Classes):
    """Cells "a x b" and one blank for each digit of the product; only blanks have targets.

    Splits share no pair of factors, in either order. Numbers are written with leading zeros in the product alone.

    Raises:
        ValueError: a factor has no digit, or both together have more than nine.
    """

    first: int = 2  # k, digits of the first factor
    second: int = 2  # l, digits of the second factor
    reversed: bool = True  # last digit of the product first, as a carry needs it
    dims: int = 1

    symbols: ClassVar[int] = 12
    classes: ClassVar[int] = 10

    def __post_init__(self) -> None:
        if min(self.first, self.second) < 1 or self.first + self.second > MOST_DIGITS:
            digits = f"{self.first} and {self.second}"
            raise ValueError(f"factors must have 1 digit or more and together at most 9, not {digits}")

    def sample(self, count: int, size: int, split: Split, generator: Generator) -> Batch:
        """Draw `count` products: inputs and targets (B, C). `size` is the digits of the product, k + l.

        Raises:
            ValueError: `size` is not k + l, or the split is unknown.
        """
        if size != self.first + self.second:
            raise ValueError(
                f"size must be {self.first + self.second}, the digits of the product, not {size}"
            )

        kept: list[Tensor] = []
        while sum(map(len, kept)) < count:
            factors_B2 = self.drawn(8 * count, generator)
            kept.append(factors_B2[in_split(factors_B2.sort(1).values, split)])
        return self.posed(torch.cat(kept)[:count])

    def drawn(self, count: int, generator: Generator) -> Int[Tensor, "B 2"]:
        """Factors of the wanted numbers of digits, each as likely as any other."""
        bounds = [(10 ** (digits - 1), 10**digits) for digits in (self.first, self.second)]
        return torch.stack([torch.randint(*bound, (count,), generator=generator) for bound in bounds], dim=1)

    def posed(self, factors_B2: Int[Tensor, "B 2"]) -> Batch:
        """The problems of given factors."""
        a_B, b_B = factors_B2.unbind(1)
        answer = digits_of(a_B * b_B, self.first + self.second)
        answer = answer.flip(1) if self.reversed else answer
        times, blank = torch.full_like(a_B[:, None], TIMES), torch.full_like(answer, BLANK)
        inputs = torch.cat((digits_of(a_B, self.first), times, digits_of(b_B, self.second), blank), dim=1)
        targets = torch.full_like(inputs, IGNORE)
        targets[:, -answer.shape[1] :] = answer
        return Batch(inputs, targets)

    def factors(self, inputs: Int[Tensor, "B C"]) -> Int[Tensor, "B 2"]:
        """The two factors of each problem."""
        parts = inputs[:, : self.first], inputs[:, self.first + 1 : self.first + 1 + self.second]
        return torch.stack([number_of(part) for part in parts], dim=1)

    def verify(self, inputs: Int[Tensor, "B C"], answers: Int[Tensor, "B C"]) -> Bool[Tensor, " B"]:
        """True where all digits of the product are right; other cells do not count."""
        return self.right_cells(answers, self.posed(self.factors(inputs)).targets)

    @staticmethod
    def right_cells(answers: Int[Tensor, "B C"], targets: Int[Tensor, "B C"]) -> Bool[Tensor, " B"]:
        """Whether all cells that count are right."""
        return ((answers == targets) | (targets == IGNORE)).all(1)

    def size_of(self, inputs: Int[Tensor, "B C"]) -> int:
        """Digits of the product."""
        return self.first + self.second


def digits_of(numbers_B: Int[Tensor, " B"], digits: int) -> Int[Tensor, "B D"]:
    """The last `digits` decimal digits, the first one first."""
    places = 10 ** torch.arange(digits - 1, -1, -1)
    return numbers_B[:, None] // places % 10


def number_of(digits_BD: Int[Tensor, "B D"]) -> Int[Tensor, " B"]:
    """The number of a row of decimal digits, the first one first."""
    places = 10 ** torch.arange(digits_BD.shape[1] - 1, -1, -1)
    return (digits_BD * places).sum(1)
