"""What a model is asked for while it thinks: losses over the stream of thoughts.

Objectives know nothing of architectures. Each is a frozen dataclass that is called with (model, batch, carry,
progress, generator) and returns an `Outcome`; nothing is stored. Objectives that carry a state make start states
without gradient, as in the papers, so a net that sees its input in the start state only cannot learn its embedding
with them.

Shape letters: B batch, *C cells, V classes.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from recurse_lab.recurrence import Recurrence, Thought, map_state, settle, think
from recurse_lab.tasks.base import IGNORE, Batch


class Outcome(NamedTuple):
    """The loss to step on, the answers it was taken from, and what the next optimiser step inherits."""

    loss: Tensor
    logits: Tensor
    targets: Tensor
    carry: Any = None


@runtime_checkable
class Objective(Protocol):
    """A training signal: how many thoughts, which of them are read, through which the gradient flows."""

    def __call__(
        self, model: Recurrence, batch: Batch, carry: Any, progress: float, generator: Generator
    ) -> Outcome:
        """`progress` is the share of training done; `generator` draws whatever the objective leaves to chance."""
        ...


def cross_entropy(logits: Float[Tensor, "B *C V"], targets: Int[Tensor, "B *C"]) -> Float[Tensor, ""]:
    """Mean over all cells that count (targets other than -100)."""
    return F.cross_entropy(logits.flatten(0, -2), targets.flatten(), ignore_index=IGNORE)


def right_cells(logits: Float[Tensor, "B *C V"], targets: Int[Tensor, "B *C"]) -> Bool[Tensor, "B *C"]:
    """True where the likeliest class is the target, and where the cell does not count."""
    return (logits.argmax(-1) == targets) | (targets == IGNORE)


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


@dataclass(frozen=True, kw_only=True)
class Progressive:
    """Start from a state some steps into the thinking, and ask for progress within a few more.

    Bansal et al. 2022, section 3.1 (their alpha = 1): n steps without gradient, then k with. The n steps
    teach the net to go on from where it is instead of counting steps.
    """

    with_gradient: int  # k is drawn from 1 to this; the paper draws from 1 to T - n
    without_gradient: int = 0  # n is drawn from 0 to this (exclusive); 0 draws none
    late_start_from: float = 0.0  # share of the training after which n is drawn; before, n = 0
    late_start_share: float = 1.0  # share of the batches for which n is drawn

    def __call__(
        self, model: Recurrence, batch: Batch, carry: Any, progress: float, generator: Generator
    ) -> Outcome:
        """Cross-entropy after n + k steps; the n are taken without autograd, and only one answer is read."""
        k = _uniform(1, self.with_gradient + 1, generator)
        n, late = 0, torch.rand((), generator=generator).item() < self.late_start_share
        if self.without_gradient and late and progress >= self.late_start_from:
            n = _uniform(0, self.without_gradient, generator)
        logits = settle(model, batch.inputs, n + k, grad_steps=k, generator=generator).logits
        assert logits is not None
        return Outcome(cross_entropy(logits, batch.targets), logits, batch.targets)

    @property
    def mean_steps(self) -> tuple[float, float]:
        """Refinements per optimiser step, without and with gradient, on average over the training."""
        late = self.late_start_share * (1 - self.late_start_from)
        return late * max(0, self.without_gradient - 1) / 2, (self.with_gradient + 1) / 2


class Slots(NamedTuple):
    """Problems in progress: their batch, the detached state each has reached, and steps spent on each, (B,)."""

    batch: Batch
    state: Any
    age: Tensor


class InProgress(NamedTuple):
    """Slots after a supervision step, and which of them, (B,), take a fresh problem at the next."""

    slots: Slots
    halted: Tensor


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


def _uniform(low: int, high: int, generator: Generator) -> int:
    return int(torch.randint(low, high, (), generator=generator).item())
