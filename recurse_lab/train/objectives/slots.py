"""Slots: problems in progress, and how finished ones make room for fresh ones.

Shape letter: B slots.
"""

from typing import Any, NamedTuple

import torch
from jaxtyping import Bool
from torch import Generator, Tensor

from recurse_lab.recurrence import Recurrence, Thought
from recurse_lab.state import State, detached, map_state
from recurse_lab.tasks.base import Batch


class Slots(NamedTuple):
    """Problems in progress: their batch, the detached state each has reached, and steps spent on each, (B,)."""

    batch: Batch
    state: State
    age: Tensor

    @property
    def fresh(self) -> int:
        """Number of slots on which no step has been spent."""
        return int((self.age == 0).sum())


class InProgress(NamedTuple):
    """Slots after a supervision step, and which of them, (B,), take a fresh problem at the next."""

    slots: Slots
    halted: Tensor


def filled(
    model: Recurrence, batch: Batch, carry: InProgress | None, generator: Generator
) -> tuple[Slots, Thought]:
    """Slots with a fresh problem in each halted one, and the thought from which they go on.

    The first time, or at another size of problems, all slots are fresh. The inputs are embedded once, with gradient;
    first states are detached.
    """
    age_B = torch.zeros(len(batch.inputs), dtype=torch.int64, device=batch.inputs.device)
    if carry is not None and carry.slots.batch.inputs.shape == batch.inputs.shape:
        old, done = carry.slots, carry.halted
        batch, age_B = refilled((batch, age_B), (old.batch, old.age), done)
        state, context = model.start(batch.inputs, generator)
        state = refilled(detached(state), old.state, done)
    else:
        state, context = model.start(batch.inputs, generator)
        state = detached(state)
    return Slots(batch, state, age_B), Thought(0, state, context=context)


def refilled(fresh: State, old: State, done: Bool[Tensor, " B"]) -> Any:
    """What is fresh where `done`, and old elsewhere.

    Layer counters start afresh for all: a supervision step of an untied net passes through its blocks from the first.
    """

    def choose(new: Tensor, kept: Tensor) -> Tensor:
        return torch.where(done.view(-1, *[1] * (kept.dim() - 1)), new, kept)

    return map_state(choose, fresh, old)
