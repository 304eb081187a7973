"""What every objective is and returns, and what cross-entropy and right answers are.

Shape letters: B batch, *C cells, V classes.
"""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from recurse_lab.recurrence import Recurrence
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
