"""The dynamic program written out token by token: items, then gains from the last, then what is taken.

Nye et al. 2021, "Show Your Work: Scratchpads for Intermediate Computation" (arXiv:2112.00114), section 2; Dziri et
al. 2023 (arXiv:2305.18654), section 3.2. Coupled ids: Cho et al. 2024, "Position Coupling" (arXiv:2405.20671).

Shape letters: B batch, C items, L = 3 C + 1 tokens shown, M = L + 1 tokens of a line, F = 2 features of a token
(symbol, id).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Generator, Tensor

from recurse_lab.tasks.base import IGNORE, Batch, Split
from recurse_lab.tasks.dynamic_program import Program
from recurse_lab.tasks.judging import Classes


@dataclass(frozen=True)
class Scratchpad(Classes):
    """Lines "x_1 ... x_C # g_C ... g_1 # o_1 ... o_C"; the target of each token is the next one, from # on.

    g_i says the gain d_i and whether x_i >= d_(i+1), o_i whether the item is taken: each token follows from two
    or three others. If a net that sees earlier tokens alone predicts all targets of a line, it also writes the
    line by itself, token by token.
    """

    coupled: bool = (
        False  # give each token an id as well: that of its item; marks stand before or after all items
    )
    least: int | None = None  # smallest number drawn, as of `Program`
    dims: int = 1

    @property
    def program(self) -> Program:
        """The program behind the lines: numbers 1 to 5."""
        return Program(least=self.least)

    @property
    def symbols(self) -> int:
        """Items, the mark, gains with a bit, and two answers."""
        return self.program.symbols + 1 + 2 * self.program.classes + 2

    @property
    def classes(self) -> int:
        """Every token can be the next one."""
        return self.symbols

    def sample(self, count: int, size: int, split: Split, generator: Generator, novel: bool = False) -> Batch:
        """Draw lines for `count` lists of `size` items: inputs (B, L), or (B, L, F) if coupled; targets (B, L).

        Raises:
            ValueError: as of `Program.sample`.
        """
        items_BC = self.program.sample(count, size, split, generator, novel).inputs
        tokens, shown = self.written(items_BC), 3 * size + 1
        targets = tokens[:, 1:].clone()
        targets[:, :size] = IGNORE
        inputs = tokens[:, :shown]
        if self.coupled:
            inputs = torch.stack((inputs, ids(size)[:shown].expand_as(inputs)), dim=2)
        return Batch(inputs, targets)

    def written(self, items_BC: Int[Tensor, "B C"]) -> Int[Tensor, "B M"]:
        """The whole lines."""
        taken_BC, gains_BC = self.program.solve(items_BC).unbind(1)
        after_BC = torch.cat((gains_BC[:, 1:], torch.zeros_like(gains_BC[:, :1])), dim=1)
        wanted_BC = (items_BC + self.program.low >= after_BC).long()
        mark_B1 = torch.full_like(items_BC[:, :1], self.program.symbols)
        first_gain = self.program.symbols + 1
        first_answer = first_gain + 2 * self.program.classes
        steps_BC = (first_gain + 2 * gains_BC + wanted_BC).flip(1)
        return torch.cat((items_BC, mark_B1, steps_BC, mark_B1, first_answer + taken_BC), dim=1)

    def verify(self, inputs: Int[Tensor, "B L *F"], answers: Int[Tensor, "B L"]) -> Bool[Tensor, " B"]:
        """True where all answers from the first mark on are the next tokens."""
        size = self.size_of(inputs)
        symbols = inputs[..., 0] if self.coupled else inputs
        return (answers[:, size:] == self.written(symbols[:, :size])[:, size + 1 :]).all(1)

    def size_of(self, inputs: Int[Tensor, "B L *F"]) -> int:
        """C, the number of items of each list."""
        return (inputs.shape[1] - 1) // 3


def ids(size: int) -> Int[Tensor, " M"]:
    """1 to C for items, gains and answers; C + 1 for the first mark and 0 for the second."""
    items = torch.arange(1, size + 1)
    return torch.cat((items, items[-1:] + 1, items.flip(0), torch.zeros(1, dtype=torch.int64), items))
