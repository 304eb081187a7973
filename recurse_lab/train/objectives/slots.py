"""Slots: problems in progress; fresh problems replace finished ones.

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
    """Problems in progress: their batch, their detached states, and their age (B,) in supervision steps."""

    batch: Batch
    state: State
    age: Tensor

    @property
    def fresh(self) -> int:
        """Number of slots with age 0."""
        return int((self.age == 0).sum())


class InProgress(NamedTuple):
    """Slots after a supervision step; `halted` (B,) is True for slots that take a fresh problem at the next."""

    slots: Slots
    halted: Tensor


def filled(
    model: Recurrence, batch: Batch, carry: InProgress | None, generator: Generator
) -> tuple[Slots, Thought]:
    """Put a fresh problem of `batch` into each halted slot; return the slots and the thought to resume.

    Without a carry, or if the shape of the inputs changes, all slots are fresh. The inputs are embedded once,
    with gradient; first states are detached.
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
    """Take `fresh` where `done`, and `old` elsewhere.

    Layer counters come from `fresh` for all slots: each supervision step of an untied net starts at its first
    block.
    """

    def choose(new: Tensor, kept: Tensor) -> Tensor:
        return torch.where(done.view(-1, *[1] * (kept.dim() - 1)), new, kept)

    return map_state(choose, fresh, old)
