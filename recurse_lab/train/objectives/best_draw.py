"""Noise with credit for the best draw: of several random first states, the one that ends nearest to the target learns.

Multiple choice learning (Guzman-Rivera et al. 2012), implicit maximum likelihood (Li and Malik 2018,
arXiv:1809.09087): an objective over draws without posterior and without divergence.

Shape letters: B batch, K draws, *C cells.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from recurse_lab.recurrence import Recurrence, Thought, settle
from recurse_lab.state import State, detached, map_state
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import Judge
from recurse_lab.train.objectives.base import Outcome, added
from recurse_lab.train.objectives.slots import Slots


@dataclass(frozen=True, kw_only=True)
class BestDraw:
    """Deep supervision from the best of `draws` random first states; the best is chosen once for each problem.

    All problems of a batch are kept for `max_age` optimizer steps. The model must draw its first state only: a draw
    is chosen without gradient, and then repeated with it.

    Raises:
        ValueError: a number is below 1.
    """

    steps: int  # refinements per supervision step; the gradient goes through all of them
    draws: int  # K; they are compared after steps x max_age refinements
    max_age: int = 1  # supervision steps per problem

    def __post_init__(self) -> None:
        for name in ("steps", "draws", "max_age"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, not {getattr(self, name)}")

    def __call__(
        self,
        model: Recurrence,
        task: Judge,
        batch: Batch,
        carry: Slots | None,
        progress: float,
        generator: Generator,
    ) -> Outcome:
        """Refine the state of every problem `steps` times; return the loss of the answer."""
        if carry is None or int(carry.age[0]) >= self.max_age:
            age_B = torch.zeros(len(batch.inputs), dtype=torch.int64, device=batch.inputs.device)
            carry = Slots(batch, self.best(model, task, batch, generator), age_B)
        held = carry.batch
        last = settle(model, held.inputs, self.steps, resume=Thought(0, carry.state))
        assert last.output is not None
        loss = added(task.loss(last.output, held.targets), last.terms)
        after = Slots(held, detached(last.state), carry.age + 1)
        return Outcome(loss, last.output, held.targets, held.inputs, carry.fresh, after)

    @torch.no_grad()
    def best(self, model: Recurrence, task: Judge, batch: Batch, generator: Generator) -> State:
        """The first state of each problem that ends with the smallest loss."""
        B = len(batch.inputs)
        many = Batch(*(part.repeat(self.draws, *[1] * (part.dim() - 1)) for part in batch))
        state, context = model.start(many.inputs, generator)
        refinements = self.steps * self.max_age
        last = settle(model, many.inputs, refinements, resume=Thought(0, state, context=context))
        assert last.output is not None
        loss_KB = each_loss(task, last.output, many.targets).view(self.draws, B)
        rows_B = loss_KB.argmin(0) * B + torch.arange(B, device=loss_KB.device)
        return map_state(lambda part: part[rows_B], state)


def each_loss(task: Judge, output: Tensor, targets: Tensor) -> Float[Tensor, " B"]:
    """The task's loss of each example by itself."""
    pairs = zip(output.split(1), targets.split(1), strict=True)
    return torch.stack([task.loss(*pair) for pair in pairs])
