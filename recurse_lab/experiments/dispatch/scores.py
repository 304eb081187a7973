"""Recorded scores on economic dispatch: share of demands met, extra cost, costs of the net."""

from dataclasses import replace
from typing import Any

import torch
from torch import Generator, Tensor

from recurse_lab.experiments.dispatch.arm import JUDGED, METHOD_RATE, READ, DispatchArm
from recurse_lab.measure.cost import forward_flops, parameters
from recurse_lab.models.dual_ascent import DualAscent
from recurse_lab.recurrence import Recurrence, think
from recurse_lab.tasks.base import Split, own_seed
from recurse_lab.tasks.dispatch import Dispatch, costs, dispatched, satisfied, solved
from recurse_lab.train.loop import Run

TEST_SEED = 4_000_037
KINDS = {
    "inside": Dispatch(),  # as in training
    "demand": replace(Dispatch(), share=(0.9, 0.97)),  # more demand than in training
    "limits": replace(Dispatch(), high=(1.5, 2.5)),  # larger limits, and so larger demands and prices
}


def held_out(arm: DispatchArm, seed: int, kind: str, split: Split = "test") -> Tensor:
    """Problems (B, 3G+2) of one kind that this seed draws."""
    generator = Generator().manual_seed(own_seed(TEST_SEED, seed, True))
    return KINDS[kind].problems(arm.problems, split, generator)


@torch.no_grad()
def scores(arm: DispatchArm, model: Recurrence, seed: int) -> dict[str, Any]:
    """Kind of problems -> step -> share met within 1 % and median |extra cost|, of the net; share met by the method.

    A net that answers in one pass is read once, at step 1.
    """
    found: dict[str, Any] = {"met": {}, "extra": {}, "method": {}}
    for kind in KINDS:
        problems = held_out(arm, seed, kind)
        found["met"][kind], found["extra"][kind] = by_step(model, problems, READ if arm.loops else (1,))
        found["method"][kind] = by_step(DualAscent(METHOD_RATE), problems, READ)[0]
    return found


@torch.no_grad()
def by_step(
    model: Recurrence, problems: Tensor, read: tuple[int, ...]
) -> tuple[dict[str, float], dict[str, float]]:
    """Step -> share of demands met within 1 %, and step -> median |cost / least cost - 1|."""
    least = costs(problems, solved(problems)[1])
    met, extra = {}, {}
    for thought in think(model, problems, read[-1], read=read):
        if thought.output is not None:
            outputs = dispatched(problems, thought.output.nan_to_num())
            met[str(thought.step)] = satisfied(problems, outputs).float().mean().item()
            extra[str(thought.step)] = (costs(problems, outputs) / least - 1).abs().median().item()
    return met, extra


def cost(arm: DispatchArm, model: Any, run: Run) -> dict[str, Any]:
    """Parameters, FLOPs of the training run and of one answer, CPU-seconds of training."""
    flops = forward_flops(model, Dispatch().problems(1, "train", Generator().manual_seed(0)))
    return {
        "params": parameters(model),
        "train_flops": flops.training(1) * arm.batch * arm.plan.steps,
        "infer_flops": flops.answer(JUDGED if arm.loops else 1),
        "train_seconds": run.seconds,
    }
