"""Expressions of binary operators that are given by tables: the value of every sub-expression is asked for.

Nodes stand in prefix order. What a parser knows is given: the parent of each node and its side. The order of
evaluation is not. The difficulty is the depth of the tree.

Shape letters: B batch, N nodes, H places of a full tree (2^(depth+1) - 1, level by level), O operators, V values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Bool, Int
from torch import Generator, Tensor

from recurse_lab.tasks.base import Batch, Split, sample_split
from recurse_lab.tasks.expression_trees import Tree, cells_of, depth_of, evaluate, parse
from recurse_lab.tasks.full_trees import ABSENT, LEFT, PADDING, drawn_shape, in_prefix_order
from recurse_lab.tasks.judging import IGNORE, Classes

MOST_DEPTH = 8  # a full tree of depth 8 has 511 nodes


@cache
def tables(values: int, operators: int, seed: int) -> Int[Tensor, "O V V"]:
    """Entry (o, x, y): value of operator o on x and y; every entry is drawn for itself."""
    return torch.randint(
        0, values, (operators, values, values), generator=Generator().manual_seed(seed), dtype=torch.int64
    )


@dataclass(frozen=True)
class Expressions(Classes):
    """Random trees of one exact depth in a batch: inputs (B, N, 3), targets (B, N).

    A cell holds its symbol (value 0 to V - 1, operator V to V + O - 1, padding V + O), the cell of its parent
    (the root and padding: their own), and its side (0 root, 1 left, 2 right, 3 padding). Expressions of depth 1 are
    the tables: all of them are in training, and none in the test. Of deeper ones, the same expression falls into
    the same split whatever its padding.

    Raises:
        ValueError: a number is too small.
    """

    seed: int = 0  # draws the tables: each seed is a task of its own
    values: int = 8  # V, as in table lookup
    operators: int = 4  # O: 256 entries to learn
    root_only: bool = False  # ask for the value of the root alone
    tokens_only: bool = False  # inputs (B, N) of symbols without the parser's relations
    dims: int = 1

    def __post_init__(self) -> None:
        if self.values < 2 or self.operators < 1:
            raise ValueError(
                f"values must be 2 or more and operators 1 or more, not {self.values} and {self.operators}"
            )

    @property
    def symbols(self) -> int:
        """V + O, and one for padding."""
        return self.values + self.operators + 1

    @property
    def classes(self) -> int:
        """V."""
        return self.values

    @property
    def tables(self) -> Int[Tensor, "O V V"]:
        """Entry (o, x, y): value of operator o on x and y."""
        return tables(self.values, self.operators, self.seed)

    def sample(self, count: int, size: int, split: Split, generator: Generator) -> Batch:
        """Draw `count` expressions of depth `size`.

        One argument of each operator has the depth that is still to go, the other any smaller depth.

        Raises:
            ValueError: `size` is not from 1 (in training) or 2 to 8, or `sample_split` fails.
        """
        least = 1 if split == "train" else 2
        if not least <= size <= MOST_DEPTH:
            raise ValueError(
                f"size must be a depth from {least} to {MOST_DEPTH} in the {split} split, not {size}"
            )

        def draw(n: int) -> Int[Tensor, "B H"]:
            operator_BH = drawn_shape(n, size, generator)
            symbols = torch.randint(0, self.values, operator_BH.shape, generator=generator)
            names = torch.randint(self.values, self.symbols - 1, operator_BH.shape, generator=generator)
            full = torch.where(operator_BH == 1, names, symbols)
            return torch.where(operator_BH == ABSENT, ABSENT, full)

        full_BH = draw(count) if size == 1 else sample_split(draw, count, split)
        return self.batch(in_prefix_order(full_BH, self.symbols - 1))

    def batch(self, cells: Int[Tensor, "B N 3"]) -> Batch:
        """Inputs and targets of expressions given as symbol, parent and side of each node."""
        targets_BN = self.values_of(cells)
        if self.root_only:
            targets_BN[:, 1:] = IGNORE
        return Batch(cells[..., 0] if self.tokens_only else cells, targets_BN)

    def values_of(self, cells: Int[Tensor, "B N 3"]) -> Int[Tensor, "B N"]:
        """The value of every node; -100 at padding. A node's children stand after it, so go backward."""
        symbol_BN, parent_BN, side_BN = cells.unbind(-1)
        B, N = symbol_BN.shape
        value_BN = torch.where(side_BN == PADDING, IGNORE, symbol_BN)
        arguments = torch.zeros(2, B, N, dtype=torch.int64)  # of each node, left and right
        all_B = torch.arange(B)
        for cell in range(N - 1, -1, -1):
            number = symbol_BN[:, cell] - self.values
            found = self.tables[number.clamp(0, self.operators - 1), *arguments[:, :, cell]]
            operator_B = (number >= 0) & (side_BN[:, cell] != PADDING)
            value_BN[:, cell] = torch.where(operator_B, found, value_BN[:, cell])
            # the root and padding hand their value to themselves, after they were read
            side_B = (side_BN[:, cell] - LEFT).clamp(0, 1)
            arguments[side_B, all_B, parent_BN[:, cell]] = value_BN[:, cell].clamp_min(0)
        return value_BN

    def verify(self, inputs: Int[Tensor, "B N 3"], answers: Int[Tensor, "B N"]) -> Bool[Tensor, " B"]:
        """True where all answers that are asked for are right.

        Raises:
            ValueError: the inputs are symbols without relations.
        """
        if self.tokens_only:
            raise ValueError("inputs must hold parents and sides to be verified, not symbols alone")
        targets_BN = self.batch(inputs).targets
        return ((answers == targets_BN) | (targets_BN == IGNORE)).all(1)

    def size_of(self, inputs: Tensor) -> int:
        """Depth of the first expression; all expressions of a batch from `sample` have the same."""
        symbols, deepest = inputs[0] if self.tokens_only else inputs[0, :, 0], 0
        going = [0]  # depths of the nodes that are still to come, the next one last
        for symbol in symbols.tolist():
            if not going:
                break  # padding
            deepest = max(deepest, depth := going.pop())
            going += [depth + 1] * (2 if symbol >= self.values else 0)
        return deepest

    # One expression in writing

    def parse(self, text: str) -> Tree:
        """The tree of an expression such as `(a (b 3 1) 5)`.

        Raises:
            ValueError: it does not parse, an operator or value is unknown, or it is deeper than the generator goes.
        """
        tree = parse(text, self.operators, self.values)
        if (depth := depth_of(tree)) > MOST_DEPTH:
            raise ValueError(f"expression must have a depth of at most {MOST_DEPTH}, not {depth}")
        return tree

    def evaluate(self, tree: Tree) -> int:
        """The value of a tree, by recursion."""
        return evaluate(tree, self.tables.tolist())

    def encoded(self, trees: Sequence[Tree]) -> Batch:
        """Trees as inputs and targets, padded to the largest."""
        rows = [cells_of(tree, self.values) for tree in trees]
        most, padding = max(map(len, rows)), self.symbols - 1
        padded = [[*row, *((padding, at, PADDING) for at in range(len(row), most))] for row in rows]
        return self.batch(torch.tensor(padded))

    def tree_of(self, cells: Int[Tensor, "N 3"]) -> Tree:
        """The tree of one row of inputs; the inverse of `encoded`."""
        rest = iter(cells[:, 0].tolist())

        def read() -> Tree:
            symbol = next(rest)
            return symbol if symbol < self.values else (symbol - self.values, read(), read())

        return read()
