"""An objective over the answers of all steps."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator

from recurse_lab.recurrence import Recurrence, think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import Judge
from recurse_lab.train.objectives.base import Outcome, added


@dataclass(frozen=True, kw_only=True)
class EveryStep:
    """Mean loss over the answers of all steps (Yang et al. 2024, looped transformers, eq. 3, with b = T).

    Raises:
        ValueError: `steps` is below 1.
    """

    steps: int

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps must be 1 or more, not {self.steps}")

    def __call__(
        self, model: Recurrence, task: Judge, batch: Batch, carry: Any, progress: float, generator: Generator
    ) -> Outcome:
        """Mean loss of all thoughts after the start, each against the targets of its step."""
        losses = []
        for thought in think(
            model, batch.inputs, self.steps, read=range(1, self.steps + 1), generator=generator
        ):
            if thought.output is not None:
                targets = task.asked(batch.targets, thought.step)
                losses.append(task.loss(thought.output, targets))
                last = thought
        assert last.output is not None
        loss = added(torch.stack(losses).mean(), last.terms)
        return Outcome(loss, last.output, targets, batch.inputs, len(batch.inputs))
