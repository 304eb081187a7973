"""Answers to ARC tests by vote: answer under every view of the task, undo the augmentations, count equal grids.

Shape letters: N boards, L cells of the canvas, I = 1 + L, V classes, R rows of the identity table.
"""

from collections.abc import Iterable, Sequence
from statistics import mean
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from recurse_lab.recurrence import settle
from recurse_lab.tasks.arc import ArcTask, Grid, Pair
from recurse_lab.tasks.arc_boards import Augmentation, decode, encode_pair, passes, rank
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import CLASSES
from recurse_lab.train.objectives.halting_supervision import Halts

KEPT = 3  # number of grids of each vote that are recorded


class View(NamedTuple):
    """A task under one augmentation, and the row of the identity table for this pair."""

    task: ArcTask
    augmentation: Augmentation
    row: int


def boards(shown: Iterable[tuple[View, Pair]], side: int) -> Batch:
    """Inputs with the row number first, (N, 1 + L), and targets, (N, L).

    Raises:
        ValueError: `shown` is empty, or a grid does not fit the canvas.
    """
    inputs, targets = [], []
    for view, pair in shown:
        tokens_L, answer_L = encode_pair(Pair(*map(view.augmentation.apply, pair)), side)
        inputs.append(torch.cat((torch.tensor([view.row]), tokens_L)))
        targets.append(answer_L)
    if not inputs:
        raise ValueError("needs 1 pair or more, not none")
    return Batch(torch.stack(inputs), torch.stack(targets))


@torch.no_grad()
def answer(
    model: Halts, inputs: Int[Tensor, "N I"], rows: Int[Tensor, " R"], cycles: int
) -> tuple[Float[Tensor, "N L V"], Float[Tensor, " N"]]:
    """Logits after `cycles` steps with row r replaced by `rows[r]`, and the halting head's probabilities."""
    relabeled = torch.cat((rows[inputs[:, :1]], inputs[:, 1:]), dim=1)
    thought = settle(model, relabeled, cycles)
    assert thought.output is not None
    q_halt, _ = model.halting(thought.state)
    return thought.output, q_halt.sigmoid()


def share_right(model: Halts, shown: Batch, rows: Int[Tensor, " R"], cycles: int) -> float:
    """Share of boards that are wholly right."""
    logits, _ = answer(model, shown.inputs, rows, cycles)
    return CLASSES.right(logits, shown.targets).all(1).float().mean().item()


def guesses(
    model: Halts, asked: Sequence[tuple[View, Pair]], rows: Int[Tensor, " R"], side: int, cycles: int
) -> tuple[list[Grid | None], list[float]]:
    """The net's answer to each pair with the view's augmentation undone, and the halting head's probability."""
    logits, sure = answer(model, boards(asked, side).inputs, rows, cycles)
    grids = [decode(tokens) for tokens in logits.argmax(-1)]
    undone = [
        None if grid is None else view.augmentation.undo(grid)
        for grid, (view, _) in zip(grids, asked, strict=True)
    ]
    return undone, sure.tolist()


def scores(
    model: Halts, views: Sequence[View], rows: Int[Tensor, " R"], side: int, cycles: int
) -> dict[str, Any]:
    """Task -> shares of its tests passed with one guess, with two, and by its first view alone; and the votes."""
    found = {}
    for task in dict.fromkeys(view.task for view in views):
        mine = [view for view in views if view.task is task]
        tests: dict[str, list[Any]] = {"pass@1": [], "pass@2": [], "alone": [], "votes": []}
        for pair in task.tests:
            grids, sure = guesses(model, [(view, pair) for view in mine], rows, side, cycles)
            votes = rank(grids, sure)
            for tries in (1, 2):
                tests[f"pass@{tries}"].append(passes(votes, pair.output, tries))
            tests["alone"].append(passes(rank(grids[:1], sure[:1]), pair.output, 1))
            tests["votes"].append([vote._asdict() | {"grid": vote.grid.tolist()} for vote in votes[:KEPT]])
        found[task.name] = tests | {
            key: mean(map(float, tests[key])) for key in ("pass@1", "pass@2", "alone")
        }
    return found
