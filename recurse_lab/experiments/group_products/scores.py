"""Scores of a net on prefix products: rows and products right, by position and by depth, and costs.

Shape letters: B rows, T elements.
"""

from typing import Any

import torch
from torch import Generator

from recurse_lab.experiments.group_products.arm import GroupArm
from recurse_lab.measure.cost import forward_flops, parameters
from recurse_lab.measure.depth import alignments, cells, changes, exact, lens, streams
from recurse_lab.models.gru import GRUNet
from recurse_lab.models.mobile_llm import MobileLLM
from recurse_lab.recurrence import settle
from recurse_lab.tasks.base import Batch, Split, own_seed
from recurse_lab.tasks.group_products import GroupProducts

TEST_SEED = 1_000_003  # with the training seed, draws the rows of test and validation

Model = MobileLLM | GRUNet


def rows(arm: GroupArm, split: Split, seed: int) -> Batch:
    """The rows of a split that a seed draws for itself."""
    generator = Generator().manual_seed(own_seed(TEST_SEED, seed, own=True))
    return GroupProducts(arm.points).sample(arm.test, arm.elements, split, generator)


@torch.no_grad()
def accuracy(arm: GroupArm, model: Model, seed: int, split: Split = "test") -> dict[str, Any]:
    """Shares of rows wholly right and of products right, by position and after each application; and the updates."""
    task, batch, steps = GroupProducts(arm.points), rows(arm, split, seed), arm.model.applications
    output = settle(model, batch.inputs, steps).output
    assert output is not None
    right_BT = task.right(output, batch.targets)
    z_ABTD = streams(model, batch.inputs, steps)
    return {
        "exact": right_BT.all(1).float().mean().item(),
        "cells": right_BT.float().mean().item(),
        "by_position": right_BT.float().mean(0).tolist(),
        "by_depth": lens(model, batch, steps, {"exact": exact(task), "cells": cells(task)}),
        "changes": changes(z_ABTD),
        "alignments": alignments(z_ABTD),
    }


def cost(arm: GroupArm, model: Model, steps: int) -> dict[str, float]:
    """Parameters, FLOPs of the training run, FLOPs of the answer to one row."""
    one = torch.zeros(1, arm.elements, dtype=torch.int64)
    flops, applications = forward_flops(model, one), arm.model.applications
    return {
        "params": parameters(model),
        "train_flops": steps * arm.batch * flops.training(applications),
        "infer_flops": flops.answer(applications),
    }
