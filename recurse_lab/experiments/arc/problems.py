"""The boards of an experiment on ARC: tasks under augmentations, and replacements of identity rows.

Shape letter: R rows of the identity table.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Int
from torch import Generator, Tensor

from recurse_lab.experiments.arc.arm import BLANK, ArcArm
from recurse_lab.experiments.arc.scores import View, boards
from recurse_lab.tasks.arc import ArcTask, arc_tasks, first_that_fit
from recurse_lab.tasks.arc_boards import augmentations
from recurse_lab.tasks.base import Batch


def chosen(arm: ArcArm) -> tuple[ArcTask, ...]:
    """The first tasks of ARC-AGI-1's training part, by name, whose grids and borders fit the canvas.

    Test grids must fit too, answers included: the net cannot give an answer larger than the canvas.
    """
    return first_that_fit(arc_tasks("arc1", "training"), arm.side - 1, arm.tasks)


def draw_views(arm: ArcArm, generator: Generator) -> list[View]:
    """Every task under its augmentations, the unchanged grid first; rows count from 1."""
    pairs = [(task, move) for task in chosen(arm) for move in augmentations(arm.augmentations, generator)]
    return [View(task, augmentation, row) for row, (task, augmentation) in enumerate(pairs, start=1)]


def draw_identities(rows: int, generator: Generator) -> dict[str, Int[Tensor, " R"]]:
    """The replacement of each row: itself, the blank row, or a random other row.

    Raises:
        ValueError: fewer than two rows, so that there is no other row.
    """
    if rows < 2:
        raise ValueError(f"needs 2 or more rows, one for each task and augmentation, not {rows}")
    own_R = torch.arange(rows + 1)
    shift_R = torch.randint(1, rows, (rows + 1,), generator=generator)
    return {"own": own_R, "blank": torch.full_like(own_R, BLANK), "other": (own_R - 1 + shift_R) % rows + 1}


def demonstrations(views: Sequence[View], arm: ArcArm) -> Batch:
    """The training boards: every demonstration under every view of its task."""
    return boards([(view, pair) for view in views for pair in view.task.demonstrations], arm.side)
