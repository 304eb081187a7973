"""Scores of a net on table lookup: answers right by the number of functions, and costs."""

from typing import Any

import torch
from torch import Generator

from recurse_lab.experiments.table_lookup.arm import BEYOND, SYMBOLS, TESTED, TRAINED, TableArm
from recurse_lab.measure.cost import forward_flops, parameters
from recurse_lab.models.data_router import DataRouter
from recurse_lab.models.gru import GRUNet
from recurse_lab.recurrence import settle
from recurse_lab.tasks.base import Batch, Split, own_seed
from recurse_lab.tasks.table_lookup import TableLookup

TEST_SEED = 1_000_081  # with the training seed, draws the rows of test and validation

Model = DataRouter | GRUNet


def task_of(arm: TableArm, seed: int) -> TableLookup:
    """The tables of a seed."""
    return TableLookup(seed=seed, order=arm.order)


def rows(arm: TableArm, functions: int, split: Split, seed: int) -> Batch:
    """The rows of a split and length that a seed draws for itself."""
    generator = Generator().manual_seed(own_seed(TEST_SEED, seed, own=True) + functions)
    return task_of(arm, seed).sample(arm.problems, functions, split, generator)


@torch.no_grad()
def accuracy(arm: TableArm, model: Model, seed: int, split: Split = "test") -> dict[str, Any]:
    """Share of answers right: by number of functions, and means over trained and longer rows.

    "novel": on rows of trained length that hold a triple of functions that is never in training.
    """
    task, by_functions, novel = task_of(arm, seed), {}, []
    for functions in TESTED:
        batch = rows(arm, functions, split, seed)
        output = settle(model, batch.inputs, arm.steps(functions)).output
        assert output is not None
        right_B = task.right(output, batch.targets).all(1).float()
        by_functions[functions] = right_B.mean().item()
        if functions in TRAINED:
            novel.append(right_B[task.has_novel(task.ordered(batch.inputs))])
    like = [functions for functions in TESTED if functions in TRAINED]
    return {
        "by_functions": [by_functions[functions] for functions in TESTED],
        "trained": sum(by_functions[functions] for functions in like) / len(like),
        "beyond": sum(by_functions[functions] for functions in BEYOND) / len(BEYOND),
        "novel": torch.cat(novel).mean().item() if len(torch.cat(novel)) else 0.0,
    }


def cost(arm: TableArm, model: Model, steps: int) -> dict[str, float]:
    """Parameters, FLOPs of the training run, FLOPs of the answer to one row of eight functions."""
    flops = {n: forward_flops(model, torch.full((1, n + 1), SYMBOLS - 1)) for n in (*TRAINED, 8)}
    shares = {n: n / sum(TRAINED) for n in TRAINED}
    a_row = sum(share * _training(arm, n, flops[n]) for n, share in shares.items())
    return {
        "params": parameters(model),
        "train_flops": steps * arm.batch * a_row,
        "infer_flops": flops[8].answer(arm.steps(8)),
    }


def _training(arm: TableArm, functions: int, flops: Any) -> float:
    """FLOPs of one row, forward and backward; nets that are asked after every block read as often."""
    steps = arm.steps(functions)
    more_reads = 0 if arm.looped else steps - 1
    return flops.training(steps) + 3 * more_reads * flops.read
