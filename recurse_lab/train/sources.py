"""Where training batches come from: a curriculum that grows with success, or a pool of problems made beforehand."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator

from recurse_lab.tasks.base import Batch, Task


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
    """Problems drawn from a pool, with replacement, each in a new guise whenever it is drawn."""

    problems: Batch
    count: int  # problems a batch
    augment: Callable[[Batch, Generator], Batch]
    generator: Generator

    def draw(self) -> Batch:
        """A batch of problems, augmented."""
        chosen = torch.randint(len(self.problems.inputs), (self.count,), generator=self.generator)
        return self.augment(Batch(*(part[chosen] for part in self.problems)), self.generator)

    def observe(self, accuracy: float) -> None:
        """Nothing changes with success."""
