"""Scores of a net on trees: trees wholly right by size, when nodes are settled, and costs.

A tree is wholly right if the answers "taken or not" for all its nodes are.

Shape letters: B trees, N nodes.
"""

from typing import Any

import torch
from torch import Generator

from recurse_lab.experiments.tree_program.arm import TreeArm
from recurse_lab.measure.cost import forward_flops, parameters
from recurse_lab.models.bidirectional_gru import BidirectionalGRU
from recurse_lab.models.data_router import DataRouter
from recurse_lab.models.tree_gru import TreeGRU
from recurse_lab.recurrence import think
from recurse_lab.tasks.base import Batch, Split, own_seed
from recurse_lab.train.objectives.sized_steps import SizedSteps

TEST_SEED = 3_000_017  # with the training seed, draws the trees of test and validation
FACTORS = (2, 4)  # a loop is also read after that many times n steps

Net = DataRouter | BidirectionalGRU | TreeGRU


def trees(arm: TreeArm, size: int, split: Split, seed: int) -> Batch:
    """The trees of one size that a seed draws for itself."""
    generator = Generator().manual_seed(own_seed(TEST_SEED, seed, own=True))
    return arm.task.sample(arm.trees(size), size, split, generator)


@torch.no_grad()
def accuracy(arm: TreeArm, model: Net, seed: int, split: Split = "test") -> dict[str, Any]:
    """Shares of trees wholly right by size, and of nodes right; for a loop, also after 2 n and 4 n steps."""
    loop = isinstance(arm.signal, SizedSteps)
    found: dict[str, Any] = {"exact": {}, "nodes": {}, "later": {str(factor): {} for factor in FACTORS}}
    for size in arm.tested:
        batch, once = trees(arm, size, split, seed), arm.steps_at(size)
        numbers = {once, *(factor * size for factor in FACTORS)} if loop else {once}
        for thought in think(model, batch.inputs, max(numbers), read=numbers):
            if thought.output is not None:
                right = thought.output.argmax(-1) == batch.targets
                right_BN = right[:, 0] if arm.questions > 1 else right
                share = right_BN.all(1).float().mean().item()
                if thought.step == once:
                    found["exact"][str(size)] = share
                    found["nodes"][str(size)] = right_BN.float().mean().item()
                for factor in FACTORS if loop else ():
                    if thought.step == factor * size:
                        found["later"][str(factor)][str(size)] = share
    return found


def cost(arm: TreeArm, model: Net, steps: int) -> dict[str, float]:
    """Parameters, FLOPs of the training run, FLOPs of the answer to one tree of 24 nodes."""
    mean_size = round(sum(size**2 for size in arm.sizes) / sum(arm.sizes))  # size n is drawn n times as often
    small, large = (
        forward_flops(model, arm.task.sample(1, size, "train", _any()).inputs) for size in (mean_size, 24)
    )
    with_gradient, without = arm.steps_at(mean_size), 0.0
    if isinstance(arm.signal, SizedSteps):
        signal = arm.signal
        all_steps = mean_size + (signal.least + signal.most) / 2
        with_gradient = min(all_steps, signal.with_gradient or all_steps)  # type: ignore[assignment]
        late = signal.late_share * (1 - signal.late_from) * (signal.late + 1) / 2 if signal.late else 0.0
        without = all_steps - with_gradient + late
    return {
        "params": parameters(model),
        "train_flops": steps * arm.batch * small.training(with_gradient, without),
        "infer_flops": large.answer(arm.steps_at(24)),
    }


def _any() -> Generator:
    return Generator().manual_seed(0)
