"""What a model gets right: accuracy by problem size and by number of steps.

Shape letters: S sizes, T step numbers read, B problems.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator

from recurse_lab.recurrence import Recurrence, think
from recurse_lab.tasks.base import IGNORE, Split, Task
from recurse_lab.train.objectives.base import right_cells


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Shares of problems wholly right, and of single cells right, by size and step."""

    sizes: tuple[int, ...]
    steps: tuple[int, ...]  # the step numbers at which answers were read
    exact: np.ndarray  # (S, T)
    cells: np.ndarray  # (S, T)


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
    """Accuracy on `count` problems of each size, read at the step numbers `steps`; one pass a size."""
    if not steps or min(steps) < 0:
        raise ValueError(f"steps must hold one or more step numbers from 0 on, not {list(steps)}")
    numbers = tuple(sorted(set(steps)))
    exact, cells = [], []
    for size in sizes:
        batch = task.sample(count, size, split, Generator().manual_seed(seed))
        counts = batch.targets != IGNORE
        stream = think(model, batch.inputs, numbers[-1], read=set(numbers))
        right = [right_cells(t.logits, batch.targets) for t in stream if t.logits is not None]
        exact.append([answer.flatten(1).all(1).float().mean().item() for answer in right])
        cells.append([(answer & counts).sum().item() / counts.sum().item() for answer in right])
    return Grid(sizes=tuple(sizes), steps=numbers, exact=np.array(exact), cells=np.array(cells))


def steps_needed(steps: Sequence[int], exact: Sequence[float], target: float = 0.99) -> int | None:
    """First step number from which the accuracy stays at `target` or above; None if it does not end there."""
    below = [index for index, share in enumerate(exact) if share < target]
    first = below[-1] + 1 if below else 0
    return steps[first] if first < len(steps) else None
