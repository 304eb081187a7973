"""Train a reward head on the draws of a finished model: is this answer right, yes or no?

Shape letter: B batch.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from recurse_lab.recurrence import Recurrence, settle
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import Judge
from recurse_lab.train.objectives.base import Outcome


class Verifies(Judge, Protocol):
    """A task that can tell whether an answer is right, without a target."""

    def verify(self, inputs: Tensor, answers: Tensor) -> Tensor:
        """Whether each answer (B, *C) solves its problem, (B,)."""
        ...


@dataclass(frozen=True, kw_only=True)
class JudgedDraws:
    """Binary cross-entropy of a head's logit against the verifier's yes or no, on fresh draws of a fixed model."""

    model: Recurrence  # draws the answers; it is not trained
    steps: int  # refinements of each draw

    def __call__(
        self, head: Any, task: Verifies, batch: Batch, carry: Any, progress: float, generator: Generator
    ) -> Outcome:
        """The loss of one optimizer step of the head; its output are logits (B, 2) of wrong and right."""
        with torch.no_grad():
            last = settle(self.model, batch.inputs, self.steps, generator=generator)
        assert last.output is not None
        right_B = task.verify(batch.inputs, task.answer(last.output)).long()
        logit_B = head(last.state)
        output_B2 = torch.stack((torch.zeros_like(logit_B), logit_B), dim=1)
        return Outcome(
            F.cross_entropy(output_B2, right_B), output_B2, right_B, batch.inputs, len(batch.inputs)
        )
