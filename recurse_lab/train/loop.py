"""The one training loop of the book: `training` yields its steps one by one; `fit` runs all of them.

A plan sets the number of optimizer steps and their rate; an objective computes the loss; a source draws
batches of its task. The loop prints and plots nothing, and measures only loss, accuracy and cost. Callers add
more (a validation score, a progress bar, an early end) between two steps.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from time import process_time
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Generator, nn

from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import Judge
from recurse_lab.train.objectives.base import Outcome
from recurse_lab.train.optimizer import Plan, Stepper


@runtime_checkable
class Source(Protocol):
    """A source of batches; it may use the observed accuracy to choose the difficulty of the next batch."""

    @property
    def task(self) -> Judge: ...  # noqa: D102
    def draw(self) -> Batch: ...  # noqa: D102
    def observe(self, accuracy: float) -> None: ...  # noqa: D102


class Step(NamedTuple):
    """The record of one optimizer step."""

    number: int  # counted from 0
    loss: float
    accuracy: float  # share of right cells among those that count, 0 to 1
    outcome: Outcome
    stepper: Stepper

    def averaged(self) -> AbstractContextManager[None]:
        """A context inside which the model has its averaged weights."""
        return self.stepper.average.in_place()


After = Callable[[Step], bool | None]  # called after a step; True ends the training


@dataclass
class Run:
    """The results of a training run: its learning curve, one number per step, and its cost."""

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)  # share of right cells, 0 to 1
    examples: int = 0  # fresh problems that the objective used
    seconds: float = 0.0  # CPU-seconds of this process
    ended: bool = False  # whether `after` ended the run

    def curve(self, every: int) -> dict[str, list[float]]:
        """Loss and accuracy as means over `every` steps, rounded to four decimals, to store."""
        return {name: means(getattr(self, name), every) for name in ("loss", "accuracy")}

    def points(self, every: int) -> dict[str, list[float]]:
        """Loss and accuracy of every `every`-th step from the first on, rounded to four decimals."""
        return {
            name: [round(value, 4) for value in getattr(self, name)[::every]] for name in ("loss", "accuracy")
        }


def means(values: Sequence[float], every: int) -> list[float]:
    """Means over groups of `every` values, in order, rounded to four decimals; the last group may be smaller."""
    groups = [values[first : first + every] for first in range(0, len(values), every)]
    return [round(sum(group) / len(group), 4) for group in groups]


def training(
    model: nn.Module, source: Source, objective: Any, plan: Plan, generator: Generator
) -> Iterator[Step]:
    """Train `model` in place; yield each optimizer step after it. The caller may stop at any step.

    Args:
        objective: an `Objective` that suits the model.
        generator: draws the random numbers of the objective.

    Raises:
        FloatingPointError: the loss is NaN or +infinity; the weights have then taken this step already.
    """
    stepper, carry = Stepper(model, plan), None
    model.train()
    for number in range(plan.steps):
        outcome = objective(model, source.task, source.draw(), carry, number / plan.steps, generator)
        carry = outcome.carry
        stepper.step(outcome.loss, outcome.inputs)
        loss, accuracy = outcome.loss.item(), cell_accuracy(source.task, outcome)
        if not loss < float("inf"):
            raise FloatingPointError(f"the loss is {loss} after {number + 1} steps; a smaller rate may help")
        source.observe(accuracy)
        yield Step(number, loss, accuracy, outcome, stepper)


def fit(
    model: nn.Module,
    source: Source,
    objective: Any,
    plan: Plan,
    generator: Generator,
    after: After | None = None,
) -> Run:
    """Train `model` in place, put its averaged weights into it, and return its learning curve.

    `fit` calls `after(step)` after every step, for example a progress bar; True ends the training. Otherwise
    the training ends with the plan's last step; no time limit applies.

    Raises:
        FloatingPointError: the loss is NaN or +infinity.
    """
    run, begun = Run(), process_time()
    for step in training(model, source, objective, plan, generator):
        run.loss.append(step.loss)
        run.accuracy.append(step.accuracy)
        run.examples += step.outcome.fresh
        if after and after(step):
            run.ended = True
            break
    run.seconds = process_time() - begun
    if run.loss:
        step.stepper.average.keep()
    model.eval()
    return run


def cell_accuracy(task: Judge, outcome: Outcome) -> float:
    """Share, 0 to 1, of the cells that count in which the outcome's output is right."""
    counts = task.counts(outcome.targets)
    right = task.right(outcome.output.detach(), outcome.targets) & counts
    return right.sum().item() / max(1, int(counts.sum().item()))


@contextmanager
def seeded(seed: int) -> Iterator[Generator]:
    """Build models reproducibly: seed torch's global state inside, and yield a generator with the same seed.

    The CPU's global state is restored afterwards; that of other devices is not.

    Raises:
        ValueError: the seed is negative.
    """
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, not {seed}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield torch.Generator().manual_seed(seed)
