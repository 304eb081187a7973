"""Prefix sums modulo 2: bit i of the answer is the parity of the first i+1 input bits.

Schwarzschild et al. 2021, "Datasets for studying generalization from easy to hard examples". The difficulty
is the length. Shape letters: B batch, L bits.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Generator, Tensor

from recurse_lab.tasks.base import Batch, Split, sample_split
from recurse_lab.tasks.judging import Classes


@dataclass(frozen=True)
class PrefixSums(Classes):
    """Seeded strings of any length, divided permanently into training, validation and test strings."""

    symbols: int = 2
    classes: int = 2
    dims: int = 1

    def sample(self, count: int, size: int, split: Split, generator: Generator) -> Batch:
        """Draw `count` strings of `size` bits of one split: inputs and targets (B, L).

        Raises:
            ValueError: `size` is below 1, or `sample_split` fails.
        """
        if size < 1:
            raise ValueError(f"size must be 1 bit or more, not {size}")

        def draw(n: int) -> Int[Tensor, "B L"]:
            return torch.randint(0, 2, (n, size), generator=generator)

        inputs_BL = sample_split(draw, count, split)
        return Batch(inputs_BL, self.solve(inputs_BL))

    def solve(self, inputs_BL: Int[Tensor, "B L"]) -> Int[Tensor, "B L"]:
        """The exact answers."""
        return inputs_BL.cumsum(dim=1) % 2

    def verify(self, inputs_BL: Int[Tensor, "B L"], answers_BL: Int[Tensor, "B L"]) -> Bool[Tensor, " B"]:
        """True where all answers are bits, each the answer before it plus its input bit, modulo 2."""
        before_BL = torch.cat((torch.zeros_like(answers_BL[:, :1]), answers_BL[:, :-1]), dim=1)
        bits_BL = (answers_BL == 0) | (answers_BL == 1)
        return (bits_BL & ((before_BL + inputs_BL - answers_BL) % 2 == 0)).all(dim=1)
