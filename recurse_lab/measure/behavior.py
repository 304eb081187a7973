"""Accuracy of a model by problem size and by number of steps.

Shape letters: S sizes, T step numbers read.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator

from recurse_lab.recurrence import Recurrence, think
from recurse_lab.tasks.base import Split, Task
from recurse_lab.tasks.judging import wholly


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Shares of problems wholly right and of cells right, by size and step."""

    sizes: tuple[int, ...]
    steps: tuple[int, ...]  # step numbers at which answers were read
    exact: np.ndarray  # (S, T) share of problems wholly right
    cells: np.ndarray  # (S, T) share of the counting cells right


@torch.no_grad()
def accuracy_grid(
    model: Recurrence,
    task: Task,
    sizes: Sequence[int],
    steps: Collection[int],
    *,
    count: int,
    seed: int,
    split: Split = "test",
) -> Grid:
    """Accuracy on `count` problems of each size at the step numbers `steps`, in one pass a size.

    The task draws the problems of each size with `seed` and judges the answers.

    Raises:
        ValueError: no step number, or a negative one.
    """
    if not steps or min(steps) < 0:
        raise ValueError(f"steps must hold one or more step numbers from 0 on, not {list(steps)}")
    numbers = tuple(sorted(set(steps)))
    exact: list[list[float]] = []
    cells: list[list[float]] = []
    for size in sizes:
        batch = task.sample(count, size, split, Generator().manual_seed(seed))
        exact.append([])
        cells.append([])
        for thought in think(model, batch.inputs, numbers[-1], read=set(numbers)):
            if thought.output is not None:
                targets = task.asked(batch.targets, thought.step)
                right, counts = task.right(thought.output, targets), task.counts(targets)
                exact[-1].append(wholly(right).float().mean().item())
                cells[-1].append((right & counts).sum().item() / counts.sum().item())
    return Grid(sizes=tuple(sizes), steps=numbers, exact=np.array(exact), cells=np.array(cells))


def steps_needed(steps: Sequence[int], exact: Sequence[float], target: float = 0.99) -> int | None:
    """First of `steps` from which the accuracy `exact` stays at `target` or above; None if the last one is below."""
    below = [index for index, share in enumerate(exact) if share < target]
    first = below[-1] + 1 if below else 0
    return steps[first] if first < len(steps) else None
