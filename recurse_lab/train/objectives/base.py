"""The interface of objectives and their return value.

Objectives do not depend on an architecture or a kind of answer: the task computes loss and correctness. Only
`HaltingSupervision` needs a halting head and class answers. An objective is a frozen dataclass without state.

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
    """The loss of one optimizer step, the output behind it, its problems, and the carry for the next step."""

    loss: Tensor  # scalar
    output: Tensor  # (B, *C, V) or (B, *C)
    targets: Tensor  # targets of this output, (B, *C)
    inputs: Any  # inputs of these problems, (B, ...); they may differ from the batch's
    fresh: int  # problems taken from the batch
    carry: Any = None  # passed to the next call


@runtime_checkable
class Objective(Protocol):
    """A training signal: number of thoughts, thoughts to read, and thoughts with gradient."""

    def __call__(
        self, model: Recurrence, task: Judge, batch: Batch, carry: Any, progress: float, generator: Generator
    ) -> Outcome:
        """Compute the loss of one optimizer step.

        Args:
            carry: the carry of the last outcome; None at the first step.
            progress: share of the training done, 0 to 1.
            generator: draws the random numbers of the objective.
        """
        ...


def added(loss: Float[Tensor, ""], terms: Mapping[str, Float[Tensor, " B"]]) -> Float[Tensor, ""]:
    """The loss plus the batch mean of each term (B,) that the steps of a model add."""
    for value in terms.values():
        loss = loss + value.mean()
    return loss
