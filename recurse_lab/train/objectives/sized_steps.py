"""An objective whose number of steps follows the size of the problems, with an optional late start."""

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Generator, Tensor

from recurse_lab.recurrence import Recurrence, settle
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import Judge
from recurse_lab.train.objectives.base import Outcome, added


class SizedTask(Judge, Protocol):
    """A task whose problems have a size: items of a row, nodes or depth of a tree."""

    def size_of(self, inputs: Tensor) -> int:
        """The size that all problems of the batch share."""
        ...


@dataclass(frozen=True, kw_only=True)
class SizedSteps:
    """Loss of the answer after size + U[least, most] steps; a late start adds steps without gradient before.

    A problem of n items needs at least a number of steps that grows with n; random extra steps and late starts
    teach the net to hold an answer (Bansal et al. 2022, section 3.1).

    Raises:
        ValueError: `most` is below `least`, `with_gradient` or `late` below 1 or 0, or a share not from 0 to 1.
    """

    least: int = 2  # fewest steps beyond the size
    most: int = 2  # most steps beyond the size
    with_gradient: int | None = None  # gradients flow through at most that many last steps; None: all
    late: int = 0  # a late start makes 1 to this many further steps first, without gradient
    late_from: float = 0.3  # share of the training before the first late start
    late_share: float = 0.6  # share of the batches after that with a late start

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.most < self.least:
            raise ValueError(f"most must be least ({self.least}) or more, not {self.most}")
        if self.late < 0 or (self.with_gradient is not None and self.with_gradient < 1):
            raise ValueError("late must be 0 or more, and with_gradient 1 or more or None")
        if not (0 <= self.late_from <= 1 and 0 <= self.late_share <= 1):
            raise ValueError("late_from and late_share must be shares from 0 to 1")

    def __call__(
        self,
        model: Recurrence,
        task: SizedTask,
        batch: Batch,
        carry: Any,
        progress: float,
        generator: Generator,
    ) -> Outcome:
        """Loss of the last thought."""
        steps = task.size_of(batch.inputs) + _uniform(self.least, self.most, generator)
        with_gradient = min(steps, self.with_gradient or steps)
        chance = torch.rand((), generator=generator).item()
        if self.late and progress >= self.late_from and chance < self.late_share:
            steps += _uniform(1, self.late, generator)
        last = settle(model, batch.inputs, steps, grad_steps=with_gradient, generator=generator)
        assert last.output is not None
        targets = task.asked(batch.targets, steps)
        loss = added(task.loss(last.output, targets), last.terms)
        return Outcome(loss, last.output, targets, batch.inputs, len(batch.inputs))


def _uniform(least: int, most: int, generator: Generator) -> int:
    return int(torch.randint(least, most + 1, (), generator=generator).item())
