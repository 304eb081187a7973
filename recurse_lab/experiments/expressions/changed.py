"""Expressions changed at the test alone: nodes listed in another order, left and right exchanged, deeper trees.

Shape letters: B expressions, N nodes.
"""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Int
from torch import Generator, Tensor

from recurse_lab.experiments.expressions.arm import ExpressionArm
from recurse_lab.experiments.expressions.scores import TEST_SEED, Model, right_at
from recurse_lab.nn.trees import depths
from recurse_lab.tasks.base import Batch, own_seed
from recurse_lab.tasks.expressions import Expressions
from recurse_lab.tasks.full_trees import LEFT, PADDING, RIGHT

PACES = (1, 2, 4, 8)  # steps for each level of an expression


def deep_trees(depth: int, seed: int, count: int = 256) -> Batch:
    """Test expressions of any depth up to the generator's, with parents and sides and the values of all nodes."""
    generator = Generator().manual_seed(own_seed(TEST_SEED, seed, own=True) + depth)
    return Expressions(seed=seed).sample(count, depth, "test", generator)


def level_by_level(batch: Batch) -> Batch:
    """The same trees with their nodes listed by levels, each from left to right, in place of prefix order."""
    _, parent_BN, side_BN = batch.inputs.unbind(-1)
    cells = torch.arange(parent_BN.shape[1])
    level_BN = torch.where(side_BN == PADDING, len(cells), depths(parent_BN))
    order_BN = level_BN.argsort(dim=1, stable=True)  # new cell -> old cell
    return reordered(batch, order_BN)


def reordered(batch: Batch, order_BN: Int[Tensor, "B N"]) -> Batch:
    """The same trees with their nodes in another order; `order_BN`: new cell -> old cell."""
    back_BN = order_BN.argsort(dim=1)  # old cell -> new cell
    symbol, parent, side = (part.gather(1, order_BN) for part in batch.inputs.unbind(-1))
    inputs = torch.stack((symbol, back_BN.gather(1, parent), side), dim=-1)
    return Batch(inputs, batch.targets.gather(1, order_BN))


def exchanged(batch: Batch) -> Batch:
    """The net is told that left children are right ones, and the other way round; the targets stay."""
    inputs = batch.inputs.clone()
    side_BN = batch.inputs[..., 2]
    inputs[..., 2] = torch.where(side_BN == LEFT, RIGHT, torch.where(side_BN == RIGHT, LEFT, side_BN))
    return Batch(inputs, batch.targets)


def roots_right(arm: ExpressionArm, net: Model, batch: Batch, steps: int) -> float:
    """Share of expressions whose value is right after so many steps."""
    return right_at(arm, net, batch, (steps,))[steps][:, 0].float().mean().item()


def under_change(
    arms: Mapping[str, ExpressionArm], nets: Mapping[str, Model], depth: int, seed: int
) -> dict[str, dict[str, float]]:
    """Arm label -> share right as usual, listed level by level, and with left and right exchanged."""
    usual = deep_trees(depth, seed)
    batches = {
        "prefix order": usual,
        "level by level": level_by_level(usual),
        "left and right exchanged": exchanged(usual),
    }
    return {
        arms[name].label: {
            words: roots_right(arms[name], net, batch, arms[name].steps(depth))
            for words, batch in batches.items()
        }
        for name, net in nets.items()
    }


def with_more_steps(
    arm: ExpressionArm, net: Model, depths: Sequence[int], seed: int, count: int = 64
) -> dict[str, dict[str, float]]:
    """Depth -> share of roots right after 1, 2, 4 and 8 steps for each level."""
    rows = {}
    for depth in depths:
        batch = deep_trees(depth, seed, count)
        right = right_at(arm, net, batch, tuple(depth * pace for pace in PACES))
        rows[f"depth {depth}"] = {
            f"{pace} step{'s' * (pace > 1)} a level": right[depth * pace][:, 0].float().mean().item()
            for pace in PACES
        }
    return rows
