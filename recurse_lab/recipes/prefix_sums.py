"""Train one net on prefix sums of at most 16 bits, and measure it on strings up to 512 bits.

One arm of chapter 02 is a net, an objective and a plan; everything else is the same for all arms.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from recurse_lab.evidence.records import loaded
from recurse_lab.measure.behaviour import accuracy_grid
from recurse_lab.measure.cost import forward_flops, parameters
from recurse_lab.models.deep_thinking import DeepThinking, DeepThinkingConfig
from recurse_lab.recipes.halting import compare_rules
from recurse_lab.tasks.prefix_sums import PrefixSums
from recurse_lab.train.fit import Plan, Run, fit, seeded
from recurse_lab.train.objectives import LastStep, Progressive
from recurse_lab.train.sources import Curriculum

HALTING_LENGTHS = 4  # halting rules are compared on the four shortest lengths, 16 to 128 bits
TEST_SEED = 1_000_003  # draws the test strings, the same ones for every arm and seed


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One way of spending the same optimiser steps on the same strings."""

    label: str
    model: DeepThinkingConfig
    objective: LastStep | Progressive
    plan: Plan
    batch: int = 32
    first_bits: int = 4  # the curriculum starts here ...
    train_bits: int = 16  # ... and no string in training is longer than this
    lengths: tuple[int, ...] = (16, 32, 64, 128, 256, 512)
    strings: int = 64  # test strings of up to 128 bits; an eighth of that for longer ones
    halting: bool = False  # also compare halting rules

    @property
    def loops(self) -> bool:
        """Whether the net may be iterated for as long as one likes."""
        return self.model.depth == 1


def late(bits: int) -> int:
    """The fixed number of iterations at which the looped nets are judged: far beyond what is needed."""
    return bits + 88


def train_prefix_sums(arm: Arm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train, then measure accuracy by length and iteration.

    Cost: 20 to 35 CPU-seconds for the arms of chapter 02. Expected: the looped arm answers all 512-bit strings
    after 600 iterations on at least 9 seeds of 10; the feed-forward arms answer 16 bits and almost no 32.
    """
    model, run, bits = train(arm, seed)
    values = cost(arm, model, run, bits) | {"curve": thinned(run, bits), "exact": {}, "cells": {}}
    for length in arm.lengths:
        count = arm.strings if length <= 128 else max(4, arm.strings // 8)
        reads = iterations_read(arm, length)
        grid = accuracy_grid(model, PrefixSums(), [length], reads, count=count, seed=TEST_SEED)
        values["exact"][str(length)] = dict(zip(map(str, reads), grid.exact[0].tolist(), strict=True))
        values["cells"][str(length)] = dict(zip(map(str, reads), grid.cells[0].tolist(), strict=True))
    if arm.halting:
        values["halting"] = compare_rules(model, arm.lengths[:HALTING_LENGTHS], late, seed=seed)
    return values, {name: tensor.contiguous() for name, tensor in model.state_dict().items()}


def train(arm: Arm, seed: int, watch: Any = None) -> tuple[DeepThinking, Run, list[int]]:
    """The trained net, its learning curve, and the length of the strings at each optimiser step."""
    with seeded(seed) as generator:
        model = DeepThinking(arm.model)
    source = Curriculum(PrefixSums(), arm.batch, arm.first_bits, arm.train_bits, generator)
    bits: list[int] = []

    def note(step: int, loss: float, accuracy: float) -> None:
        bits.append(source.size)
        if watch:
            watch(step, loss, accuracy)

    return model, fit(model, source, arm.objective, arm.plan, generator, note), bits


def restore(arm: Arm, weights: dict[str, Tensor]) -> DeepThinking:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(DeepThinking(arm.model), weights, arm.label)


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
