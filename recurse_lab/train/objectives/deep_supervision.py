"""Deep supervision: one supervision step per optimizer step; the next one continues from the detached state."""

from dataclasses import dataclass

import torch
from torch import Generator

from recurse_lab.recurrence import Recurrence, settle
from recurse_lab.state import detached
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import Judge, wholly
from recurse_lab.train.objectives.base import Outcome, added
from recurse_lab.train.objectives.slots import InProgress, Slots, filled


@dataclass(frozen=True, kw_only=True)
class DeepSupervision:
    """One supervision step per optimizer step; the next one continues from the detached state.

    Wang et al. 2025 (HRM) and Jolicoeur-Martineau 2025 (TRM), section 2, without their halting head. A slot
    keeps its problem until it is solved or has age `max_age`; the next call refills the slot from its batch.
    """

    steps: int  # refinements per supervision step
    max_age: int = 16  # N_sup in the papers: most supervision steps per problem
    refill: float = 1.0  # chance that a solved slot is refilled; below 1 the net learns to hold an answer

    def __call__(
        self,
        model: Recurrence,
        task: Judge,
        batch: Batch,
        carry: InProgress | None,
        progress: float,
        generator: Generator,
    ) -> Outcome:
        """Refine the carried state of every slot `steps` times; return the loss of the last answer."""
        slots, begun = filled(model, batch, carry, generator)
        inputs, age = slots.batch.inputs, slots.age + 1
        last = settle(model, inputs, self.steps, resume=begun)
        assert last.output is not None
        targets = task.asked(slots.batch.targets, self.steps)
        loss = added(task.loss(last.output, targets), last.terms)

        solved = wholly(task.right(last.output, targets))
        lucky = torch.rand(len(solved), generator=generator) < self.refill
        done = (solved & lucky.to(solved.device)) | (age >= self.max_age)
        carried = InProgress(Slots(slots.batch, detached(last.state), age), done)
        return Outcome(loss, last.output, targets, inputs, slots.fresh, carried)
