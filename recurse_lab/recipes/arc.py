"""Per-task training on real ARC tasks: a tiny net sees the demonstrations, then answers the tests by vote.

Every (task, augmentation) has its own row of the identity table, so the net is told which rule is meant; it is
never told the rule. Jolicoeur-Martineau 2025 (TRM), section 5. Shape letters: N examples, B batch, L cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from statistics import mean
from time import process_time
from typing import Any, NamedTuple

import torch
from jaxtyping import Int
from torch import Generator, Tensor

from recurse_lab.measure.cost import parameters
from recurse_lab.models.trm import TRM, TRMConfig
from recurse_lab.recurrence import settle
from recurse_lab.tasks.arc import ArcTask, Pair, arc_tasks, first_that_fit
from recurse_lab.tasks.arc_boards import (
    TOKENS,
    Augmentation,
    Vote,
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
from recurse_lab.train.supervision import HaltingSupervision

BLANK = 0  # the row that no example uses: it stays zero
OTHER_SEED = 1_000_081
KEPT = 3  # grids of each vote that are written down
IDENTITIES = ("own", "blank", "other")


@dataclass(frozen=True, kw_only=True)
class ArcArm:
    """The first tasks that fit a small canvas, a net, and how it is trained."""

    label: str = "TRM, one row a task and augmentation"
    tasks: int = 4
    side: int = 4  # of the canvas: the smallest one, border included, that holds enough tasks
    augmentations: int = 40
    model: TRMConfig = TRMConfig(
        symbols=TOKENS, classes=TOKENS, width=64, heads=2, refinements=2, prefix=1, multiple=1
    )
    objective: HaltingSupervision = HaltingSupervision(cycles=1, max_age=4, loss="softmax")
    optimiser: Optimiser = Optimiser(
        rate=1e-3, weight_decay=0.1, table_rate=1e-2, table_decay=0.1, average=0.995
    )
    steps: int = 2_000
    batch: int = 32
    think: int = 4  # supervision steps before an answer is read


class Question(NamedTuple):
    """One pair of a task under one augmentation, and the task's and augmentation's row of the identity table."""

    pair: Pair
    augmentation: Augmentation
    row: int


def chosen(arm: ArcArm) -> tuple[ArcTask, ...]:
    """The first tasks of ARC-AGI-1's training part, by name, whose grids and borders fit the canvas."""
    return first_that_fit(arc_tasks("arc1", "training"), arm.side - 1, arm.tasks)


def rows_of(arm: ArcArm, generator: Generator) -> list[list[tuple[int, Augmentation]]]:
    """For each task its augmentations, each with a row of its own from 1 on."""
    rows = count(1)
    drawn = [augmentations(arm.augmentations, generator) for _ in range(arm.tasks)]
    return [[(next(rows), augmentation) for augmentation in views] for views in drawn]


def questions(pair: Pair, views: Sequence[tuple[int, Augmentation]]) -> list[Question]:
    """A pair under every augmentation of its task."""
    return [Question(pair, augmentation, row) for row, augmentation in views]


def boards(asked: Sequence[Question], side: int) -> Batch:
    """What the net sees, row first, (N, 1 + L), and what it should say, (N, L)."""
    inputs, targets = [], []
    for pair, augmentation, row in asked:
        tokens_L, answer_L = encode_pair(Pair(*map(augmentation.apply, pair)), side)
        inputs.append(torch.cat((torch.tensor([row]), tokens_L)))
        targets.append(answer_L)
    return Batch(torch.stack(inputs), torch.stack(targets))


