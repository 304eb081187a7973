"""A source whose largest size grows with the number of batches drawn: the same curriculum for every net."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Generator

from recurse_lab.tasks.base import Batch, Task
from recurse_lab.train.sources import Sizes


@dataclass
class Growing:
    """Fresh problems, one size a batch; during the first `draws` batches, only the first sizes, more and more.

    Of k sizes, batch number n draws among the first 1 + floor(n (k - 1) / draws), with a chance proportional
    to the size. `draws` 0 gives all sizes from the start.

    Raises:
        ValueError: there is no size, one is below 1, or `draws` is negative.
    """

    task: Task
    count: int  # problems per batch
    sizes: Sequence[int]  # in the order in which they come
    generator: Generator
    draws: int  # a number and not a success: nets of all kinds see the same problems
    drawn: int = 0

    def __post_init__(self) -> None:
        if self.draws < 0:
            raise ValueError(f"draws must be 0 or more, not {self.draws}")
        Sizes(self.task, self.count, self.sizes, self.generator)

    @property
    def open(self) -> Sequence[int]:
        """The sizes that the next batch may have."""
        if self.drawn >= self.draws:
            return self.sizes
        return self.sizes[: 1 + self.drawn * (len(self.sizes) - 1) // self.draws]

    def draw(self) -> Batch:
        """Draw a training batch of one size."""
        source = Sizes(self.task, self.count, self.open, self.generator)
        self.drawn += 1
        return source.draw()

    def observe(self, accuracy: float) -> None:
        """Do nothing: the accuracy has no effect."""
