"""Per-task training on real ARC tasks: a tiny net sees the demonstrations, then answers the tests by vote.

Every task under every augmentation has a row of the identity table, as in Wang et al. 2025 (HRM): the net is told
which rule is meant and never what it is. arXiv:2512.11847 replaced the rows of the published net by a blank or a
random one and found no right answer; the recipe measures the same here.

Shape letters: B batch, R rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from time import process_time
from typing import Any, NamedTuple

import torch
from torch import Tensor

from recurse_lab.experiments.arc.arm import EVERY, ArcArm
from recurse_lab.experiments.arc.problems import demonstrations, draw_identities, draw_views
from recurse_lab.experiments.arc.scores import View, scores, share_right
from recurse_lab.kernels import fused
from recurse_lab.measure.cost import parameters
from recurse_lab.models.trm import TRM
from recurse_lab.records.record import loaded
from recurse_lab.tasks.base import Batch
from recurse_lab.train.loop import Run, cell_accuracy, seeded
from recurse_lab.train.optimizer import Stepper


def build(arm: ArcArm) -> TRM:
    """The arm's net, with a row for every view and the blank one."""
    return TRM(replace(arm.model, cells=arm.side**2, puzzles=1 + arm.tasks * arm.augmentations))


def restore(arm: ArcArm, weights: Mapping[str, Tensor]) -> TRM:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(build(arm), weights, arm.label)


@fused()
def train_arc(arm: ArcArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train on the demonstrations, then vote on the tests with each kind of identity.

    Cost: 65 CPU-seconds. Expected: a pass@1 of 0.5 to 0.75 and a pass@2 of 0.75 to 1 with the own rows, below 0.1
    with the blank row or with others. Test inputs are first seen after the training, test outputs by the scoring
    alone; but a moved and recolored test of 27a28665 may look like a demonstration under another row.
    """
    model, run, views, identities = train(arm, seed)
    shown = demonstrations(views, arm)
    values = {
        "params": parameters(model),
        "train_seconds": run.seconds,
        "loss": [round(loss, 4) for loss in run.loss[::EVERY]],
        "accuracy": [round(accuracy, 4) for accuracy in run.accuracy[::EVERY]],
        "demonstrations": {
            name: share_right(model, shown, rows, arm.think) for name, rows in identities.items()
        },
        "tests": {name: scores(model, views, rows, arm.side, arm.think) for name, rows in identities.items()},
    }
    return values, {name: tensor.contiguous() for name, tensor in model.state_dict().items()}


class Trained(NamedTuple):
    """The net with its averaged weights, its learning curve, its views, and what their rows may be replaced by."""

    model: TRM
    run: Run
    views: list[View]
    identities: dict[str, Tensor]


@fused()
def train(arm: ArcArm, seed: int, watch: Callable[[int, float, float], None] | None = None) -> Trained:
    """Train a net and the rows of its table; `watch(step, loss, accuracy)` is called after every step."""
    with seeded(seed) as generator:
        model, views = build(arm), draw_views(arm, generator)
    identities, shown = draw_identities(len(views), generator), demonstrations(views, arm)
    stepper, run, carry, begun = Stepper(model, arm.optimiser), Run(), None, process_time()
    for step in range(arm.steps):
        drawn_B = torch.randint(0, len(shown.inputs), (arm.batch,), generator=generator)
        batch = Batch(shown.inputs[drawn_B], shown.targets[drawn_B])
        outcome = arm.objective(model, batch, carry, step / arm.steps, generator)
        carry = outcome.carry
        # a slot may still hold an older board than the batch's
        stepper.step(outcome.loss, carry.slots.batch.inputs[:, 0])
        run.loss.append(outcome.loss.item())
        run.accuracy.append(cell_accuracy(outcome))
        if watch:
            watch(step, run.loss[-1], run.accuracy[-1])
    run.seconds = process_time() - begun
    stepper.average.keep()
    return Trained(model.eval(), run, views, identities)
