"""Prefix products in a permutation group: answer t is the product of the first t elements.

Liu et al. 2023, "Transformers Learn Shortcuts to Automata", section 3: a circuit of depth O(log T) can
simulate any automaton on T symbols. The difficulty is the length.

Shape letters: B batch, T elements, N elements of the group, P points that it permutes.
"""

from dataclasses import dataclass
from functools import cache
from itertools import permutations

import torch
from jaxtyping import Bool, Int
from torch import Generator, Tensor

from recurse_lab.tasks.base import Batch, Split, sample_split
from recurse_lab.tasks.judging import Classes

MOST_POINTS = 5  # the table of 6 points would have 518,400 entries


@cache
def elements(points: int) -> tuple[tuple[int, ...], ...]:
    """All permutations of 0, 1, ..., `points` - 1 in lexicographic order; number 0 is the identity."""
    return tuple(permutations(range(points)))


@cache
def table(points: int) -> Int[Tensor, "N N"]:
    """Entry (a, b): number of the permutation x -> b(a(x)), first a, then b."""
    all_N = elements(points)
    number = {element: index for index, element in enumerate(all_N)}
    return torch.tensor([[number[tuple(b[x] for x in a)] for b in all_N] for a in all_N])


@dataclass(frozen=True)
class GroupProducts(Classes):
    """Seeded rows of elements of S_P, divided permanently into training, validation and test rows.

    Rows of different splits may begin alike.

    Raises:
        ValueError: `points` is not between 2 and 5.
    """

    points: int = 3  # P: S_3 is the smallest group in which the order of the factors matters
    dims: int = 1

    def __post_init__(self) -> None:
        if not 2 <= self.points <= MOST_POINTS:
            raise ValueError(f"points must be from 2 to {MOST_POINTS}, not {self.points}")

    @property
    def symbols(self) -> int:
        """N = P!, the number of elements."""
        return len(elements(self.points))

    @property
    def classes(self) -> int:
        """N: every product is an element."""
        return self.symbols

    def sample(self, count: int, size: int, split: Split, generator: Generator) -> Batch:
        """Draw `count` rows of `size` elements of one split: inputs and targets (B, T).

        Raises:
            ValueError: `size` is below 1, or `sample_split` fails.
        """
        if size < 1:
            raise ValueError(f"size must be 1 element or more, not {size}")

        def draw(n: int) -> Int[Tensor, "B T"]:
            return torch.randint(0, self.symbols, (n, size), generator=generator)

        inputs_BT = sample_split(draw, count, split)
        return Batch(inputs_BT, self.solve(inputs_BT))

    def solve(self, inputs_BT: Int[Tensor, "B T"]) -> Int[Tensor, "B T"]:
        """The exact answers: p_1 = g_1, p_t = first p_(t-1), then g_t."""
        products, last_B = [], torch.zeros_like(inputs_BT[:, 0])
        for element_B in inputs_BT.T:
            last_B = table(self.points)[last_B, element_B]
            products.append(last_B)
        return torch.stack(products, dim=1)

    def verify(self, inputs_BT: Int[Tensor, "B T"], answers_BT: Int[Tensor, "B T"]) -> Bool[Tensor, " B"]:
        """True where all answers are elements, each the one before it times its input."""
        elements_BT = (answers_BT >= 0) & (answers_BT < self.symbols)
        safe_BT = answers_BT.clamp(0, self.symbols - 1)
        before_BT = torch.cat((torch.zeros_like(safe_BT[:, :1]), safe_BT[:, :-1]), dim=1)
        return (elements_BT & (table(self.points)[before_BT, inputs_BT] == answers_BT)).all(dim=1)
