"""The puzzles of an experiment on Sudoku."""

from functools import lru_cache

from torch import Generator

from recurse_lab.experiments.sudoku.arm import Puzzles, SudokuArm
from recurse_lab.tasks.base import Batch, Split, own_seed
from recurse_lab.tasks.sudoku import Sudoku

TEST_SEED, VALIDATION_SEED = 1_000_081, 1_000_099


def puzzles(arm: SudokuArm, split: Split, seed: int = 0) -> Batch:
    """Hard puzzles for validation or test: each seed's own if `arm.own_test`, else the same for all arms and seeds."""
    base = TEST_SEED if split == "test" else VALIDATION_SEED
    return pool(arm.puzzles, split, own_seed(base, seed, arm.own_test))


def task_of(arm: SudokuArm) -> Sudoku:
    """The arm's task."""
    return Sudoku(arm.puzzles.side)


@lru_cache(maxsize=8)
def pool(which: Puzzles, split: Split, seed: int) -> Batch:
    """Puzzles of one split: easy for training, hard for validation and test."""
    counts = {"train": which.train, "validation": which.validation, "test": which.test}
    givens = which.train_givens if split == "train" else which.test_givens
    return Sudoku(which.side).pool(counts[split], givens, split, Generator().manual_seed(seed))
