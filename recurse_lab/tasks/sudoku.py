"""Sudoku with 4x4, 6x6 or 9x9 cells: puzzles with one solution, split by the kind of their solution grid.

Two grids are of one kind if one becomes the other by relabeled digits, rows and columns permuted within
bands, permuted bands or, for square boxes, transposition. Test kinds never occur in training, neither
relabeled (as augmentation does) nor reordered (a net without positions cannot tell reordered grids apart).

Shape letters: B batch, L cells, N side, R relations.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations, product
from random import Random

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from recurse_lab.tasks.base import FOLD_OF, SPLITS, Batch, Split, fold
from recurse_lab.tasks.judging import Classes
from recurse_lab.tasks.sudoku_rules import BOXES, Board, Rules, dig, technique

RELATIONS = ("same cell", "same row", "same column", "same box")


@dataclass(frozen=True)
class Sudoku(Classes):
    """Seeded puzzles of one side n; the difficulty is the number of givens. Symbols: 0 blank, digits 1 to n."""

    side: int = 6
    dims: int = 1

    @cached_property
    def rules(self) -> Rules:
        """The units and the solver."""
        return Rules(self.side)

    @property
    def cells(self) -> int:
        """L, the number of cells."""
        return self.side**2

    @property
    def symbols(self) -> int:
        """Number of input symbols: blank and the digits."""
        return self.side + 1

    @property
    def classes(self) -> int:
        """Number of classes: each digit is its own class; 0 is never a target."""
        return self.side + 1

    def sample(self, count: int, size: int, split: Split, generator: Generator) -> Batch:
        """Draw `count` puzzles of one split with `size` givens: inputs and targets (B, L); ValueError as in `pool`."""
        return self.pool(count, (size, size), split, generator)

    def pool(
        self, count: int, givens: tuple[int, int], split: Split, generator: Generator, tries: int = 400
    ) -> Batch:
        """Draw `count` puzzles of one split: inputs and targets (B, L). The number of givens is random.

        Args:
            givens: fewest and most. A puzzle with more givens than drawn counts if it has at most the most.
            tries: number of solution grids to draw per puzzle. ValueError: bad arguments, or too few puzzles.
        """
        if split not in SPLITS:
            raise ValueError(f"split must be one of {', '.join(SPLITS)}, not {split!r}")
        low, high = givens
        if count < 1 or not 0 < low <= high <= self.cells:
            raise ValueError(
                f"count must be 1 or more, givens from 1 to {self.cells}, not {count} and {givens}"
            )
        random = Random(int(torch.randint(0, 2**62, (), generator=generator)))
        puzzles: list[Board] = []
        solved: list[Board] = []
        for _ in range(tries * count):
            (grid,) = self.rules.solutions([0] * self.cells, 1, random)
            if self.split_of(grid) != split:
                continue
            board = dig(self.rules, grid, random.randint(low, high), random)
            if sum(digit > 0 for digit in board) <= high:
                puzzles.append(board)
                solved.append(grid)
            if len(puzzles) == count:
                return Batch(torch.tensor(puzzles), torch.tensor(solved))
        raise ValueError(
            f"only {len(puzzles)} puzzles of at most {high} givens were found; allow more givens"
        )

    def split_of(self, grid: Board) -> Split:
        """The split of a solution grid; ValueError as in `kind`.

        4x4 has only two kinds: one is for testing; `relabeled` grids divide the other into two splits.
        """
        kind = self.kind(grid)
        if self.side > 4:
            return next(split for split in SPLITS if _fold(tuple(kind)) in FOLD_OF[split])
        if max(kind) == 2:  # all permutations swap digits in pairs: 96 of the 288 grids
            return "test"
        return "validation" if _fold(tuple(relabeled(grid))) in FOLD_OF["validation"] else "train"

    def kind(self, grid: Board) -> list[int]:
        """Numbers that all grids of a kind share: cycle lengths of the permutations between rows and columns.

        Raises:
            ValueError: this side has no rules, or the grid is not a solution.
        """
        if len(grid) != self.rules.side**2 or not self.rules.is_solution(grid):
            raise ValueError(f"kinds are of solved {self.side}x{self.side} grids only")
        n, (high, wide) = self.side, BOXES[self.side]
        rows = [grid[n * i : n * (i + 1)] for i in range(n)]
        columns = [grid[i::n] for i in range(n)]
        across, down = _cycles(rows, high), _cycles(columns, wide)
        return [
            part for lines in (sorted((across, down)) if high == wide else (across, down)) for part in lines
        ]

    def augment(self, batch: Batch, generator: Generator) -> Batch:
        """Relabel the digits of every puzzle at random; ValueError for a wrong size or symbol."""
        for board_BL in batch:
            self._check(board_BL)
        order_BN = torch.rand(len(batch.inputs), self.side, generator=generator).argsort(1) + 1
        new = torch.cat((torch.zeros_like(order_BN[:, :1]), order_BN), dim=1)
        return Batch(*(new.gather(1, board) for board in batch))

    def solve(self, inputs_BL: Int[Tensor, "B L"]) -> Int[Tensor, "B L"]:
        """The exact answers.

        Raises:
            ValueError: a board has a wrong size or symbol, a digit twice in a unit, or no unique solution.
        """
        found = [self._only_solution(number, board) for number, board in enumerate(self._boards(inputs_BL))]
        return torch.tensor(found, dtype=torch.int64).view(-1, self.cells)

    def verify(self, inputs_BL: Int[Tensor, "B L"], answers_BL: Int[Tensor, "B L"]) -> Bool[Tensor, " B"]:
        """True where an answer keeps the givens and is a solution; ValueError for a wrong size, symbol or number."""
        if len(self._boards(inputs_BL)) != len(self._boards(answers_BL)):
            raise ValueError(f"{len(inputs_BL)} puzzles cannot have {len(answers_BL)} answers")
        kept = ((inputs_BL == 0) | (inputs_BL == answers_BL)).all(1)
        full = torch.tensor(
            [self.rules.is_solution(board) for board in answers_BL.tolist()], dtype=torch.bool
        )
        return kept & full

    def grade(self, inputs_BL: Int[Tensor, "B L"]) -> list[str]:
        """Hardest technique of each puzzle; ValueError for a wrong size or symbol, or a digit twice in a unit."""
        return [technique(self.rules, board) for board in self._boards(inputs_BL)]

    def relations(self) -> Float[Tensor, "R L L"]:
        """1 where two cells are the same or share a row, column or box, in the order of `RELATIONS`; else 0."""
        places = torch.tensor([(cell, *place) for cell, place in enumerate(self.rules.places)])
        return (places[:, None] == places[None]).permute(2, 0, 1).float()

    def _boards(self, inputs_BL: Int[Tensor, "B L"]) -> list[Board]:
        self._check(inputs_BL)
        return inputs_BL.tolist()

    def _check(self, inputs_BL: Int[Tensor, "B L"]) -> None:
        if inputs_BL.dim() != 2 or inputs_BL.shape[1] != self.cells:
            raise ValueError(f"boards must have the shape (B, {self.cells}), not {tuple(inputs_BL.shape)}")
        if inputs_BL.is_floating_point() or inputs_BL.is_complex():
            raise ValueError(f"boards hold whole numbers, not {inputs_BL.dtype}")
        if len(inputs_BL) and (inputs_BL.min() < 0 or inputs_BL.max() > self.side):
            raise ValueError(f"boards hold 0 for blank and digits from 1 to {self.side} only")

    def _only_solution(self, number: int, board: Board) -> Board:
        try:
            found = self.rules.solutions(board)
        except ValueError as error:
            raise ValueError(f"puzzle {number}: {error}") from None
        if len(found) != 1:
            raise ValueError(
                f"puzzle {number} has {'several solutions' if found else 'no solution'}; one is needed"
            )
        return found[0]


def relabeled(grid: Board) -> Board:
    """Relabel the digits so that the first row is 1, 2, ...; all relabelings of a grid give the same result."""
    new = {digit: number for number, digit in enumerate(grid[: math.isqrt(len(grid))], start=1)}
    return [new[digit] for digit in grid]


@lru_cache(maxsize=4096)
def _fold(numbers: tuple[int, ...]) -> int:
    return int(fold(torch.tensor([numbers])))


def _cycles(lines: list[Board], band: int) -> list[int]:
    """Cycle lengths of the permutations between lines of one band, for every band, then of two bands.

    Relabeling conjugates these permutations and keeps their cycle lengths. Reordering cells changes no
    permutation. Sorting removes the order of lines and bands.
    """
    bands = [lines[first : first + band] for first in range(0, len(lines), band)]
    inside = sorted(_sorted_cycles(combinations(one, 2)) for one in bands)
    between = sorted(_sorted_cycles(product(one, other)) for one, other in combinations(bands, 2))
    return [length for cycles in (*inside, *between) for length in cycles]


def _sorted_cycles(pairs: Iterable[tuple[Board, ...]]) -> list[int]:
    return [length for lengths in sorted(_cycle_lengths(a, b) for a, b in pairs) for length in lengths]


def _cycle_lengths(a: Board, b: Board) -> list[int]:
    """Sorted cycle lengths of the permutation from each digit of `a` to the digit of `b` at the same place."""
    target, seen, lengths = dict(zip(a, b, strict=True)), set[int](), []
    for digit in a:
        length = 0
        while digit not in seen:
            seen.add(digit)
            digit, length = target[digit], length + 1
        if length:
            lengths.append(length)
    return sorted(lengths) + [0] * (len(a) - len(lengths))
