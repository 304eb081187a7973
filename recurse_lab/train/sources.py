"""Where training batches come from: a curriculum that grows with success, or a pool of problems made beforehand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Generator

from recurse_lab.tasks.base import Batch, Task
from recurse_lab.tasks.judging import Judge


@dataclass
class Curriculum:
    """Problems of a growing size: `by` larger whenever the running accuracy passes `threshold`.

    A length curriculum turns the plateau of prefix sums (one seed in three leaves it) into a slope that
    every seed climbs. `largest` = `size` gives problems of one size.
    """

    task: Task
    count: int  # problems a batch
    size: int  # size to begin with
    largest: int  # size to end with: the training size
    generator: Generator
    by: int = 2
    threshold: float = 0.97
    memory: float = 0.9  # weight of the past in the running accuracy
    running: float = 0.0

    def draw(self) -> Batch:
        """A batch of the present size."""
        return self.task.sample(self.count, self.size, "train", self.generator)

    def observe(self, accuracy: float) -> None:
        """Grow when the running accuracy is above the threshold, and start counting again."""
        self.running = self.memory * self.running + (1 - self.memory) * accuracy
        if self.running > self.threshold and self.size < self.largest:
            self.size, self.running = min(self.size + self.by, self.largest), 0.0


@dataclass(frozen=True)
class Pool:
    """Problems drawn from a pool, with replacement, each in a new guise whenever it is drawn, if there is one."""

    task: Judge
    problems: Batch
    count: int  # problems a batch
    generator: Generator
    augment: Callable[[Batch, Generator], Batch] | None = None

    def draw(self) -> Batch:
        """A batch of problems, augmented."""
        chosen = torch.randint(len(self.problems.inputs), (self.count,), generator=self.generator)
        drawn = Batch(*(part[chosen] for part in self.problems))
        return self.augment(drawn, self.generator) if self.augment else drawn

    def observe(self, accuracy: float) -> None:
        """Nothing changes with success."""


@dataclass
class InTurn:
    """Batches that were made beforehand, one after the other, and from the first again after the last."""

    task: Judge
    batches: Sequence[Batch]
    drawn: int = 0

    def draw(self) -> Batch:
        """The next batch."""
        self.drawn += 1
        return self.batches[(self.drawn - 1) % len(self.batches)]

    def observe(self, accuracy: float) -> None:
        """Nothing changes with success."""
