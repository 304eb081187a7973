"""Per-task training on real ARC tasks: a tiny net trains on the demonstrations, then answers the tests by vote.

Every task under every augmentation has its own row of the identity table, as in Wang et al. 2025 (HRM). The
row names the rule and does not describe it. arXiv:2512.11847 replaced the rows of the published net by a
blank or a random row and found no right answer; this experiment repeats that measurement.

Shape letters: B batch, R rows.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from torch import Tensor

from recurse_lab.experiments.arc.arm import EVERY, ArcArm
from recurse_lab.experiments.arc.problems import demonstrations, draw_identities, draw_views
from recurse_lab.experiments.arc.scores import View, scores, share_right
from recurse_lab.kernels import fused
from recurse_lab.measure.cost import parameters
from recurse_lab.models.trm import TRM
from recurse_lab.records.record import kept, loaded
from recurse_lab.tasks.judging import CLASSES
from recurse_lab.train.loop import After, Run, fit, seeded
from recurse_lab.train.sources import Pool


def build(arm: ArcArm) -> TRM:
    """The arm's net, with an identity row for every view, and the blank row."""
    return TRM(replace(arm.model, cells=arm.side**2, puzzles=1 + arm.tasks * arm.augmentations))


def restore(arm: ArcArm, weights: Mapping[str, Tensor]) -> TRM:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(build(arm), weights, arm.label)


@fused()
def trial(arm: ArcArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train on the demonstrations, then vote on the tests with each kind of identity.

    Cost: 65 CPU-seconds. Expected: a pass@1 of 0.5 to 0.75 and a pass@2 of 0.75 to 1 with each view's own
    row, below 0.1 with the blank row or another row. Training uses no test input, and only the scoring uses
    test outputs. But an augmented test of 27a28665 may equal a demonstration under another row.
    """
    model, run, views, identities = train(arm, seed)
    shown = demonstrations(views, arm)
    values = {
        "params": parameters(model),
        "train_seconds": run.seconds,
        **run.points(EVERY),
        "demonstrations": {
            name: share_right(model, shown, rows, arm.think) for name, rows in identities.items()
        },
        "tests": {name: scores(model, views, rows, arm.side, arm.think) for name, rows in identities.items()},
    }
    return values, kept(model)


class Trained(NamedTuple):
    """The net with its averaged weights, its learning curve, its views, and the replacements of their rows."""

    model: TRM
    run: Run
    views: list[View]
    identities: dict[str, Tensor]


@fused()
def train(arm: ArcArm, seed: int, after: After | None = None) -> Trained:
    """Train a net and the rows of its table; `after` is called with every step."""
    with seeded(seed) as generator:
        model, views = build(arm), draw_views(arm, generator)
    identities = draw_identities(len(views), generator)
    source = Pool(CLASSES, demonstrations(views, arm), arm.batch, generator)
    return Trained(model, fit(model, source, arm.objective, arm.plan, generator, after), views, identities)
