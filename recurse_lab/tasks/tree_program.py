"""Largest weight of non-adjacent nodes of a binary tree: a dynamic program whose order no position gives away.

The program of Dziri et al. 2023, "Faith and Fate" (arXiv:2305.18654), section 2, on trees instead of lists: the
gain of a node needs the gains of its children, and whether it is taken needs its parent.

Shape letters: B batch, N nodes in preorder, Q questions, P parts of a node (symbol, parent, side).
"""

from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from math import comb

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from recurse_lab.tasks.base import Batch, Split, sample_split
from recurse_lab.tasks.judging import Classes

ROOT, LEFT, RIGHT = 0, 1, 2  # side of a node


@dataclass(frozen=True)
class TreeProgram(Classes):
    """Seeded weighted trees, divided permanently into training, validation and test trees.

    Every shape of a binary tree of n nodes is as likely as any other, and weights are uniform from 1 to `high`.
    Such trees are deep: their mean height grows as the square root of n (Flajolet and Odlyzko 1982). Two trees are
    equal if shape and weights are, so splits share no weighted tree.

    Raises:
        ValueError: `high` is below 1, or `questions` is not 1 or 2.
    """

    high: int = 5  # largest weight; the smallest is 1, and symbol s is the weight s + 1
    questions: int = 2  # 1: which nodes are taken; 2: also the gain of every node
    dims: int = 1

    def __post_init__(self) -> None:
        if self.high < 1:
            raise ValueError(f"high must be 1 or more, not {self.high}")
        if self.questions not in (1, 2):
            raise ValueError(f"questions must be 1 or 2, not {self.questions}")

    @property
    def symbols(self) -> int:
        """Number of weights."""
        return self.high

    @property
    def classes(self) -> int:
        """2 for taken or not; with gains, which are 0 to `high`, one more than `high` (2 or more)."""
        return 2 if self.questions == 1 else self.high + 1

    def sample(self, count: int, size: int, split: Split, generator: Generator) -> Batch:
        """Draw `count` trees of `size` nodes of one split: inputs (B, N, P), targets (B, N) or (B, Q, N).

        Raises:
            ValueError: `size` is below 1, or `sample_split` fails.
        """
        if size < 1:
            raise ValueError(f"size must be 1 node or more, not {size}")

        def draw(n: int) -> Int[Tensor, "B N P"]:
            parent_BN, side_BN = shapes(n, size, generator)
            symbol_BN = torch.randint(0, self.symbols, (n, size), generator=generator)
            return torch.stack((symbol_BN, parent_BN, side_BN), dim=2)

        inputs_BNP = sample_split(draw, count, split)
        return Batch(inputs_BNP, self.solve(inputs_BNP))

    def solve(self, inputs_BNP: Int[Tensor, "B N P"]) -> Int[Tensor, "B *Q N"]:
        """The exact answers: 1 for each taken node; with two questions, then the gains.

        A node is taken if its gain is positive and its parent is not taken. Of several best sets, this is the
        one without the first node, in preorder, in which they differ.
        """
        gains_BN, parent_BN = self.gains(inputs_BNP), inputs_BNP[..., 1]
        taken_BN = torch.zeros_like(gains_BN)
        for node in range(gains_BN.shape[1]):
            above_B = taken_BN.gather(1, parent_BN[:, node : node + 1])[:, 0] if node else 0
            taken_BN[:, node] = (gains_BN[:, node] > 0) * (1 - above_B)
        return taken_BN if self.questions == 1 else torch.stack((taken_BN, gains_BN), dim=1)

    def gains(self, inputs_BNP: Int[Tensor, "B N P"]) -> Int[Tensor, "B N"]:
        """d_i = max(0, x_i - sum of d_c over the children c): what node i adds to the best of the nodes below it."""
        gains_BN, parent_BN = inputs_BNP[..., 0] + 1, inputs_BNP[..., 1]
        for node in reversed(range(1, gains_BN.shape[1])):
            gains_BN[:, node].clamp_(min=0)
            gains_BN.scatter_add_(1, parent_BN[:, node : node + 1], -gains_BN[:, node : node + 1])
        return gains_BN.clamp(min=0)

    def verify(self, inputs: Int[Tensor, "B N P"], answers: Int[Tensor, "B *Q N"]) -> Bool[Tensor, " B"]:
        """True where all answers are the exact ones."""
        return (answers == self.solve(inputs)).flatten(1).all(1)

    def size_of(self, inputs: Int[Tensor, "B N P"]) -> int:
        """N, the number of nodes."""
        return inputs.shape[1]


def levels(inputs_BNP: Int[Tensor, "B N P"]) -> Int[Tensor, "B N"]:
    """Height of each node above its deepest leaf; 0 for a leaf."""
    parent_BN = inputs_BNP[..., 1]
    level_BN = torch.zeros_like(parent_BN)
    for node in reversed(range(1, parent_BN.shape[1])):
        up_B1 = level_BN[:, node : node + 1] + 1
        level_BN.scatter_reduce_(1, parent_BN[:, node : node + 1], up_B1, "amax")
    return level_BN


def depths(inputs_BNP: Int[Tensor, "B N P"]) -> Int[Tensor, "B N"]:
    """Number of edges between each node and the root."""
    parent_BN = inputs_BNP[..., 1]
    depth_BN = torch.zeros_like(parent_BN)
    for node in range(1, parent_BN.shape[1]):
        depth_BN[:, node] = depth_BN.gather(1, parent_BN[:, node : node + 1])[:, 0] + 1
    return depth_BN


def shapes(count: int, size: int, generator: Generator) -> tuple[Int[Tensor, "B N"], Int[Tensor, "B N"]]:
    """Parent and side of every node of `count` random trees; the root is its own parent."""
    parent_BN, side_BN, end_BN = (torch.zeros(count, size + 1, dtype=torch.int64) for _ in range(3))
    end_BN[:, 0] = size  # the nodes below node i are i + 1 to end - 1
    drawn_BN = torch.rand(count, size, generator=generator, dtype=torch.float64)
    for node in range(size):
        below_B1 = end_BN[:, node : node + 1] - node - 1
        left_B1 = (left_sizes(size)[below_B1[:, 0]] <= drawn_BN[:, node : node + 1]).sum(1, keepdim=True)
        middle_B1 = node + 1 + left_B1
        for side, first_B1, last_B1 in (
            (LEFT, torch.full_like(middle_B1, node + 1), middle_B1),
            (RIGHT, middle_B1, end_BN[:, node : node + 1].clone()),
        ):
            cell_B1 = torch.where(first_B1 < last_B1, first_B1, size)  # an empty part goes into column N
            parent_BN.scatter_(1, cell_B1, node)
            side_BN.scatter_(1, cell_B1, side)
            end_BN.scatter_(1, cell_B1, last_B1)
    return parent_BN[:, :size], side_BN[:, :size]


@cache
def left_sizes(size: int) -> Float[Tensor, "N N"]:
    """Entry (m, k): chance that of m nodes below a node k or fewer are on its left; 2 beyond the last k.

    There are C_k = (2 k)! / (k! (k + 1)!) shapes of k nodes, and C_k C_(m-k) with k of m nodes on the left.
    """
    shapes = [comb(2 * k, k) // (k + 1) for k in range(size + 1)]
    with torch.inference_mode(False):
        chances = torch.full((size, size), 2.0, dtype=torch.float64)
        for m in range(size):
            ways = accumulate(shapes[k] * shapes[m - k] for k in range(m))
            chances[m, :m] = torch.tensor([way / shapes[m + 1] for way in ways], dtype=torch.float64)
        return chances
