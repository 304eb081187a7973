"""An objective over the answer of a settled state: how deep-equilibrium models train."""

from dataclasses import dataclass
from typing import Any

from torch import Generator

from recurse_lab.equilibrium import check, equilibrium
from recurse_lab.recurrence import Recurrence
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import Judge
from recurse_lab.train.objectives.base import Outcome


@dataclass(frozen=True, kw_only=True)
class AtEquilibrium:
    """Loss of the answer at the equilibrium, with its implicit gradient (Bai, Kolter & Koltun 2019).

    Raises:
        ValueError: `tolerance` is not above 0, or `most` is below 1.
    """

    tolerance: float = 1e-5  # relative change at which a state counts as settled; float32 reaches about 1e-6
    most: int = 500  # iterations, forward and backward

    def __post_init__(self) -> None:
        check(self.tolerance, self.most)

    def __call__(
        self, model: Recurrence, task: Judge, batch: Batch, carry: Any, progress: float, generator: Generator
    ) -> Outcome:
        """Loss of the settled answer; the targets are the same at every step.

        Raises:
            ValueError: a state does not settle; a smaller learning rate or a first step that contracts may help.
        """
        last = equilibrium(model, batch.inputs, tolerance=self.tolerance, most=self.most, generator=generator)
        assert last.output is not None
        targets = task.asked(batch.targets, last.step)
        return Outcome(task.loss(last.output, targets), last.output, targets, batch.inputs, len(batch.inputs))
