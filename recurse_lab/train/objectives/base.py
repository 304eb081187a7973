"""What every objective is and returns.

Objectives know nothing of architectures, and nothing of what an answer is: they ask the task what is right and what is
lost. Each is a frozen dataclass without state of its own.

Shape letters: B batch, *C cells, V classes.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Generator, Tensor

from recurse_lab.recurrence import Recurrence
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import Judge


class Outcome(NamedTuple):
    """The loss to step on, the output it was taken from, the problems worked on, and what the next step inherits."""

    loss: Tensor
    output: Tensor  # (B, *C, V) or (B, *C)
    targets: Tensor  # what was asked of this output, (B, *C)
    inputs: Any  # of the problems worked on, which need not be the batch's
    fresh: int  # problems taken from the batch
    carry: Any = None


@runtime_checkable
class Objective(Protocol):
    """A training signal: how many thoughts, which of them are read, through which the gradient flows."""

    def __call__(
        self, model: Recurrence, task: Judge, batch: Batch, carry: Any, progress: float, generator: Generator
    ) -> Outcome:
        """`progress` is the share of training done; `generator` draws whatever the objective leaves to chance."""
        ...


def added(loss: Float[Tensor, ""], terms: Mapping[str, Float[Tensor, " B"]]) -> Float[Tensor, ""]:
    """The loss and the batch means of the terms that the steps of a model add to it."""
    for value in terms.values():
        loss = loss + value.mean()
    return loss
