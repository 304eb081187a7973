"""Per-task training on real ARC tasks: a tiny net sees the demonstrations, then answers the tests by vote.

Every task under every augmentation has a row of the identity table, as in Wang et al. 2025 (HRM): the net is told
which rule is meant and never what it is. arXiv:2512.11847 replaced the rows of the published net by a blank or a
random one and found no right answer; the recipe measures the same here.

Shape letters: B batch, R rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import process_time
from typing import Any, NamedTuple

import torch
from jaxtyping import Int
from torch import Generator, Tensor

from recurse_lab.evidence.records import loaded
from recurse_lab.measure.cost import parameters
from recurse_lab.models.trm import TRM, TRMConfig
from recurse_lab.recipes.arc_answers import View, boards, scores, share_right
from recurse_lab.tasks.arc import ArcTask, arc_tasks, first_that_fit
from recurse_lab.tasks.arc_boards import TOKENS, augmentations
from recurse_lab.tasks.base import Batch
from recurse_lab.train.fit import Run, cell_accuracy, seeded
from recurse_lab.train.optimise import Optimiser, Stepper
from recurse_lab.train.supervision import HaltingSupervision

BLANK = 0  # the row that no board is trained with, so that it stays zero; the papers keep one too
EVERY = 10  # steps between two points of the learning curve that is kept


@dataclass(frozen=True, kw_only=True)
class ArcArm:
    """Which tasks, under how many augmentations; the net and its training.

    Rate and `max_age` were chosen by the share of demonstrations that seed 0 learns.
    """

    label: str = "TRM with a row for each task and augmentation"
    tasks: int
    side: int  # of the canvas, border included
    augmentations: int
    model: TRMConfig
    objective: HaltingSupervision
    optimiser: Optimiser
    steps: int
    batch: int = 32

    @property
    def think(self) -> int:
        """Cycles before an answer is read: as many as a board may take in training."""
        return self.objective.cycles * self.objective.max_age


ARC = ArcArm(
    tasks=4,
    side=4,  # the smallest canvas that holds four tasks or more
    augmentations=40,
    model=TRMConfig(symbols=TOKENS, classes=TOKENS, width=64, heads=2, refinements=2, prefix=1, multiple=1),
    # at most two supervision steps a board, where the papers have 16: more boards in the same steps
    objective=HaltingSupervision(cycles=1, max_age=2, loss="softmax"),
    optimiser=Optimiser(rate=1e-3, weight_decay=0.1, table_rate=1e-2, table_decay=0.1, average=0.995),
    steps=2_000,
)
ARC_SMOKE = replace(ARC, tasks=2, augmentations=3, steps=12, batch=8)


def chosen(arm: ArcArm) -> tuple[ArcTask, ...]:
    """The first tasks of ARC-AGI-1's training part, by name, whose grids and borders fit the canvas.

    The grids of the tests are measured too, answers included: an answer that is larger could not be given.
    """
    return first_that_fit(arc_tasks("arc1", "training"), arm.side - 1, arm.tasks)


def draw_views(arm: ArcArm, generator: Generator) -> list[View]:
    """Every task under its augmentations, the unchanged one first; rows are counted from 1."""
    pairs = [(task, move) for task in chosen(arm) for move in augmentations(arm.augmentations, generator)]
    return [View(task, augmentation, row) for row, (task, augmentation) in enumerate(pairs, start=1)]


def draw_identities(rows: int, generator: Generator) -> dict[str, Int[Tensor, " R"]]:
    """What each row is replaced by: itself, the blank row, or a random one of the others.

    Raises:
        ValueError: fewer than two rows, of which there is no other.
    """
    if rows < 2:
        raise ValueError(f"needs 2 or more rows, one for each task and augmentation, not {rows}")
    own_R = torch.arange(rows + 1)
    shift_R = torch.randint(1, rows, (rows + 1,), generator=generator)
    return {"own": own_R, "blank": torch.full_like(own_R, BLANK), "other": (own_R - 1 + shift_R) % rows + 1}


def build(arm: ArcArm) -> TRM:
    """The arm's net, with a row for every view and the blank one."""
    return TRM(replace(arm.model, cells=arm.side**2, puzzles=1 + arm.tasks * arm.augmentations))


def restore(arm: ArcArm, weights: Mapping[str, Tensor]) -> TRM:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(build(arm), weights, arm.label)


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


def demonstrations(views: Sequence[View], arm: ArcArm) -> Batch:
    """The boards to train on: every demonstration under every view of its task."""
    return boards([(view, pair) for view in views for pair in view.task.demonstrations], arm.side)
