"""Judge the last answer: how a feed-forward net is trained."""

from dataclasses import dataclass
from typing import Any

from torch import Generator

from recurse_lab.recurrence import Recurrence, settle
from recurse_lab.tasks.base import Batch
from recurse_lab.train.objectives.base import Outcome, cross_entropy


@dataclass(frozen=True, kw_only=True)
class LastStep:
    """Think a fixed number of steps and judge the last answer: how a feed-forward net is trained."""

    steps: int

    def __call__(
        self, model: Recurrence, batch: Batch, carry: Any, progress: float, generator: Generator
    ) -> Outcome:
        """Cross-entropy of the last thought, gradient through all of them."""
        logits = settle(model, batch.inputs, self.steps, generator=generator).logits
        assert logits is not None
        return Outcome(cross_entropy(logits, batch.targets), logits, batch.targets)

    @property
    def mean_steps(self) -> tuple[float, float]:
        """Refinements per optimiser step, without and with gradient."""
        return 0.0, float(self.steps)
