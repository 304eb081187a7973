"""Sources of training batches: a curriculum that grows with success, a pool of problems, or fixed batches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Generator

from recurse_lab.tasks.base import Batch, Task
from recurse_lab.tasks.judging import Judge


@dataclass
class Curriculum:
    """Problems of growing size: the size grows by `by` when the running accuracy exceeds `threshold`.

    On prefix sums of fixed length, one seed in three leaves the initial plateau; with a length curriculum,
    every seed learns. `largest` = `size` gives problems of one size.
    """

    task: Task
    count: int  # problems per batch
    size: int  # current size; initially the first size
    largest: int  # last size: the training size
    generator: Generator
    by: int = 2
    threshold: float = 0.97
    memory: float = 0.9  # weight of the past in the running accuracy
    running: float = 0.0  # running accuracy, 0 to 1

    def draw(self) -> Batch:
        """Draw a training batch of the current size."""
        return self.task.sample(self.count, self.size, "train", self.generator)

    def observe(self, accuracy: float) -> None:
        """Update the running accuracy; above the threshold, grow and reset the running accuracy to 0."""
        self.running = self.memory * self.running + (1 - self.memory) * accuracy
        if self.running > self.threshold and self.size < self.largest:
            self.size, self.running = min(self.size + self.by, self.largest), 0.0


@dataclass(frozen=True)
class Pool:
    """Problems drawn from a pool with replacement; `augment`, if given, changes each batch at random."""

    task: Judge
    problems: Batch
    count: int  # problems per batch
    generator: Generator
    augment: Callable[[Batch, Generator], Batch] | None = None

    def draw(self) -> Batch:
        """Draw a batch of problems and augment it."""
        chosen = torch.randint(len(self.problems.inputs), (self.count,), generator=self.generator)
        drawn = Batch(*(part[chosen] for part in self.problems))
        return self.augment(drawn, self.generator) if self.augment else drawn

    def observe(self, accuracy: float) -> None:
        """Do nothing: the accuracy has no effect."""


@dataclass(frozen=True)
class Sizes:
    """Fresh problems, one size a batch; size n is drawn with a chance proportional to n.

    Raises:
        ValueError: there is no size, or one is below 1.
    """

    task: Task
    count: int  # problems per batch
    sizes: Sequence[int]
    generator: Generator

    def __post_init__(self) -> None:
        if not self.sizes or min(self.sizes) < 1:
            raise ValueError(f"sizes must be one or more numbers from 1 on, not {list(self.sizes)}")

    def draw(self) -> Batch:
        """Draw a training batch of one size."""
        weights = torch.tensor(self.sizes, dtype=torch.float32)
        chosen = int(torch.multinomial(weights, 1, generator=self.generator).item())
        return self.task.sample(self.count, self.sizes[chosen], "train", self.generator)

    def observe(self, accuracy: float) -> None:
        """Do nothing: the accuracy has no effect."""


@dataclass
class InTurn:
    """Given batches in order; after the last, start again with the first."""

    task: Judge
    batches: Sequence[Batch]
    drawn: int = 0

    def draw(self) -> Batch:
        """The next batch."""
        self.drawn += 1
        return self.batches[(self.drawn - 1) % len(self.batches)]

    def observe(self, accuracy: float) -> None:
        """Do nothing: the accuracy has no effect."""
