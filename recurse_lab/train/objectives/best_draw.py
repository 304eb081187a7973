"""Noise with credit for the best draw: of several first states, only the one nearest to the target learns.

Multiple choice learning (Guzman-Rivera et al. 2012), implicit maximum likelihood (Li and Malik 2018,
arXiv:1809.09087): an objective over draws without posterior and without divergence.

Shape letters: B batch, K draws, *C cells.
"""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from recurse_lab.recurrence import Recurrence, Thought, settle
from recurse_lab.state import State, map_state
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import Judge
from recurse_lab.train.objectives.base import Outcome, added


@dataclass(frozen=True, kw_only=True)
class BestDraw:
    """The loss after `steps` refinements from the best of `draws` random first states; the gradient goes through all.

    The model must draw its first state only: a draw is chosen without gradient and then repeated with it.

    Raises:
        ValueError: `steps` or `draws` is below 1.
    """

    steps: int
    draws: int

    def __post_init__(self) -> None:
        if min(self.steps, self.draws) < 1:
            raise ValueError(f"steps and draws must be 1 or more, not {self.steps} and {self.draws}")

    def __call__(
        self, model: Recurrence, task: Judge, batch: Batch, carry: Any, progress: float, generator: Generator
    ) -> Outcome:
        """The loss of one optimizer step."""
        last = settle(
            model, batch.inputs, self.steps, resume=Thought(0, self.best(model, task, batch, generator))
        )
        assert last.output is not None
        loss = added(task.loss(last.output, batch.targets), last.terms)
        return Outcome(loss, last.output, batch.targets, batch.inputs, len(batch.inputs))

    @torch.no_grad()
    def best(self, model: Recurrence, task: Judge, batch: Batch, generator: Generator) -> State:
        """The first state of each example with the smallest loss after `steps` refinements."""
        B = len(batch.inputs)
        many = Batch(*(part.repeat(self.draws, *[1] * (part.dim() - 1)) for part in batch))
        state, context = model.start(many.inputs, generator)
        last = settle(model, many.inputs, self.steps, resume=Thought(0, state, context=context))
        assert last.output is not None
        loss_KB = each_loss(task, last.output, many.targets).view(self.draws, B)
        rows_B = loss_KB.argmin(0) * B + torch.arange(B)
        return map_state(lambda part: part[rows_B], state)


def each_loss(task: Judge, output: Tensor, targets: Tensor) -> Float[Tensor, " B"]:
    """The task's loss of each example by itself."""
    pairs = zip(output.split(1), targets.split(1), strict=True)
    return torch.stack([task.loss(*pair) for pair in pairs])
