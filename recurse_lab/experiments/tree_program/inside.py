"""When each node of a tree has its final answer, beside its height above the leaves: does the loop find an order?

Shape letters: B trees, N nodes, T steps.
"""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from recurse_lab.experiments.tree_program.arm import TreeArm
from recurse_lab.experiments.tree_program.scores import trees
from recurse_lab.recurrence import Recurrence, think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.tree_program import LEFT, depths, levels

QUESTIONS = ("taken", "gain")


@torch.no_grad()
def final_from(net: Recurrence, batch: Batch, steps: int, question: str = "gain") -> Int[Tensor, "B N"]:
    """First step from which a node's answer to the question stays the same up to `steps`.

    Raises:
        ValueError: the question is unknown.
    """
    if question not in QUESTIONS:
        raise ValueError(f"question must be taken or gain, not {question!r}")
    asked = QUESTIONS.index(question)
    answers = [thought.output.argmax(-1)[:, asked] for thought in think(net, batch.inputs, steps, read=True)]  # type: ignore[union-attr]
    answers_TBN = torch.stack(answers)
    moved_TBN = answers_TBN[1:] != answers_TBN[:-1]
    number_T = torch.arange(1, steps + 1)[:, None, None]
    return (moved_TBN * number_T).amax(0)


class Settling(NamedTuple):
    """The settling of many trees of one size by height of the nodes."""

    heights: list[int]
    taken: list[float]  # mean step from which the answers "taken or not" are final
    gains: list[float]  # mean step from which the gains are final
    nodes: list[int]  # number of nodes of each height
    correlation: float  # between height and step of the gain, over all nodes, within each tree's mean


def settling(arm: TreeArm, net: Recurrence, seed: int, size: int = 24) -> Settling:
    """Mean step at which nodes of each height have their final answers, on the test trees of a seed."""
    batch, steps = trees(arm, size, "test", seed), arm.steps_at(size)
    level_BN = levels(batch.inputs)
    gains_BN, taken_BN = (final_from(net, batch, steps, question).float() for question in ("gain", "taken"))
    heights = sorted(set(level_BN.flatten().tolist()))
    at = [level_BN == height for height in heights]
    return Settling(
        heights,
        [taken_BN[which].mean().item() for which in at],
        [gains_BN[which].mean().item() for which in at],
        [int(which.sum().item()) for which in at],
        correlation(level_BN.float(), gains_BN),
    )


def correlation(a_BN: Float[Tensor, "B N"], b_BN: Float[Tensor, "B N"]) -> float:
    """Correlation over all nodes after the mean of each tree is taken off; 0 if one side does not vary."""
    a, b = ((one - one.mean(1, keepdim=True)).flatten() for one in (a_BN, b_BN))
    size = (a.norm() * b.norm()).item()
    return (a @ b).item() / size if size else 0.0


class Drawing(NamedTuple):
    """One tree as plain numbers, to draw."""

    x: list[int]  # place from left to right (in order)
    y: list[int]  # depth below the root
    parents: list[int]  # the root is its own parent
    weights: list[int]
    taken: list[int]
    gains: list[int]
    heights: list[int]
    final_gain: list[int]  # step from which the answer is final
    final_taken: list[int]
    right: list[bool]  # whether both final answers are right


@torch.no_grad()
def drawing(arm: TreeArm, net: Recurrence, seed: int, size: int = 16, number: int = 0) -> Drawing:
    """Test tree `number` of a size, with the steps at which the net's answers are final."""
    many = trees(arm, size, "test", seed)
    batch = Batch(many.inputs[number : number + 1], many.targets[number : number + 1])
    steps = arm.steps_at(size)
    *_, last = think(net, batch.inputs, steps, read={steps})
    assert last.output is not None
    right_N = (last.output.argmax(-1) == batch.targets)[0].all(0)
    symbol, parent, side = batch.inputs[0].T.tolist()
    return Drawing(
        x=in_order(parent, side),
        y=depths(batch.inputs)[0].tolist(),
        parents=parent,
        weights=[one + 1 for one in symbol],
        taken=batch.targets[0, 0].tolist(),
        gains=batch.targets[0, 1].tolist(),
        heights=levels(batch.inputs)[0].tolist(),
        final_gain=final_from(net, batch, steps, "gain")[0].tolist(),
        final_taken=final_from(net, batch, steps, "taken")[0].tolist(),
        right=right_N.tolist(),
    )


def in_order(parents: list[int], sides: list[int]) -> list[int]:
    """Place of each node from left to right: after all nodes on its left side, before all on its right."""
    below = np.ones(len(parents), dtype=int)
    for node in range(len(parents) - 1, 0, -1):
        below[parents[node]] += below[node]
    lefts = [0] * len(parents)
    for node in range(1, len(parents)):
        if sides[node] == LEFT:
            lefts[parents[node]] = int(below[node])
    # in preorder, a left child begins where its parent's part begins, a right child right after its parent
    first, place = [0] * len(parents), [0] * len(parents)
    for node in range(len(parents)):
        if node:
            above = parents[node]
            first[node] = first[above] if sides[node] == LEFT else place[above] + 1
        place[node] = first[node] + lefts[node]
    return place
