"""Completions: a few cells of a finished board are given; every finished board that keeps them is right.

All finished boards are listed. The solutions of an input, and how an ideal sampler does, are table look-ups.

Two splits. `masks`: the inputs of training and test differ, their finished boards do not. `kinds`: the finished
boards differ as well, so no board of a test kind was ever a target.

Shape letters: B inputs, L cells, K finished boards, R relations, V symbols without blank.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from recurse_lab.tasks.base import SPLITS, Batch, Split, in_split
from recurse_lab.tasks.judging import Classes

TRIES = 400  # draws of 2 B + 64 inputs before `pool` gives up


@dataclass(frozen=True)
class Completions(Classes, ABC):
    """Inputs (B, L): 0 for blank, else a symbol. Targets (B, L): one of the solutions, all equally likely.

    Raises:
        ValueError: the kind of split is unknown.
    """

    split_by: Literal["masks", "kinds"] = "kinds"
    dims = 1

    def __post_init__(self) -> None:
        if self.split_by not in ("masks", "kinds"):
            raise ValueError(f"split_by must be 'masks' or 'kinds', not {self.split_by!r}")

    @property
    @abstractmethod
    def finished(self) -> Int[Tensor, "K L"]:
        """All finished boards."""

    @property
    @abstractmethod
    def kinds(self) -> list[Split]:
        """The split of each finished board."""

    @abstractmethod
    def canonical(self, boards_BL: Int[Tensor, "B L"]) -> Int[Tensor, "B L"]:
        """The same form for all inputs that are the same up to the task's symmetry; it decides their split."""

    @abstractmethod
    def relations(self) -> Float[Tensor, "R L L"]:
        """1 where two cells belong together in the sense of relation r, else 0."""

    @property
    def cells(self) -> int:
        """L, the number of cells."""
        return self.finished.shape[1]

    @property
    def symbols(self) -> int:
        """Number of input symbols, blank included."""
        return int(self.finished.max()) + 1

    @property
    def classes(self) -> int:
        """Number of classes: each symbol is its own class; 0 is never a target."""
        return self.symbols

    def answer(self, outputs: Float[Tensor, "B L V"]) -> Int[Tensor, "B L"]:
        """The likeliest symbol of every cell, never blank."""
        return outputs[..., 1:].argmax(-1) + 1

    def sample(self, count: int, size: int, split: Split, generator: Generator) -> Batch:
        """Draw `count` inputs of one split with `size` givens, each with one of its solutions; ValueError as `pool`."""
        return self.pool(count, (size, size), split, generator)

    def pool(
        self,
        count: int,
        givens: tuple[int, int],
        split: Split,
        generator: Generator,
        solutions: tuple[int, int] | None = None,
    ) -> Batch:
        """Draw `count` inputs of one split; the number of givens is uniform.

        Args:
            givens: fewest and most.
            solutions: fewest and most solutions of an input; None: any number.

        Raises:
            ValueError: bad arguments, or too few such inputs.
        """
        if split not in SPLITS:
            raise ValueError(f"split must be one of {', '.join(SPLITS)}, not {split!r}")
        low, high = givens
        if count < 1 or not 0 <= low <= high <= self.cells:
            raise ValueError(
                f"count must be 1 or more, givens from 0 to {self.cells}, not {count} and {low} to {high}"
            )
        if self.split_by == "kinds" and split not in self.kinds:
            raise ValueError(
                f"no finished board is of the {split} split; split by masks or take larger boards"
            )
        kept: list[Tensor] = []
        for _ in range(TRIES):
            batch = self._drawn(2 * count + 64, givens, split, generator)
            kept_B = in_split(self.canonical(batch.inputs), split) | (batch.inputs == 0).all(1)
            if solutions is not None:
                number_B = self.solutions(batch.inputs).sum(1)
                kept_B &= (number_B >= solutions[0]) & (number_B <= solutions[1])
            kept.append(torch.stack(batch, dim=1)[kept_B])
            if sum(map(len, kept)) >= count:
                return Batch(*torch.cat(kept)[:count].unbind(1))
        raise ValueError(
            f"only {sum(map(len, kept))} of {count} inputs with {low} to {high} givens were found"
        )

    def _drawn(self, count: int, givens: tuple[int, int], split: Split, generator: Generator) -> Batch:
        """Finished boards that may be targets in `split`, with all but a random number of cells blanked."""
        wanted = [self.split_by == "masks" or kind == split for kind in self.kinds]
        boards_KL = self.finished[torch.tensor(wanted)]
        targets_BL = boards_KL[torch.randint(len(boards_KL), (count,), generator=generator)]
        given_B = torch.randint(givens[0], givens[1] + 1, (count,), generator=generator)
        order_BL = torch.rand(count, self.cells, generator=generator).argsort(1)
        return Batch(targets_BL * (order_BL < given_B[:, None]), targets_BL)

    def solutions(self, inputs_BL: Int[Tensor, "B L"]) -> Bool[Tensor, "B K"]:
        """Which finished boards keep the givens of each input; ValueError for a wrong size or symbol."""
        self._check(inputs_BL)
        agrees_BKL = (inputs_BL[:, None] == self.finished[None]) | (inputs_BL[:, None] == 0)
        return agrees_BKL.all(2)

    def number(self, answers_BL: Int[Tensor, "B L"]) -> Int[Tensor, " B"]:
        """The number of each answer among the finished boards; -1 for an answer that is none."""
        self._check(answers_BL)
        same_BK = (answers_BL[:, None] == self.finished[None]).all(2)
        return torch.where(same_BK.any(1), same_BK.int().argmax(1), -1)

    def verify(self, inputs_BL: Int[Tensor, "B L"], answers_BL: Int[Tensor, "B L"]) -> Bool[Tensor, " B"]:
        """True where an answer is a finished board that keeps the givens; ValueError for a wrong size or symbol."""
        if len(inputs_BL) != len(answers_BL):
            raise ValueError(f"{len(inputs_BL)} inputs cannot have {len(answers_BL)} answers")
        self._check(inputs_BL)
        kept_B = ((inputs_BL == 0) | (inputs_BL == answers_BL)).all(1)
        return (self.number(answers_BL) >= 0) & kept_B

    def _check(self, boards_BL: Int[Tensor, "B L"]) -> None:
        if boards_BL.dim() != 2 or boards_BL.shape[1] != self.cells:
            raise ValueError(f"boards must have the shape (B, {self.cells}), not {tuple(boards_BL.shape)}")
        if boards_BL.is_floating_point() or boards_BL.is_complex():
            raise ValueError(f"boards hold whole numbers, not {boards_BL.dtype}")
        if len(boards_BL) and not 0 <= boards_BL.min() <= boards_BL.max() < self.symbols:
            raise ValueError(f"boards hold 0 for blank and symbols from 1 to {self.symbols - 1} only")
