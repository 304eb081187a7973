"""Per-task training on real ARC tasks: a tiny net sees the demonstrations, then answers the tests by vote.

Every task under every augmentation has a row of the identity table, as in Wang et al. 2025 (HRM): the net is told
which rule is meant and never what it is. arXiv:2512.11847 replaced the rows of the published net by a blank or a
random one and found no right answer; the recipe measures the same here.

Shape letters: N boards, B batch, L cells, I = 1 + L, R rows, V classes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean
from time import process_time
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from recurse_lab.measure.cost import parameters
from recurse_lab.models.trm import TRM, TRMConfig
from recurse_lab.recurrence import settle
from recurse_lab.tasks.arc import ArcTask, Grid, Pair, arc_tasks, first_that_fit
from recurse_lab.tasks.arc_boards import (
    TOKENS,
    Augmentation,
    augmentations,
    decode,
    encode_pair,
    passes,
    rank,
)
from recurse_lab.tasks.base import Batch
from recurse_lab.train.fit import seeded
from recurse_lab.train.objectives import right_cells
from recurse_lab.train.optimise import Optimiser, Stepper
from recurse_lab.train.supervision import HaltingSupervision, Halts

BLANK = 0  # the row that no board is trained with, so that it stays zero; the papers keep one too
KEPT = 3  # grids of each vote that are written down


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


class View(NamedTuple):
    """A task under one augmentation, and the row of the identity table that stands for both."""

    task: ArcTask
    augmentation: Augmentation
    row: int


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
    """What each row is replaced by: itself, the blank row, or a random one of the others."""
    own_R = torch.arange(rows + 1)
    shift_R = torch.randint(1, rows, (rows + 1,), generator=generator)
    return {"own": own_R, "blank": torch.full_like(own_R, BLANK), "other": (own_R - 1 + shift_R) % rows + 1}


def boards(shown: Iterable[tuple[View, Pair]], side: int) -> Batch:
    """What the net sees, the row first, (N, 1 + L), and what it should say, (N, L)."""
    inputs, targets = [], []
    for view, pair in shown:
        tokens_L, answer_L = encode_pair(Pair(*map(view.augmentation.apply, pair)), side)
        inputs.append(torch.cat((torch.tensor([view.row]), tokens_L)))
        targets.append(answer_L)
    return Batch(torch.stack(inputs), torch.stack(targets))


def arc_net(arm: ArcArm, weights: Mapping[str, Tensor] | None = None) -> TRM:
    """The arm's net, with a row for every view and the blank one; new, or with the weights of a trial."""
    model = TRM(replace(arm.model, cells=arm.side**2, puzzles=1 + arm.tasks * arm.augmentations))
    if weights is not None:
        model.load_state_dict(weights)
    return model


def train_arc(arm: ArcArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train on the demonstrations, then vote on the tests with each kind of identity.

    Cost: 70 CPU-seconds. Expected: most tests are answered with the own row, none with a blank or a random
    one. Test inputs are first seen after the training, test outputs by the scoring alone.
    """
    with seeded(seed) as generator:
        model, views = arc_net(arm), draw_views(arm, generator)
    identities = draw_identities(len(views), generator)
    shown = boards([(view, pair) for view in views for pair in view.task.demonstrations], arm.side)
    begun = process_time()
    stepper, losses = fit_rows(model, shown, arm, generator)
    values: dict[str, Any] = {"params": parameters(model), "train_seconds": process_time() - begun}
    with stepper.average.in_place():
        found = {name: scores(model, views, rows, arm) for name, rows in identities.items()}
        learned = {name: share_right(model, shown, rows, arm) for name, rows in identities.items()}
        weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    return values | {"loss": losses, "demonstrations": learned, "tests": found}, weights


def fit_rows(model: TRM, shown: Batch, arm: ArcArm, generator: Generator) -> tuple[Stepper, list[float]]:
    """Train the net and its table in place; the loss of every step."""
    stepper, carry, losses = Stepper(model, arm.optimiser), None, []
    for step in range(arm.steps):
        drawn_B = torch.randint(0, len(shown.inputs), (arm.batch,), generator=generator)
        batch = Batch(shown.inputs[drawn_B], shown.targets[drawn_B])
        outcome = arm.objective(model, batch, carry, step / arm.steps, generator)
        carry = outcome.carry
        # a slot may still hold an older board than the batch's
        stepper.step(outcome.loss, carry.slots.batch.inputs[:, 0])
        losses.append(outcome.loss.item())
    return stepper, losses


@torch.no_grad()
def answer(
    model: Halts, inputs: Int[Tensor, "N I"], rows: Int[Tensor, " R"], arm: ArcArm
) -> tuple[Float[Tensor, "N L V"], Float[Tensor, " N"]]:
    """Logits of the answers to boards under other rows, and how sure the halting head is of each."""
    relabeled = torch.cat((rows[inputs[:, :1]], inputs[:, 1:]), dim=1)
    thought = settle(model, relabeled, arm.objective.cycles * arm.objective.max_age)
    assert thought.logits is not None
    q_halt, _ = model.halting(thought.state)
    return thought.logits, q_halt.sigmoid()


def share_right(model: Halts, shown: Batch, rows: Int[Tensor, " R"], arm: ArcArm) -> float:
    """Share of boards that are wholly right."""
    logits, _ = answer(model, shown.inputs, rows, arm)
    return right_cells(logits, shown.targets).all(1).float().mean().item()


def guesses(
    model: Halts, asked: Sequence[tuple[View, Pair]], rows: Int[Tensor, " R"], arm: ArcArm
) -> tuple[list[Grid | None], list[float]]:
    """What the net makes of one pair under each view, with the augmentation undone, and how sure it is."""
    logits, sure = answer(model, boards(asked, arm.side).inputs, rows, arm)
    grids = [decode(tokens) for tokens in logits.argmax(-1)]
    undone = [
        None if grid is None else view.augmentation.undo(grid)
        for grid, (view, _) in zip(grids, asked, strict=True)
    ]
    return undone, sure.tolist()


def scores(model: Halts, views: Sequence[View], rows: Int[Tensor, " R"], arm: ArcArm) -> dict[str, Any]:
    """Task -> share of its tests passed with one guess and with two, and by the unchanged view alone; the votes."""
    found = {}
    for task in chosen(arm):
        mine = [view for view in views if view.task.name == task.name]
        tests: dict[str, list[Any]] = {"pass@1": [], "pass@2": [], "alone": [], "votes": []}
        for pair in task.tests:
            grids, sure = guesses(model, [(view, pair) for view in mine], rows, arm)
            votes = rank(grids, sure)
            for tries in (1, 2):
                tests[f"pass@{tries}"].append(passes(votes, pair.output, tries))
            tests["alone"].append(passes(rank(grids[:1], sure[:1]), pair.output, 1))
            tests["votes"].append([vote._asdict() | {"grid": vote.grid.tolist()} for vote in votes[:KEPT]])
        found[task.name] = tests | {
            key: mean(map(float, tests[key])) for key in ("pass@1", "pass@2", "alone")
        }
    return found
