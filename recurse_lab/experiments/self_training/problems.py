"""The boards of an arm, and batches that are half labeled and half the net's own."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

import torch
from jaxtyping import Int
from torch import Generator, Tensor

from recurse_lab.experiments.self_training.arm import Boards, SelfTrainingArm
from recurse_lab.tasks.base import Batch, Split, own_seed
from recurse_lab.tasks.judging import Judge
from recurse_lab.train.sources import Pool

SEEDS = {"labeled": 1_000_231, "pool": 1_000_253, "validation": 1_000_273, "test": 1_000_289}


def labeled(boards: Boards, seed: int) -> Batch:
    """The labeled boards of a seed."""
    return _drawn(
        boards, boards.labeled, boards.labeled_givens, boards.labeled_solutions, "train", "labeled", seed
    )


def unlabeled(boards: Boards, seed: int) -> Batch:
    """The boards without labels, with the targets that no arm but `truth` may see."""
    return _drawn(boards, boards.pool, boards.pool_givens, boards.solutions, "train", "pool", seed)


def unseen(boards: Boards, split: Split, seed: int) -> Batch:
    """Boards for validation or test, of kinds that never are a target."""
    return _drawn(boards, boards.problems, boards.givens, boards.solutions, split, split, seed)


def masked(boards: Boards, batch: Batch, generator: Generator) -> Batch:
    """Finished boards of a batch with only as many givens as the boards without labels; solutions are not counted."""
    low, high = boards.givens
    given_B = torch.randint(low, high + 1, (len(batch.targets),), generator=generator)
    order_BL = torch.rand(batch.targets.shape, generator=generator).argsort(1)
    return Batch(batch.targets * (order_BL < given_B[:, None]), batch.targets)


@lru_cache(maxsize=16)
def _drawn(
    boards: Boards,
    count: int,
    givens: tuple[int, int],
    solutions: tuple[int, int],
    split: Split,
    use: str,
    seed: int,
) -> Batch:
    generator = Generator().manual_seed(own_seed(SEEDS[use], seed, own=True))
    return boards.completions.pool(count, givens, split, generator, solutions)


@lru_cache(maxsize=4)
def renamings(boards: Boards) -> Int[Tensor, "M V"]:
    """Renamings of the symbols that leave right boards right; for queens, the mirror: columns from right to left."""
    symbols = range(1, boards.completions.symbols)
    if boards.task == "queens":
        return torch.tensor([(0, *symbols), (0, *reversed(symbols))])
    return torch.tensor([(0, *order) for order in permutations(symbols)])


@dataclass(frozen=True)
class Renamed:
    """An `augment` for `Pool`: every board with its symbols renamed at random."""

    boards: Boards

    def __call__(self, batch: Batch, generator: Generator) -> Batch:
        """The renamed batch."""
        all_MV = renamings(self.boards)
        new_BV = all_MV[torch.randint(len(all_MV), (len(batch.inputs),), generator=generator)]
        return Batch(*(new_BV.gather(1, part) for part in batch))


@dataclass(frozen=True)
class Masked:
    """As `Renamed`, and every board gets other givens: as many as the boards without labels."""

    boards: Boards

    def __call__(self, batch: Batch, generator: Generator) -> Batch:
        """The renamed boards with new givens."""
        return masked(self.boards, Renamed(self.boards)(batch, generator), generator)


def changed(arm: SelfTrainingArm) -> Renamed | Masked | None:
    """What is changed in the half of a batch that a round adds; facts are learned as they are."""
    if arm.boards.facts:
        return None
    return (Masked if arm.keep == "masked labels" else Renamed)(arm.boards)


@dataclass(frozen=True)
class Halves:
    """A source of batches: one half from each of two pools."""

    first: Pool
    second: Pool

    @property
    def task(self) -> Judge:
        """The task of the first pool."""
        return self.first.task

    def draw(self) -> Batch:
        """A batch of both."""
        return Batch(*(torch.cat(parts) for parts in zip(self.first.draw(), self.second.draw(), strict=True)))

    def observe(self, accuracy: float) -> None:
        """Do nothing: the accuracy has no effect."""
