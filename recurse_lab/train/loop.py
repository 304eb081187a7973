"""The one training loop of the book.

A plan says how many optimiser steps and at what rate; an objective says what is asked of the model; a
source hands out batches. The loop draws nothing, prints nothing and measures nothing else.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import process_time
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Generator, nn

from recurse_lab.recurrence import Recurrence
from recurse_lab.tasks.base import IGNORE, Batch
from recurse_lab.train.objectives.base import Objective, Outcome, right_cells


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How to optimise; a budget is a number of steps, never of seconds, so that a seed fixes the result."""

    steps: int
    rate: float = 2e-3  # peak learning rate of AdamW
    warmup: int = 100  # steps of linear warm-up
    decay_last: float = 0.2  # the rate is ten times smaller for this last share of the steps
    weight_decay: float = 2e-4
    betas: tuple[float, float] = (0.9, 0.999)
    clip: float = 1.0  # largest norm of the gradient

    def rate_at(self, step: int) -> float:
        """Learning rate of optimiser step `step`, counted from 0."""
        late = step >= self.steps * (1 - self.decay_last)
        return self.rate * min(1.0, (step + 1) / max(1, self.warmup)) * (0.1 if late else 1.0)


@runtime_checkable
class Source(Protocol):
    """Where batches come from; it may watch the accuracy to decide how hard the next one is."""

    def draw(self) -> Batch: ...  # noqa: D102
    def observe(self, accuracy: float) -> None: ...  # noqa: D102


@runtime_checkable
class Trainable(Recurrence, Protocol):
    """A recurrence with weights: what an `nn.Module` with start, step and read is."""

    def parameters(self) -> Iterator[nn.Parameter]: ...  # noqa: D102
    def train(self) -> Any: ...  # noqa: D102
    def eval(self) -> Any: ...  # noqa: D102


@dataclass
class Run:
    """What a training run leaves behind, one number a step: loss, share of cells right; and its cost."""

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    seconds: float = 0.0  # CPU-seconds of this process


def fit(
    model: Trainable,
    source: Source,
    objective: Objective,
    plan: Plan,
    generator: Generator,
    watch: Callable[[int, float, float], None] | None = None,
) -> Run:
    """Train `model` in place and return its learning curve.

    `watch(step, loss, accuracy)` is called after every step, for progress bars. The loop ends with the
    plan's last step, whatever the clock says.

    Raises:
        FloatingPointError: the loss is no longer a finite number.
    """
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=plan.rate, weight_decay=plan.weight_decay, betas=plan.betas, fused=True
    )
    run, carry, begun = Run(), None, process_time()
    model.train()
    for step in range(plan.steps):
        optimiser.param_groups[0]["lr"] = plan.rate_at(step)
        outcome = objective(model, source.draw(), carry, step / plan.steps, generator)
        carry = outcome.carry
        optimiser.zero_grad()
        outcome.loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), plan.clip)
        optimiser.step()

        loss, accuracy = outcome.loss.item(), cell_accuracy(outcome)
        if not loss < float("inf"):
            raise FloatingPointError(f"the loss is {loss} after {step + 1} steps; a smaller rate may help")
        source.observe(accuracy)
        run.loss.append(loss)
        run.accuracy.append(accuracy)
        if watch:
            watch(step, loss, accuracy)
    run.seconds = process_time() - begun
    model.eval()
    return run


def cell_accuracy(outcome: Outcome) -> float:
    """Share of the counting cells that the outcome's logits get right."""
    counts = outcome.targets != IGNORE
    right = right_cells(outcome.logits.detach(), outcome.targets) & counts
    return right.sum().item() / max(1, int(counts.sum().item()))


@contextmanager
def seeded(seed: int) -> Iterator[Generator]:
    """Build models reproducibly: torch's global state is seeded inside and put back after; yields a generator."""
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, not {seed}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield torch.Generator().manual_seed(seed)
