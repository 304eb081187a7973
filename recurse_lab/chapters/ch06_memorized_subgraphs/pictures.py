"""Chapter 06: lists and trees as nodes and edges to draw, and the thoughts of a loop about one tree.

Shape letters: B batch, N nodes, T steps.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from recurse_lab.chapters.ch06_memorized_subgraphs.by_hand import solve
from recurse_lab.experiments.tree_program.inside import QUESTIONS, in_order
from recurse_lab.recurrence import think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.tree_program import depths

Node = tuple[float, float, str, str]  # place, text, kind
Edges = list[tuple[int, int]]


def list_graph(numbers: Sequence[int]) -> tuple[list[Node], Edges]:
    """The computation graph of a list: gains above the numbers, what is taken below; edges go to what needs them."""
    gains, taken = solve(numbers)
    n = len(numbers)
    rows = (
        ("number x", 1, numbers),
        ("gain d, from the right", 2, gains),
        ("taken, from the left", 0, taken),
    )
    nodes: list[Node] = [(float(i), float(y), str(row[i]), kind) for kind, y, row in rows for i in range(n)]
    edges: Edges = []
    for i in range(n):
        edges += [(i, n + i), (i, 2 * n + i)]
        edges += [(n + i + 1, n + i), (n + i + 1, 2 * n + i)] if i + 1 < n else []
        edges += [(2 * n + i - 1, 2 * n + i)] if i else []
    return nodes, edges


class Tree(NamedTuple):
    """The shape of one tree."""

    places: list[tuple[float, float]]  # from left to right, and below the root
    parents: list[int]  # the root is its own parent


def shape_of(tree: Tensor) -> Tree:
    """Places and parents of the nodes of one tree (N, 3), whose nodes are in preorder."""
    _, parent, side = tree.T.tolist()
    return Tree(list(zip(in_order(parent, side), depths(tree[None])[0].tolist(), strict=True)), parent)


def tree_graph(tree: Sequence[tuple[int, int, int]]) -> tuple[list[Node], Edges]:
    """One tree, given as (symbol, parent, side) of each node: weights, and edges from child to parent."""
    places, parents = shape_of(torch.tensor(tree))
    nodes = [
        (x, -y, str(symbol + 1), "weight x") for (x, y), (symbol, _, _) in zip(places, tree, strict=True)
    ]
    return nodes, [(node, parent) for node, parent in enumerate(parents) if node != parent]


class Thoughts(NamedTuple):
    """What a loop says of each node of one tree after each step, from step 0 on."""

    answers: np.ndarray  # (T + 1, N)
    right: np.ndarray  # (T + 1, N)


@torch.no_grad()
def thoughts(net: Any, batch: Batch, steps: int, number: int = 0, question: str = "gain") -> Thoughts:
    """Answers of tree `number` to one of the two questions."""
    asked = QUESTIONS.index(question)
    target = batch.targets[number, asked].numpy()
    answers = np.stack(
        [
            thought.output[0, asked].argmax(-1).numpy()
            for thought in think(net, batch.inputs[number : number + 1], steps, read=True)
            if thought.output is not None
        ]
    )
    return Thoughts(answers, answers == target)
