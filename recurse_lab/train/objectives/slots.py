"""Slots: problems in progress, and how finished ones make room for fresh ones.

Shape letter: B slots.
"""

from typing import Any, NamedTuple

import torch
from jaxtyping import Bool
from torch import Generator, Tensor

from recurse_lab.recurrence import Recurrence
from recurse_lab.tasks.base import Batch


class Slots(NamedTuple):
    """Problems in progress: their batch, the detached state each has reached, and steps spent on each, (B,)."""

    batch: Batch
    state: Any
    age: Tensor


class InProgress(NamedTuple):
    """Slots after a supervision step, and which of them, (B,), take a fresh problem at the next."""

    slots: Slots
    halted: Tensor


def filled(model: Recurrence, batch: Batch, carry: InProgress | None, generator: Generator) -> Slots:
    """Halted slots take the fresh batch's problems; the first time, or at another size of problems, all do."""
    with torch.no_grad():
        state, _ = model.start(batch.inputs, generator)
    age_B = torch.zeros(len(batch.inputs), dtype=torch.int64, device=batch.inputs.device)
    fresh = Slots(batch, state, age_B)
    if carry is None or carry.slots.batch.inputs.shape != batch.inputs.shape:
        return fresh
    return refill(carry.slots, fresh, carry.halted)


def refill(old: Slots, fresh: Slots, done: Bool[Tensor, " B"]) -> Slots:
    """Take the fresh problem where `done`, keep the old one elsewhere.

    Layer counters start afresh for all: a supervision step of an untied net passes through its blocks from the first.
    """

    def choose(kept: Any, new: Any) -> Any:
        if isinstance(kept, Tensor):
            return torch.where(done.view(-1, *[1] * (kept.dim() - 1)), new, kept)
        if isinstance(kept, tuple):
            parts = [choose(a, b) for a, b in zip(kept, new, strict=True)]
            return type(kept)(*parts) if hasattr(kept, "_fields") else tuple(parts)
        return new

    return choose(old, fresh)
