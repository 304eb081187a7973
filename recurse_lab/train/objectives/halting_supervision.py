"""Deep supervision with a halting head: one supervision step of every slot per optimizer step.

A slot keeps its board and its detached state until the head says that the answer is right or the board
reaches its maximum age; at the next optimizer step the slot takes a fresh board. Jolicoeur-Martineau 2025
(TRM), section 4.6; Wang et al. 2025 (HRM), section 2, adaptive computation time.

Shape letters: B slots, L cells, V classes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from recurse_lab.recurrence import Recurrence, settle
from recurse_lab.state import State, detached
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import IGNORE, Judge, wholly
from recurse_lab.train.objectives.base import Outcome, added
from recurse_lab.train.objectives.slots import InProgress, Slots, filled


@runtime_checkable
class Halts(Recurrence, Protocol):
    """A recurrence with a halting head."""

    def halting(self, state: State) -> tuple[Tensor, Tensor]:
        """Logits (B,) of "the answer is right, stop" and of "go on"."""
        ...


def log_stablemax(logits: Float[Tensor, "*B V"]) -> Float[Tensor, "*B V"]:
    """log(s(x) / sum s), with s(x) = 1 + x for x >= 0 and 1 / (1 - x) for x < 0, in float64."""
    x = logits.double()
    log_s = torch.where(x >= 0, x.clamp_min(0).log1p(), -(-x.clamp_max(0)).log1p())
    return log_s - log_s.logsumexp(-1, keepdim=True)


def log_softmax(logits: Float[Tensor, "*B V"]) -> Float[Tensor, "*B V"]:
    """log(e^x / sum e^x), in float32 or better."""
    return (logits if logits.dtype == torch.float64 else logits.float()).log_softmax(-1)


LOG_PROBABILITIES: dict[str, Callable[[Tensor], Tensor]] = {
    "stablemax": log_stablemax,
    "softmax": log_softmax,
}


def answer_loss(log_p: Float[Tensor, "B L V"], targets: Int[Tensor, "B L"]) -> Float[Tensor, " B"]:
    """-log p of the target, averaged over the cells of each board that count, in nats."""
    counts = targets != IGNORE
    chosen = log_p.gather(-1, targets.clamp_min(0)[..., None].long())[..., 0]
    return -(chosen * counts).sum(-1) / counts.sum(-1).clamp_min(1)


def halting_loss(q_halt: Float[Tensor, " B"], right: Bool[Tensor, " B"]) -> Float[Tensor, " B"]:
    """Binary cross-entropy (B,) of the halting head; its target is 1 if the whole answer is right, else 0."""
    return F.binary_cross_entropy_with_logits(q_halt, right.to(q_halt.dtype), reduction="none")


def go_on_target(following: tuple[Tensor, Tensor], last: Bool[Tensor, " B"]) -> Float[Tensor, " B"]:
    """Q-learning target, 0 to 1: the larger value of the next step, or its halting value at the last step."""
    halt, go_on = following
    return torch.where(last, halt, torch.maximum(halt, go_on)).sigmoid()


@dataclass(frozen=True, kw_only=True)
class HaltingSupervision:
    """An objective for models with a halting head; the loss is the mean over slots of answer and halting losses.

    Raises:
        ValueError: a field is out of range.
    """

    cycles: int = 3  # T: refinements per supervision step; only the last has a gradient
    max_age: int = 16  # N_sup: most supervision steps per board
    loss: Literal["stablemax", "softmax"] = "stablemax"
    halt_weight: float = 0.5  # as in TRM's code; the paper's text has 1
    explore: float = 0.1  # share of slots with a random minimum of supervision steps
    refill: Literal["head", "solved"] = (
        "head"  # replace boards that the head stops, or boards that are solved
    )
    go_on: bool = False  # HRM: also train "go on", with a second forward pass; halt if "stop" exceeds it

    def __post_init__(self) -> None:
        if min(self.cycles, self.max_age) < 1:
            raise ValueError(f"cycles and max_age must be 1 or more, not {self.cycles} and {self.max_age}")
        for value, allowed in ((self.loss, LOG_PROBABILITIES), (self.refill, ("head", "solved"))):
            if value not in allowed:
                raise ValueError(f"{value!r} is none of {', '.join(allowed)}")

    def __call__(
        self,
        model: Halts,
        task: Judge,
        batch: Batch,
        carry: InProgress | None,
        progress: float,
        generator: Generator,
    ) -> Outcome:
        """One supervision step of every slot; `carry.slots` of the outcome holds its problems and states."""
        slots, begun = filled(model, batch, carry, generator)
        held, age = slots.batch, slots.age + 1
        thought = settle(model, held.inputs, self.cycles, resume=begun, grad_steps=1)
        assert thought.output is not None
        right = wholly(task.right(thought.output, held.targets))
        q_halt, q_go_on = model.halting(thought.state)
        log_p = LOG_PROBABILITIES[self.loss](thought.output)
        losses = answer_loss(log_p, held.targets) + self.halt_weight * halting_loss(q_halt, right)
        if self.go_on:
            with torch.no_grad():
                following = settle(model, held.inputs, self.cycles, resume=thought)
                target = go_on_target(model.halting(following.state), age >= self.max_age)
            bce = F.binary_cross_entropy_with_logits(q_go_on, target, reduction="none")
            losses = losses + self.halt_weight * bce
        wants = q_halt > (q_go_on if self.go_on else 0) if self.refill == "head" else right
        halted = wants.detach() & (age >= self.minimum(age, generator)) | (age >= self.max_age)
        in_progress = InProgress(Slots(held, detached(thought.state), age), halted)
        loss = added(losses.mean(), thought.terms)
        return Outcome(loss, thought.output, held.targets, held.inputs, slots.fresh, in_progress)

    def minimum(self, age: Int[Tensor, " B"], generator: Generator) -> Int[Tensor, " B"]:
        """Least steps (B,) of each slot: 1; for a share `explore` of the slots, uniform from 2 to `max_age`."""
        explores = torch.rand(len(age), generator=generator) < self.explore
        drawn = torch.randint(2, max(3, self.max_age + 1), (len(age),), generator=generator)
        return torch.where(explores, drawn, 1).to(age.device)
