"""Deep supervision: one supervision step per optimizer step; the state is carried on, detached, to the next."""

from dataclasses import dataclass

import torch
from torch import Generator

from recurse_lab.recurrence import Recurrence, Thought, settle
from recurse_lab.state import map_state
from recurse_lab.tasks.base import Batch
from recurse_lab.train.objectives.base import Outcome, cross_entropy, right_cells
from recurse_lab.train.objectives.slots import InProgress, Slots, filled


@dataclass(frozen=True, kw_only=True)
class DeepSupervision:
    """One supervision step per optimiser step; the state is carried on, detached, to the next.

    Wang et al. 2025 (HRM) and Jolicoeur-Martineau 2025 (TRM), section 2, without their halting head: a slot keeps its
    problem until it is solved or too old; the next call refills it from its batch.
    """

    steps: int  # refinements per supervision step
    max_age: int = 16  # N_sup in the papers: supervision steps before a slot is refilled anyway
    refill: float = 1.0  # chance that a solved slot is refilled; below 1 the net learns to hold an answer

    def __call__(
        self, model: Recurrence, batch: Batch, carry: InProgress | None, progress: float, generator: Generator
    ) -> Outcome:
        """Cross-entropy after `steps` refinements of every slot's carried state."""
        slots = filled(model, batch, carry, generator)
        held, begun = slots.batch, Thought(0, slots.state, None)
        last = settle(model, held.inputs, self.steps, resume=begun, generator=generator)
        assert last.logits is not None
        outcome = Outcome(cross_entropy(last.logits, held.targets), last.logits, held.targets)

        solved = right_cells(last.logits, held.targets).flatten(1).all(1)
        lucky = torch.rand(len(solved), generator=generator) < self.refill
        done = (solved & lucky.to(solved.device)) | (slots.age + 1 >= self.max_age)
        state = map_state(torch.Tensor.detach, last.state)
        return outcome._replace(carry=InProgress(Slots(held, state, slots.age + 1), done))
