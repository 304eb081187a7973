"""An objective over the last answer: the usual way to train a feed-forward net."""

from dataclasses import dataclass
from typing import Any

from torch import Generator

from recurse_lab.recurrence import Recurrence, settle
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import Judge
from recurse_lab.train.objectives.base import Outcome, added


@dataclass(frozen=True, kw_only=True)
class LastStep:
    """Think for a fixed number of steps; the loss is that of the last answer."""

    steps: int

    def __call__(
        self, model: Recurrence, task: Judge, batch: Batch, carry: Any, progress: float, generator: Generator
    ) -> Outcome:
        """Loss of the last thought; the gradient flows through all thoughts."""
        last = settle(model, batch.inputs, self.steps, generator=generator)
        assert last.output is not None
        targets = task.asked(batch.targets, self.steps)
        loss = added(task.loss(last.output, targets), last.terms)
        return Outcome(loss, last.output, targets, batch.inputs, len(batch.inputs))

    @property
    def mean_steps(self) -> tuple[float, float]:
        """Refinements per optimizer step, without and with gradient."""
        return 0.0, float(self.steps)
