"""Judge the answer after every step."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator

from recurse_lab.recurrence import Recurrence, think
from recurse_lab.tasks.base import Batch
from recurse_lab.train.objectives.base import Outcome, cross_entropy


@dataclass(frozen=True, kw_only=True)
class EveryStep:
    """Judge the answer after every step (Yang et al. 2024, looped transformers, eq. 3, with b = T)."""

    steps: int

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps must be 1 or more, not {self.steps}")

    def __call__(
        self, model: Recurrence, batch: Batch, carry: Any, progress: float, generator: Generator
    ) -> Outcome:
        """Mean cross-entropy of all thoughts after the start."""
        wanted = range(1, self.steps + 1)
        stream = think(model, batch.inputs, self.steps, read=wanted, generator=generator)
        answers = [thought.logits for thought in stream if thought.logits is not None]
        loss = torch.stack([cross_entropy(logits, batch.targets) for logits in answers]).mean()
        return Outcome(loss, answers[-1], batch.targets)
