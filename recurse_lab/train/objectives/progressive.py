"""Start late: from a state some steps into the thinking, ask for progress within a few more."""

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
    """Start from a state some steps into the thinking, and ask for progress within a few more.

    Bansal et al. 2022, section 3.1 (their alpha = 1): n steps without gradient, then k with. The n steps
    teach the net to go on from where it is instead of counting steps.
    """

    with_gradient: int  # k is drawn from 1 to this; the paper draws from 1 to T - n
    without_gradient: int = 0  # n is drawn from 0 to this (exclusive); 0 draws none
    late_start_from: float = 0.0  # share of the training after which n is drawn; before, n = 0
    late_start_share: float = 1.0  # share of the batches for which n is drawn

    def __call__(
        self, model: Recurrence, task: Judge, batch: Batch, carry: Any, progress: float, generator: Generator
    ) -> Outcome:
        """Loss after n + k steps; the n are taken without autograd, and only one answer is read."""
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
        """Refinements per optimizer step, without and with gradient, on average over the training."""
        late = self.late_start_share * (1 - self.late_start_from)
        return late * max(0, self.without_gradient - 1) / 2, (self.with_gradient + 1) / 2


def _uniform(low: int, high: int, generator: Generator) -> int:
    return int(torch.randint(low, high, (), generator=generator).item())
