"""Compositional table lookup: a value, then functions given by tables; the answer is the value in the end.

Liška et al. 2018, "Memorize or generalize?" (arXiv:1802.06467), section 3, with eight values in place of
bit strings (as in Csordás et al. 2022, arXiv:2110.07732, section 3.1). The difficulty is the number of functions.

Shape letters: B batch, C cells, F functions, V values, P triples.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import torch
from jaxtyping import Bool, Int
from torch import Generator, Tensor

from recurse_lab.tasks.base import Batch, Split, sample_split
from recurse_lab.tasks.judging import IGNORE, Classes

Order = Literal["forward", "backward"]


@cache
def tables(values: int, functions: int, seed: int) -> Int[Tensor, "F V"]:
    """Row f, column v: f(v). Every function is a random permutation, so that no value is ever lost."""
    generator = Generator().manual_seed(seed)
    return torch.stack([torch.randperm(values, generator=generator) for _ in range(functions)])


@dataclass(frozen=True)
class TableLookup(Classes):
    """Rows of a value v and functions f1 ... fd; forward: v f1 ... fd, backward: fd ... f1 v.

    Cells hold values 0 to V - 1, then functions V to V + F - 1. Only the last cell is asked for. Rows of one
    function are the tables: all of them are in training, and none in the test. Of longer rows, some triples of
    successive functions are never in training. A row falls into the same split in either order.

    Raises:
        ValueError: a number is too small, or the order is unknown.
    """

    seed: int = 0  # draws the tables and the triples held out: each seed is a task of its own
    order: Order = "forward"  # in the order of application, or against it
    values: int = 8  # V, as in Csordás et al.
    functions: int = 6  # F: 216 triples
    held_out: float = 0.08  # share of the triples that are never in training
    dims: int = 1

    def __post_init__(self) -> None:
        if min(self.values, self.functions) < 2:
            raise ValueError(
                f"values and functions must be 2 or more, not {self.values} and {self.functions}"
            )
        if self.order not in ("forward", "backward"):
            raise ValueError(f"order must be 'forward' or 'backward', not {self.order!r}")
        if not 0 <= self.held_out < 1:
            raise ValueError(f"held_out must be from 0 to below 1, not {self.held_out}")

    @property
    def symbols(self) -> int:
        """V + F."""
        return self.values + self.functions

    @property
    def classes(self) -> int:
        """V."""
        return self.values

    @property
    def tables(self) -> Int[Tensor, "F V"]:
        """Row f, column v: f(v)."""
        return tables(self.values, self.functions, self.seed)

    @property
    def novel(self) -> Bool[Tensor, " P"]:
        """Which of the triples a F^2 + b F + c are never in training."""
        count = self.functions**3
        drawn = torch.randperm(count, generator=Generator().manual_seed(self.seed + 1_000_003))
        return drawn < round(self.held_out * count)

    def sample(self, count: int, size: int, split: Split, generator: Generator) -> Batch:
        """Draw `count` rows of `size` functions: inputs and targets (B, size + 1).

        Raises:
            ValueError: `size` is below 1, or 1 outside of training, or `sample_split` fails.
        """
        if size < (least := 1 if split == "train" else 2):
            raise ValueError(f"size must be {least} or more functions in the {split} split, not {size}")

        def draw(n: int) -> Int[Tensor, "B C"]:
            value_B1 = torch.randint(0, self.values, (n, 1), generator=generator)
            functions = torch.randint(self.values, self.symbols, (n, size), generator=generator)
            rows_BC = torch.cat((value_B1, functions), dim=1)
            return rows_BC[~self.has_novel(rows_BC)] if split == "train" else rows_BC

        rows_BC = self.ordered(draw(count) if size == 1 else sample_split(draw, count, split))
        return Batch(rows_BC, self.solve(rows_BC))

    def ordered(self, rows_BC: Int[Tensor, "B C"]) -> Int[Tensor, "B C"]:
        """Turn v f1 ... fd into the task's order, or back."""
        return rows_BC if self.order == "forward" else rows_BC.flip(1)

    def has_novel(self, forward_BC: Int[Tensor, "B C"]) -> Bool[Tensor, " B"]:
        """Whether rows v f1 ... fd hold a triple of functions that is never in training."""
        f = forward_BC[:, 1:] - self.values
        triples = (f[:, :-2] * self.functions + f[:, 1:-1]) * self.functions + f[:, 2:]
        return self.novel[triples].any(1)

    def values_of(self, inputs_BC: Int[Tensor, "B C"]) -> Int[Tensor, "B C"]:
        """The value after each function, in the order of application: v, f1(v), f2(f1(v)), ..."""
        forward_BC = self.ordered(inputs_BC)
        found = [forward_BC[:, 0]]
        for function_B in forward_BC[:, 1:].T:
            found.append(self.tables[function_B - self.values, found[-1]])
        return torch.stack(found, dim=1)

    def solve(self, inputs_BC: Int[Tensor, "B C"]) -> Int[Tensor, "B C"]:
        """The value in the end, at the last cell; -100 elsewhere."""
        targets_BC = torch.full_like(inputs_BC, IGNORE)
        targets_BC[:, -1] = self.values_of(inputs_BC)[:, -1]
        return targets_BC

    def verify(self, inputs: Int[Tensor, "B C"], answers: Int[Tensor, "B C"]) -> Bool[Tensor, " B"]:
        """True where the last cell holds the value in the end; other cells may hold anything."""
        return self.solve(inputs)[:, -1] == answers[:, -1]

    def size_of(self, inputs: Int[Tensor, "B C"]) -> int:
        """Number of functions of each row of a batch."""
        return inputs.shape[1] - 1

    def said(self, row: Sequence[int]) -> str:
        """A row in writing: values as digits, functions as letters from a on."""
        return " ".join(
            str(cell) if cell < self.values else chr(ord("a") + cell - self.values) for cell in row
        )
