"""The halting head's probabilities after every supervision step, and accuracy when boards stop by them.

Shape letters: T supervision steps, B puzzles.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from recurse_lab.experiments.sudoku.arm import JUDGED
from recurse_lab.experiments.sudoku.inside import in_parts
from recurse_lab.kernels import fused
from recurse_lab.models.trm import TRM
from recurse_lab.records.record import Record
from recurse_lab.recurrence import think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import CLASSES


@fused()
@torch.inference_mode()
def head_at_every_step(
    net: TRM, batch: Batch, steps: int
) -> tuple[Float[np.ndarray, "T B"], Bool[np.ndarray, "T B"]]:
    """After each step, the halting head's probability that the answer is right, and whether it is right."""
    parts = []
    for part in in_parts(batch):
        said, right = [], []
        for thought in think(net, part.inputs, steps, read=range(1, steps + 1)):
            if thought.output is not None:
                said.append(net.halting(thought.state).halt.sigmoid())
                right.append(CLASSES.right(thought.output, part.targets).all(1))
        parts.append((torch.stack(said), torch.stack(right)))
    every_said, every_right = (torch.cat(of_parts, dim=1).numpy() for of_parts in zip(*parts, strict=True))
    return every_said, every_right


def stopped(
    said: Float[np.ndarray, "T B"], right: Bool[np.ndarray, "T B"], threshold: float = 0.5
) -> tuple[Int[np.ndarray, " B"], Bool[np.ndarray, " B"]]:
    """First step with a probability above `threshold` (the last if none), and whether the answer is right at it."""
    stops = said > threshold
    steps = np.where(stops.any(0), stops.argmax(0), len(said) - 1)
    return steps + 1, right[steps, np.arange(said.shape[1])]


def early_exit_table(runs: Mapping[int, Record]) -> dict[str, dict[str, Any]]:
    """Seed -> share of boards right and mean steps when the head stops each board; share right after 16 steps."""
    return {
        f"seed {seed}": {
            "right, stopped by the head": run.values["early_exit"]["exact"],
            "mean steps": run.values["early_exit"]["steps"],
            f"right after {JUDGED} steps": run.values["exact"][str(JUDGED)],
        }
        for seed, run in runs.items()
    }


def right_when_stopped(
    said: Float[np.ndarray, "T B"], right: Bool[np.ndarray, "T B"], threshold: float
) -> float:
    """Share of right answers among the boards that the head stops (nan: it stops none)."""
    _, right_then = stopped(said, right, threshold)
    some = (said > threshold).any(0)
    return float(right_then[some].mean()) if some.any() else float("nan")
