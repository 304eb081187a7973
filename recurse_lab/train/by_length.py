"""A source of batches whose rows have about the same length, so that little padding is computed.

Shape letters: B problems, *K rows of a problem, C cells.
"""

from dataclasses import dataclass, field

import torch
from jaxtyping import Int
from torch import Generator, Tensor

from recurse_lab.tasks.base import IGNORE, Batch
from recurse_lab.tasks.judging import Judge


@dataclass
class ByLength:
    """Problems drawn with replacement, several batches at a time, sorted by length and cut to their longest row.

    Raises:
        ValueError: there is no problem, or a number is below 1.
    """

    task: Judge
    problems: Batch  # inputs and targets (B, *K, C), padded at the right
    count: int  # problems per batch
    generator: Generator
    ahead: int = 8  # batches drawn at a time
    waiting: list[Batch] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Measure the rows once."""
        if not len(self.problems.inputs) or min(self.count, self.ahead) < 1:
            raise ValueError(
                f"needs 1 problem or more, count and ahead of 1 or more, not {len(self.problems.inputs)}, "
                f"{self.count} and {self.ahead}"
            )
        self.lengths = lengths(self.problems.targets)

    def draw(self) -> Batch:
        """The next batch, in random order of the lengths."""
        if not self.waiting:
            self.waiting = self._drawn()
        return self.waiting.pop()

    def _drawn(self) -> list[Batch]:
        total = self.count * self.ahead
        chosen = torch.randint(len(self.lengths), (total,), generator=self.generator)
        rows = chosen[self.lengths[chosen].argsort(stable=True)].split(self.count)
        order = torch.randperm(self.ahead, generator=self.generator).tolist()
        return [trimmed(Batch(*(part[rows[place]] for part in self.problems))) for place in order]

    def observe(self, accuracy: float) -> None:
        """Do nothing: the accuracy has no effect."""


def lengths(targets: Int[Tensor, "B *K C"]) -> Int[Tensor, " B"]:
    """Cells up to the last one that counts, of the longest row of each problem."""
    places_C = torch.arange(1, targets.shape[-1] + 1)
    return ((targets != IGNORE) * places_C).flatten(1).amax(1)


def trimmed(batch: Batch) -> Batch:
    """The batch without the cells after its longest row."""
    most = int(lengths(batch.targets).max())
    return Batch(*(part[..., :most] for part in batch))
