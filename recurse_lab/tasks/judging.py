"""How a task judges outputs: loss, correctness and confidence, for answers that are classes or numbers.

Accuracies, traces and most objectives use only these functions and need no other knowledge of outputs.

Shape letters: B batch, *C cells, V classes, T steps.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

IGNORE = -100  # target of a cell that counts neither in the loss nor in the accuracy


@runtime_checkable
class Judge(Protocol):
    """The judge of outputs; every task is one. Outputs: (B, *C, V) for classes, (B, *C) for numbers."""

    def asked(self, targets: Tensor, step: int) -> Tensor:
        """The targets (B, *C) after `step` refinements."""
        ...

    def counts(self, targets: Tensor) -> Tensor:
        """Which cells count: True or False, (B, *C)."""
        ...

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Mean loss over all cells that count, a scalar."""
        ...

    def right(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """True (B, *C) where the output is right, and where the cell does not count."""
        ...

    def answer(self, outputs: Tensor) -> Tensor:
        """The answers (B, *C) of the outputs."""
        ...

    def confidence(self, outputs: Tensor) -> Tensor:
        """Confidence (B, *C) of each answer, from 0 to 1; NaN if unknown."""
        ...

    def moved(self, outputs: Tensor, before: Tensor) -> Tensor:
        """Distance (B,) of each example's outputs from the outputs `before`."""
        ...


def wholly(right: Bool[Tensor, "B *C"]) -> Bool[Tensor, " B"]:
    """Whether all cells of each example are right."""
    return right.reshape(len(right), -1).all(1)


@dataclass(frozen=True)
class Classes:
    """Outputs are logits (B, *C, V); targets are class numbers (B, *C), the same at every step."""

    def asked(self, targets: Int[Tensor, "B *C"], step: int) -> Int[Tensor, "B *C"]:
        """The targets, unchanged."""
        return targets

    def counts(self, targets: Int[Tensor, "B *C"]) -> Bool[Tensor, "B *C"]:
        """Cells with a target other than -100."""
        return targets != IGNORE

    def loss(self, outputs: Float[Tensor, "B *C V"], targets: Int[Tensor, "B *C"]) -> Float[Tensor, ""]:
        """Mean cross-entropy over the cells that count, in nats."""
        return F.cross_entropy(outputs.flatten(0, -2), targets.flatten(), ignore_index=IGNORE)

    def right(self, outputs: Float[Tensor, "B *C V"], targets: Int[Tensor, "B *C"]) -> Bool[Tensor, "B *C"]:
        """True where the likeliest class is the target or the cell does not count."""
        return (outputs.argmax(-1) == targets) | (targets == IGNORE)

    def answer(self, outputs: Float[Tensor, "B *C V"]) -> Int[Tensor, "B *C"]:
        """The likeliest class."""
        return outputs.argmax(-1)

    def confidence(self, outputs: Float[Tensor, "B *C V"]) -> Float[Tensor, "B *C"]:
        """The probability of the likeliest class."""
        return outputs.float().log_softmax(-1).amax(-1).exp()

    def moved(self, outputs: Float[Tensor, "B *C V"], before: Float[Tensor, "B *C V"]) -> Float[Tensor, " B"]:
        """KL(p || p before) in nats, averaged over all cells."""
        log_p, log_before = outputs.float().log_softmax(-1), before.float().log_softmax(-1)
        return (log_p.exp() * (log_p - log_before)).sum(-1).flatten(1).mean(1)


CLASSES = Classes()


@dataclass(frozen=True)
class Numbers:
    """Outputs and targets are numbers (B, *C); a target of NaN does not count."""

    tolerance: float = 0.01  # a number is right if its error is at most this ...
    relative: bool = True  # ... times |target|; if False, times 1
    every_step: bool = False  # targets are (B, T+1, *C): one per step, the first for the start

    def asked(self, targets: Tensor, step: int) -> Float[Tensor, "B *C"]:
        """The targets; with `every_step`, those of `step`.

        Raises:
            ValueError: the targets have no entry for `step`.
        """
        if not self.every_step:
            return targets
        if not 0 <= step < targets.shape[1]:
            raise ValueError(f"there are targets for steps 0 to {targets.shape[1] - 1}, not for step {step}")
        return targets[:, step]

    def counts(self, targets: Float[Tensor, "B *C"]) -> Bool[Tensor, "B *C"]:
        """Cells whose target is not NaN."""
        return ~targets.isnan()

    def loss(self, outputs: Float[Tensor, "B *C"], targets: Float[Tensor, "B *C"]) -> Float[Tensor, ""]:
        """Mean squared error over the cells that count."""
        counts = self.counts(targets)
        return F.mse_loss(outputs[counts], targets[counts])

    def right(self, outputs: Float[Tensor, "B *C"], targets: Float[Tensor, "B *C"]) -> Bool[Tensor, "B *C"]:
        """True where the error is within the tolerance or the cell does not count."""
        size = targets.abs() if self.relative else torch.ones_like(targets)
        return ((outputs - targets).abs() <= self.tolerance * size) | targets.isnan()

    def answer(self, outputs: Float[Tensor, "B *C"]) -> Float[Tensor, "B *C"]:
        """The numbers themselves."""
        return outputs

    def confidence(self, outputs: Float[Tensor, "B *C"]) -> Float[Tensor, "B *C"]:
        """NaN: a number carries no confidence."""
        return torch.full_like(outputs, torch.nan)

    def moved(self, outputs: Float[Tensor, "B *C"], before: Float[Tensor, "B *C"]) -> Float[Tensor, " B"]:
        """|outputs - before| / |outputs|, Euclidean norms over each example's cells."""
        size = outputs.flatten(1).norm(dim=1).clamp_min(1e-12)
        return (outputs - before).flatten(1).norm(dim=1) / size