def train_arc(arm: ArcArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train on the demonstrations, then vote on the tests, with three kinds of identity.

    Cost: 80 CPU-seconds. Expected: some tests are answered with the own row, hardly any with a blank one or
    another's. The tests' inputs are first seen after the training, their outputs only by `passes`.
    """
    tasks = chosen(arm)
    with seeded(seed) as generator:
        rows = rows_of(arm, generator)
        model = TRM(replace(arm.model, cells=arm.side**2, puzzles=1 + arm.tasks * arm.augmentations))
    shown = [
        question
        for task, views in zip(tasks, rows, strict=True)
        for pair in task.demonstrations
        for question in questions(pair, views)
    ]
    begun = process_time()
    stepper, losses = fit_rows(model, boards(shown, arm.side), arm, generator)
    seconds = process_time() - begun
    with stepper.average.in_place():
        found = {name: answers_by(model, name, arm, tasks, rows) for name in IDENTITIES}
        learned = {name: share_right(model, boards(shown, arm.side), name, arm) for name in IDENTITIES}
        weights = {name: tensor.clone().contiguous() for name, tensor in model.state_dict().items()}
    values = {
        "params": parameters(model),
        "examples": len(shown),
        "train_seconds": seconds,
        "loss": losses,
        "demonstrations": learned,
        "identities": found,
    }
    return values, weights


def fit_rows(model: TRM, examples: Batch, arm: ArcArm, generator: Generator) -> tuple[Stepper, list[float]]:
    """Train the net and the rows of its table in place; the loss of every step."""
    stepper, carry, losses = Stepper(model, arm.optimiser), None, []
    for step in range(arm.steps):
        drawn_B = torch.randint(0, len(examples.inputs), (arm.batch,), generator=generator)
        batch = Batch(examples.inputs[drawn_B], examples.targets[drawn_B])
        outcome = arm.objective(model, batch, carry, step / arm.steps, generator)
        carry = outcome.carry
        stepper.step(outcome.loss, carry.slots.batch.inputs[:, 0])  # a slot may still hold an older board
        losses.append(outcome.loss.item())
    return stepper, losses


def relabel(inputs_NI: Int[Tensor, "N I"], identity: str, last: int) -> Int[Tensor, "N I"]:
    """The same boards under their own rows, the blank one, or any other row up to `last`."""
    row_N = inputs_NI[:, 0]
    shift_N = torch.randint(1, last, row_N.shape, generator=Generator().manual_seed(OTHER_SEED))
    rows = {"own": row_N, "blank": torch.full_like(row_N, BLANK), "other": (row_N - 1 + shift_N) % last + 1}
    return torch.cat((rows[identity][:, None], inputs_NI[:, 1:]), dim=1)


@torch.no_grad()
def think_about(model: TRM, inputs_NI: Int[Tensor, "N I"], arm: ArcArm) -> tuple[Tensor, Tensor]:
    """Logits (N, L, V) of the answers and how sure the halting head is of each, (N,)."""
    thought = settle(model, inputs_NI, arm.think * arm.objective.cycles)
    assert thought.logits is not None
    return thought.logits, model.halting(thought.state).halt.sigmoid()


def share_right(model: TRM, examples: Batch, identity: str, arm: ArcArm) -> float:
    """Share of boards that are wholly right."""
    inputs = relabel(examples.inputs, identity, arm.tasks * arm.augmentations)
    right = right_cells(think_about(model, inputs, arm)[0], examples.targets)
    return right.all(1).float().mean().item()


def answers_by(
    model: TRM, identity: str, arm: ArcArm, tasks: Sequence[ArcTask], rows: Sequence[Any]
) -> dict[str, Any]:
    """Task -> its pass@1 and pass@2, the share of tests right without a vote, and the first grids of each vote."""
    found = {}
    for task, views in zip(tasks, rows, strict=True):
        votes, alone = [], []
        for pair in task.tests:
            asked = boards(questions(pair, views), arm.side)
            inputs = relabel(asked.inputs, identity, arm.tasks * arm.augmentations)
            logits, sure = think_about(model, inputs, arm)
            alone.append(bool(right_cells(logits[:1], asked.targets[:1]).all()))
            grids = [decode(tokens) for tokens in logits.argmax(-1)]
            back = [
                None if grid is None else augmentation.undo(grid)
                for grid, (_, augmentation) in zip(grids, views, strict=True)
            ]
            votes.append(rank(back, sure.tolist()))
        found[task.name] = {
            "alone": mean(alone),
            **{
                f"pass@{k}": mean(passes(v, p.output, k) for v, p in zip(votes, task.tests, strict=True))
                for k in (1, 2)
            },
            "votes": [[_plain(vote) for vote in ranked[:KEPT]] for ranked in votes],
        }
    return found


def _plain(vote: Vote) -> dict[str, Any]:
    return {"grid": vote.grid.tolist(), "count": vote.count, "confidence": vote.confidence}


ARC = ArcArm()
ARC_SMOKE = replace(ARC, tasks=2, augmentations=3, steps=12)
