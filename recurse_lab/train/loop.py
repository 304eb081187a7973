"""The one training loop of the book: `training` offers its steps one by one, and `fit` takes them all.

A plan says how many optimizer steps and at what rate; an objective says what is asked of the model; a
source hands out batches of its task. The loop draws nothing, prints nothing and measures nothing else. Whoever
wants more (a validation score, a progress bar, an early end) does it between two steps.
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
    """Where batches come from; it may watch the accuracy to decide how hard the next one is."""

    @property
    def task(self) -> Judge: ...  # noqa: D102
    def draw(self) -> Batch: ...  # noqa: D102
    def observe(self, accuracy: float) -> None: ...  # noqa: D102


class Step(NamedTuple):
    """One optimizer step that was made."""

    number: int  # counted from 0
    loss: float
    accuracy: float  # share of the counting cells that the outcome gets right
    outcome: Outcome
    stepper: Stepper

    def averaged(self) -> AbstractContextManager[None]:
        """Inside, the model has its averaged weights."""
        return self.stepper.average.in_place()


After = Callable[[Step], bool | None]  # what is done after a step; True ends the training


@dataclass
class Run:
    """What a training run leaves behind: its learning curve, one number a step, and its cost."""

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)  # share of cells right
    examples: int = 0  # problems taken from the source
    seconds: float = 0.0  # CPU-seconds of this process
    ended: bool = False  # whether `after` ended it, before the plan's last step

    def curve(self, every: int) -> dict[str, list[float]]:
        """Loss and accuracy as means of `every` steps, rounded: small enough to keep."""
        return {name: means(getattr(self, name), every) for name in ("loss", "accuracy")}

    def points(self, every: int) -> dict[str, list[float]]:
        """Loss and accuracy of one step in `every`, rounded."""
        return {
            name: [round(value, 4) for value in getattr(self, name)[::every]] for name in ("loss", "accuracy")
        }


def means(values: Sequence[float], every: int) -> list[float]:
    """Means of `every` values each, in order, rounded to four decimals."""
    groups = [values[first : first + every] for first in range(0, len(values), every)]
    return [round(sum(group) / len(group), 4) for group in groups]


def training(
    model: nn.Module, source: Source, objective: Any, plan: Plan, generator: Generator
) -> Iterator[Step]:
    """Train `model` in place; yield each optimizer step after it was made. Who stops asking ends the training.

    Args:
        objective: an `Objective` that suits the model.

    Raises:
        FloatingPointError: the loss is no longer a finite number.
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
    """Train `model` in place, leave it with its averaged weights, and return its learning curve.

    `after(step)` is called after every step: a progress bar, or a rule that ends the training by returning True. Else
    the training ends with the plan's last step, whatever the clock says.

    Raises:
        FloatingPointError: the loss is no longer a finite number.
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
    """Share of the counting cells that the outcome's output gets right."""
    counts = task.counts(outcome.targets)
    right = task.right(outcome.output.detach(), outcome.targets) & counts
    return right.sum().item() / max(1, int(counts.sum().item()))


@contextmanager
def seeded(seed: int) -> Iterator[Generator]:
    """Build models reproducibly: torch's global state is seeded inside and put back after; yields a generator."""
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, not {seed}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield torch.Generator().manual_seed(seed)
