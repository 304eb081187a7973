"""The boards of an experiment: for training, for validation and for the test, with several or with one solution."""

from functools import lru_cache
from typing import Literal

import torch
from torch import Generator

from recurse_lab.experiments.completions.arm import CompletionArm
from recurse_lab.tasks.base import Batch, Split, own_seed
from recurse_lab.tasks.completions import Completions

TEST_SEED = 1_000_117  # with the training seed, draws the boards of validation and test
Solutions = Literal["several", "one"]
MOST = 10_000  # more solutions than any board has


def training_boards(arm: CompletionArm, generator: Generator) -> Batch:
    """The pool; inputs (B, L), or (B, 2, L) with the answer if the net has a posterior."""
    drawn = arm.boards.pool(arm.pool, arm.givens, "train", generator)
    return Batch(torch.stack(drawn, dim=1), drawn.targets) if arm.variational else drawn


def boards(arm: CompletionArm, split: Split, seed: int, solutions: Solutions = "several") -> Batch:
    """The boards of validation or test that a seed draws for itself."""
    count = arm.problems if solutions == "several" else arm.unique
    return _boards(arm.boards, count, arm.tested, split, own_seed(TEST_SEED, seed, own=True), solutions)


@lru_cache(maxsize=8)
def _boards(
    task: Completions, count: int, givens: tuple[int, int], split: Split, seed: int, solutions: Solutions
) -> Batch:
    number = (2, MOST) if solutions == "several" else (1, 1)
    return task.pool(count, givens, split, Generator().manual_seed(seed), number)
