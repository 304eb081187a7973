"""When the answers about the nodes of expressions stay right, whether a state at rest is right, what states hold.

Shape letters: B expressions, N nodes.
"""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from recurse_lab.experiments.expressions.arm import ExpressionArm
from recurse_lab.experiments.expressions.inside import Steps, probes, thoughts
from recurse_lab.experiments.expressions.scores import Model, heights, trees
from recurse_lab.experiments.expressions.trial import build
from recurse_lab.train.loop import seeded

AT_REST = 0.02  # residual below which a node counts as settled


def seen_through(
    arm: ExpressionArm, net: Model, seed: int, depth: int = 6, steps: int = 24
) -> tuple[Steps, Int[Tensor, "B N"]]:
    """The thoughts about the test expressions of a seed, and the height of each node (-1: padding)."""
    batch = trees(arm, depth, "test", seed)
    return thoughts(arm, net, batch, steps), heights(batch.inputs)


def right_to_stay(found: Steps, height_BN: Int[Tensor, "B N"]) -> dict[str, dict[str, Any]]:
    """Height -> the step from which on answers stay right (mean and quartiles of those that do), and shares."""
    right = found.right
    number = torch.arange(1, len(right) + 1)[:, None, None]
    first_BN = (number * ~right).amax(0)  # 1 + the last wrong step; 0 if there is none
    rows = {}
    for height in range(1, int(height_BN.max()) + 1):
        here = first_BN[height_BN == height]
        stays = here[here < len(right)].double()
        quartiles = np.quantile(stays.numpy(), (0.25, 0.75)).tolist() if len(stays) else [np.nan] * 2
        rows[f"height {height}"] = {
            "mean step": stays.mean().item(),
            "lower quartile": quartiles[0],
            "upper quartile": quartiles[1],
            "right to stay": len(stays) / len(here),
            "nodes": len(here),
        }
    return rows


def rest_and_right(found: Steps, height_BN: Int[Tensor, "B N"]) -> dict[str, dict[str, int]]:
    """Cross-table of the operators: at rest in the last step (or not) x right (or not)."""
    operators = height_BN > 0
    rest, right = (found.residual[-1] < AT_REST)[operators], found.right[-1][operators]
    return {
        words: {"right": int((chosen & right).sum()), "wrong": int((chosen & ~right).sum())}
        for words, chosen in (("at rest", rest), ("still moving", ~rest))
    }


def probed(
    arm: ExpressionArm, net: Model, seed: int, height: int = 3, depth: int = 4, steps: int = 10
) -> dict[str, Float[np.ndarray, " T1"]]:
    """Accuracy of linear probes at nodes of one height, after each step; also in an untrained net."""
    with seeded(seed + 1):
        untrained = build(arm).eval()
    found = {
        f"{name}, trained net": rows[height] for name, rows in probes(arm, net, seed, depth, steps).items()
    }
    blind = probes(arm, untrained, seed, depth, steps)["own value"][height]
    return found | {"own value, untrained net": blind}
