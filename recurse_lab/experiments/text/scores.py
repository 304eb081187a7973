"""Scores of a net on text: bits per byte and bytes right, by depth, and costs.

Shape letters: B windows, C bytes.
"""

from typing import Any

import torch
from torch import Generator

from recurse_lab.experiments.text.arm import TextArm
from recurse_lab.measure.cost import forward_flops, parameters
from recurse_lab.measure.depth import alignments, bits, cells, changes, lens, streams
from recurse_lab.models.mobile_llm import MobileLLM
from recurse_lab.tasks.base import Batch, Split, own_seed
from recurse_lab.tasks.text import Text

TEST_SEED = 1_000_003  # with the training seed, draws the windows of test and validation


def windows(arm: TextArm, split: Split, seed: int) -> Batch:
    """The windows of a split that a seed draws for itself."""
    generator = Generator().manual_seed(own_seed(TEST_SEED, seed, own=True))
    return Text().sample(arm.test, arm.context, split, generator)


def accuracy(arm: TextArm, model: MobileLLM, seed: int, split: Split = "test") -> dict[str, Any]:
    """Bits per byte and share of bytes whose likeliest prediction is right, after each application; and the updates."""
    task, batch, steps = Text(), windows(arm, split, seed), arm.model.applications
    by_depth = lens(model, batch, steps, {"bits": bits(task), "cells": cells(task)})
    z_ABCD = streams(model, batch.inputs, steps)
    return {
        "bits": by_depth["bits"][-1],
        "cells": by_depth["cells"][-1],
        "by_depth": by_depth,
        "changes": changes(z_ABCD),
        "alignments": alignments(z_ABCD),
    }


def cost(arm: TextArm, model: MobileLLM, steps: int) -> dict[str, float]:
    """Parameters, FLOPs of the training run, FLOPs of the predictions in one window."""
    one = torch.zeros(1, arm.context, dtype=torch.int64)
    flops, applications = forward_flops(model, one), arm.model.applications
    return {
        "params": parameters(model),
        "train_flops": steps * arm.batch * flops.training(applications),
        "infer_flops": flops.answer(applications),
    }
