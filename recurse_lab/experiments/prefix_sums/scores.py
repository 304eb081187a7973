"""Recorded scores of a net trained on prefix sums: accuracy by length and iteration, and costs."""

from typing import Any

import torch
from torch import Generator

from recurse_lab.experiments.prefix_sums.arm import PrefixSumArm
from recurse_lab.measure.behavior import accuracy_grid
from recurse_lab.measure.cost import forward_flops, parameters
from recurse_lab.models.deep_thinking import DeepThinking
from recurse_lab.tasks.base import own_seed
from recurse_lab.tasks.prefix_sums import PrefixSums
from recurse_lab.train.loop import Run

TEST_SEED = 1_000_003  # draws the test strings of arms with own_test=False


def late(bits: int) -> int:
    """Number of iterations after which looped nets are judged; far more than they need."""
    return bits + 88


def iterations_read(arm: PrefixSumArm, bits: int) -> list[int]:
    """Iterations at which answers are read: evenly spaced from 1 on and `late`, or a feed-forward net's depth."""
    if not arm.loops:
        return [arm.model.depth]
    return sorted({*range(1, late(bits), max(1, bits // 32)), late(bits)})


def accuracy(arm: PrefixSumArm, model: DeepThinking, seed: int) -> dict[str, Any]:
    """Length -> iteration -> share of strings wholly right ("exact"), and of bits right ("cells")."""
    found: dict[str, Any] = {"exact": {}, "cells": {}}
    for length in arm.lengths:
        count = arm.strings if length <= 128 else max(4, arm.strings // 8)
        reads = iterations_read(arm, length)
        test = own_seed(TEST_SEED, seed, arm.own_test)
        grid = accuracy_grid(model, PrefixSums(), [length], reads, count=count, seed=test)
        for name, shares in (("exact", grid.exact), ("cells", grid.cells)):
            found[name][str(length)] = dict(zip(map(str, reads), shares[0].tolist(), strict=True))
    return found


def cost(arm: PrefixSumArm, model: DeepThinking, run: Run, bits: list[int]) -> dict[str, Any]:
    """Parameters, FLOPs of the training run and of one answer of the greatest length, CPU-seconds of training."""
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
