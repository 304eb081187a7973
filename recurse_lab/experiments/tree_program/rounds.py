"""After how many rounds can a node's gain be known, and does a loop know it then?

Shape letters: B trees, N nodes, P parts of a node (symbol, parent, side).
"""

from typing import NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor

from recurse_lab.experiments.tree_program.arm import TreeArm
from recurse_lab.experiments.tree_program.inside import correlation, final_from
from recurse_lab.experiments.tree_program.scores import Net, trees
from recurse_lab.tasks.tree_program import ROOT


def rounds(inputs_BNP: Int[Tensor, "B N P"], high: int = 5) -> Int[Tensor, "B N"]:
    """Rounds after which each gain is known, if all nodes sharpen what they know of their gains at the same time.

    At first a gain may be anything from 0 to `high`. In each round every node takes the present bounds of its
    children: its gain is at least x minus their upper and at most x minus their lower bounds, and never below 0.
    A leaf needs one round, any node at most its height + 1, and fewer if the levels far below cannot matter.
    """
    weight_BN, parent_BN, below_BN = inputs_BNP[..., 0] + 1, inputs_BNP[..., 1], inputs_BNP[..., 2] != ROOT
    low_BN, up_BN = torch.zeros_like(weight_BN), torch.full_like(weight_BN, high)
    known_BN = torch.zeros_like(weight_BN)
    for number in range(1, weight_BN.shape[1] + 1):
        least_BN, most_BN = (
            torch.zeros_like(weight_BN).scatter_add_(1, parent_BN, bound_BN * below_BN)
            for bound_BN in (low_BN, up_BN)
        )
        low_BN, up_BN = (weight_BN - most_BN).clamp(min=0), (weight_BN - least_BN).clamp(min=0)
        known_BN = torch.where((known_BN == 0) & (low_BN == up_BN), number, known_BN)
    return known_BN


class Order(NamedTuple):
    """When gains are final, by the rounds after which they can be known; over all nodes of many trees."""

    steps: dict[int, float]  # rounds -> mean step from which the loop's answer is final
    nodes: dict[int, int]  # rounds -> number of nodes
    correlation: float  # between rounds and step, after the mean of each tree is taken off


def order(arm: TreeArm, net: Net, seed: int, size: int = 24) -> Order:
    """The order in which a loop settles the nodes of the test trees of a seed."""
    batch = trees(arm, size, "test", seed)
    final_BN = final_from(net, batch, arm.steps_at(size), "gain").float()
    known_BN = rounds(batch.inputs)
    numbers = known_BN.unique().tolist()
    return Order(
        {number: final_BN[known_BN == number].mean().item() for number in numbers},
        {number: int((known_BN == number).sum()) for number in numbers},
        correlation(known_BN.float(), final_BN),
    )
