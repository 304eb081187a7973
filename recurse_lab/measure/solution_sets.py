"""Samples against the set of all solutions: how many are valid, and how many of the solutions they find.

Shape letters: S samples, B inputs, L cells, K finished boards.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from recurse_lab.tasks.completions import Completions


@dataclass(frozen=True)
class Samples:
    """Answers to each input of a task, and what they hit.

    Raises:
        ValueError: an input has no solution.
    """

    task: Completions
    inputs: Int[Tensor, "B L"]
    answers: Int[Tensor, "S B L"]

    def __post_init__(self) -> None:
        if not self.solutions.any(1).all():
            number = int((~self.solutions.any(1)).nonzero()[0])
            raise ValueError(f"input {number} has no solution, so no sample of it can be judged")

    @cached_property
    def solutions(self) -> Bool[Tensor, "B K"]:
        """Which finished boards solve each input."""
        return self.task.solutions(self.inputs)

    @cached_property
    def number(self) -> Int[Tensor, "S B"]:
        """The number of the solution that each sample is; -1 if it is none of its input."""
        number_SB = self.task.number(self.answers.flatten(0, 1)).view(self.answers.shape[:2])
        fits_SB = self.solutions.gather(1, number_SB.clamp_min(0).T).T
        return torch.where(fits_SB, number_SB, -1)

    @property
    def valid(self) -> Bool[Tensor, "S B"]:
        """Whether each sample is a solution of its input."""
        return self.number >= 0

    def found(self, count: int | None = None) -> Bool[Tensor, "B K"]:
        """Which solutions the first `count` samples hit; None: all samples."""
        number_BS = self.number[:count].T
        hits_BK1 = torch.zeros(len(number_BS), len(self.task.finished) + 1, dtype=torch.bool)
        hits_BK1.scatter_(1, torch.where(number_BS < 0, len(self.task.finished), number_BS), True)
        return hits_BK1[:, :-1]

    def coverage(
        self, count: int | None = None, among: Bool[Tensor, " K"] | None = None
    ) -> Float[Tensor, " _"]:
        """Share of each input's solutions among the first `count` samples.

        Args:
            among: count these finished boards only, for inputs that have one of them as solution.
        """
        wanted_BK = self.solutions if among is None else self.solutions & among
        some_B = wanted_BK.any(1)
        hit_B = (self.found(count) & wanted_BK).sum(1)
        return (hit_B / wanted_BK.sum(1))[some_B]

    def expected(self, count: int) -> Float[Tensor, " B"]:
        """Expected coverage of `count` of the samples, chosen at random; ValueError if there are not so many."""
        total = len(self.answers)
        if not 1 <= count <= total:
            raise ValueError(f"count must be from 1 to {total} samples, not {count}")
        hits_BK = torch.nn.functional.one_hot(self.number.T + 1, len(self.task.finished) + 1).sum(1)[:, 1:]
        left = torch.arange(total + 1.0)  # samples that miss a solution hit `total - left` times
        misses = torch.ones(total + 1)
        for drawn in range(count):
            misses *= ((left - drawn) / (total - drawn)).clamp_min(0)
        found_BK = 1 - misses[total - hits_BK]
        return (found_BK * self.solutions).sum(1) / self.solutions.sum(1)

    def ideal(self, count: int) -> Float[Tensor, " B"]:
        """Expected coverage of `count` independent samples, all solutions equally likely: 1 - (1 - 1/n)^S."""
        return 1 - (1 - 1 / self.solutions.sum(1)) ** count

    def passed(self, count: int | None = None) -> Bool[Tensor, " B"]:
        """Whether one of the first `count` samples is valid: pass@k."""
        return self.valid[:count].any(0)

    def distinct(self) -> Int[Tensor, " B"]:
        """Number of different valid samples of each input."""
        return self.found().sum(1)

    def chosen(self, score_SB: Float[Tensor, "S B"]) -> Bool[Tensor, " B"]:
        """Whether the sample with the highest score is valid."""
        return self.valid.gather(0, score_SB.argmax(0, keepdim=True))[0]
