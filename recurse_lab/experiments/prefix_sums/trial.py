"""Train one net on prefix sums of at most 16 bits, and measure it on strings up to 512 bits.

One arm of chapter 02 is a net, an objective and a plan; everything else is the same for all arms.
"""

from typing import Any

from torch import Tensor

from recurse_lab.experiments.prefix_sums.arm import Arm
from recurse_lab.experiments.prefix_sums.halting import compare_rules
from recurse_lab.experiments.prefix_sums.scores import cost, iterations_read, late, thinned
from recurse_lab.measure.behavior import accuracy_grid
from recurse_lab.models.deep_thinking import DeepThinking
from recurse_lab.records.record import loaded
from recurse_lab.tasks.prefix_sums import PrefixSums
from recurse_lab.train.loop import Run, fit, seeded
from recurse_lab.train.sources import Curriculum

HALTING_LENGTHS = 4  # halting rules are compared on the four shortest lengths, 16 to 128 bits
TEST_SEED = 1_000_003  # draws the test strings, the same ones for every arm and seed


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
