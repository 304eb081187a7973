"""Chapter 06: trees to look at and to break: a list as a tree, and the nodes of a tree in another order.

Shape letters: B batch, N nodes.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor

from recurse_lab.chapters.ch06_memorized_subgraphs.by_hand import as_digits
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.tree_program import LEFT, ROOT, TreeProgram

Node = tuple[int, int, int]  # symbol (weight - 1), parent, side

# The tree that the chapter solves by eye, in preorder: weights 5 4 1 2 3 4 1 2.
EXAMPLE: list[Node] = [
    (4, 0, 0),
    (3, 0, 1),
    (0, 1, 1),
    (1, 1, 2),
    (2, 0, 2),
    (3, 4, 1),
    (0, 5, 1),
    (1, 5, 2),
]


def chain(numbers: Sequence[int], mistake: str = "") -> list[Node]:
    """A list as a tree in which every node has one child, on the left; with `mistake`, a wrong one."""
    nodes = []
    for at, number in enumerate(numbers):
        symbol = number if mistake == "weight" else number - 1
        parent = at if mistake == "own" else max(0, at - 1)
        parent = min(at + 1, len(numbers) - 1) if mistake == "up" else parent
        side = LEFT if at or mistake == "side" else ROOT
        nodes.append((symbol, parent, side))
    return nodes


MISTAKES = {
    "the symbol of weight x is x - 1": "weight",
    "every node is its own parent; only the root is": "own",
    "the parent must be the node before, not the node after": "up",
    "the root stands on no side: 0": "side",
}


def chain_cases() -> list[tuple[tuple[int, ...], int, dict[str, float]]]:
    """Lists, the digits of their chains, and what was done wrong -> its digits."""
    asked: list[tuple[tuple[int, ...], int, dict[str, float]]] = []
    for numbers in ((4, 5, 2), (3, 1, 4, 2)):
        wrong = {words: float(digits_of(chain(numbers, mistake))) for words, mistake in MISTAKES.items()}
        asked.append((numbers, digits_of(chain(numbers)), wrong))
    return asked


def digits_of(nodes: Any) -> Any:
    """All numbers of the nodes beside each other; nothing stays nothing."""
    if nodes is None or nodes is ...:
        return nodes
    return as_digits([int(part) for node in nodes for part in node])


def chains(count: int, size: int, generator: Generator) -> Batch:
    """Random lists as trees (B, N, 3), with the tree program's answers."""
    numbers = torch.randint(1, 6, (count, size), generator=generator).tolist()
    inputs = torch.tensor([chain(row) for row in numbers])
    return Batch(inputs, TreeProgram().solve(inputs))


def reordered(inputs: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """The same trees (B, N, 3) with their nodes in a random order in which parents still come before children.

    Returns:
        The trees, and for each tree the old cell of each new one (B, N).
    """
    trees, orders = [], []
    for tree in inputs:
        parent = tree[:, 1].tolist()
        order = _random_order(parent, generator)
        place = torch.empty(len(order), dtype=torch.int64)
        place[torch.tensor(order)] = torch.arange(len(order))
        moved = tree[order].clone()
        moved[:, 1] = place[moved[:, 1]]
        trees.append(moved)
        orders.append(torch.tensor(order))
    return torch.stack(trees), torch.stack(orders)


def _random_order(parent: list[int], generator: Generator) -> list[int]:
    """Cells in a random order; each comes after its parent."""
    order, free = [], [0]
    while free:
        at = int(torch.randint(len(free), (), generator=generator).item())
        cell = free.pop(at)
        order.append(cell)
        free += [child for child, above in enumerate(parent) if above == cell and child != cell]
    return order
