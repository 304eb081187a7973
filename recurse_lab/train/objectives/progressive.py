"""Progressive loss: start from a state after several steps, and train the next few steps."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator

from recurse_lab.recurrence import Recurrence, settle
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import Judge
from recurse_lab.train.objectives.base import Outcome, added


@dataclass(frozen=True, kw_only=True)
class Progressive:
    """Start from a state after n steps without gradient, and train the next k steps.

    Bansal et al. 2022, section 3.1, with alpha = 1. The random n teaches the net to improve any state instead
    of counting steps.
    """

    with_gradient: int  # k is uniform from 1 to this; in the paper from 1 to T - n
    without_gradient: int = 0  # n is uniform from 0 to this (exclusive); if 0, n = 0
    late_start_from: float = 0.0  # n is random after this share of the training; before, n = 0
    late_start_share: float = 1.0  # share of the batches with random n; in the others, n = 0

    def __call__(
        self, model: Recurrence, task: Judge, batch: Batch, carry: Any, progress: float, generator: Generator
    ) -> Outcome:
        """Loss of the answer after n + k steps; the first n build no graph, and no other answer is read."""
        k = _uniform(1, self.with_gradient + 1, generator)
        n, late = 0, torch.rand((), generator=generator).item() < self.late_start_share
        if self.without_gradient and late and progress >= self.late_start_from:
            n = _uniform(0, self.without_gradient, generator)
        last = settle(model, batch.inputs, n + k, grad_steps=k, generator=generator)
        assert last.output is not None
        targets = task.asked(batch.targets, n + k)
        loss = added(task.loss(last.output, targets), last.terms)
        return Outcome(loss, last.output, targets, batch.inputs, len(batch.inputs))

    @property
    def mean_steps(self) -> tuple[float, float]:
        """Mean refinements per optimizer step, without and with gradient."""
        late = self.late_start_share * (1 - self.late_start_from)
        return late * max(0, self.without_gradient - 1) / 2, (self.with_gradient + 1) / 2


def _uniform(low: int, high: int, generator: Generator) -> int:
    return int(torch.randint(low, high, (), generator=generator).item())
