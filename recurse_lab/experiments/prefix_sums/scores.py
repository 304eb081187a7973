"""What is recorded of a net trained on prefix sums: costs, learning curve, and when answers are read."""

from typing import Any

import torch
from torch import Generator

from recurse_lab.experiments.prefix_sums.arm import Arm
from recurse_lab.measure.cost import forward_flops, parameters
from recurse_lab.models.deep_thinking import DeepThinking
from recurse_lab.tasks.prefix_sums import PrefixSums
from recurse_lab.train.loop import Run


def late(bits: int) -> int:
    """The fixed number of iterations at which the looped nets are judged: far beyond what is needed."""
    return bits + 88


def iterations_read(arm: Arm, bits: int) -> list[int]:
    """Iterations after which answers are read: 1 to `late`, or a feed-forward net's own depth."""
    if not arm.loops:
        return [arm.model.depth]
    return sorted({*range(1, late(bits), max(1, bits // 32)), late(bits)})


def cost(arm: Arm, model: DeepThinking, run: Run, bits: list[int]) -> dict[str, Any]:
    """Parameters, FLOPs of the training run and of one longest answer, CPU-seconds of training."""
    one = PrefixSums().sample(1, arm.train_bits, "train", Generator().manual_seed(0)).inputs
    free, graded = arm.objective.mean_steps
    per_bit = (
        forward_flops(model, one).training(graded, free) / arm.train_bits
    )  # a convolution's cost is linear
    longest = torch.zeros(1, arm.lengths[-1], dtype=torch.int64)
    steps = iterations_read(arm, arm.lengths[-1])[-1]
    return {
        "params": parameters(model),
        "train_flops": per_bit * arm.batch * sum(bits),
        "infer_flops": forward_flops(model, longest).answer(steps),
        "train_seconds": run.seconds,
    }


def thinned(run: Run, bits: list[int], every: int = 10) -> dict[str, list[float]]:
    """Every tenth step of a learning curve, rounded: small enough to keep."""
    return {
        "loss": [round(loss, 4) for loss in run.loss[::every]],
        "accuracy": [round(accuracy, 4) for accuracy in run.accuracy[::every]],
        "bits": [float(number) for number in bits[::every]],
    }
