"""The puzzles of an experiment on Sudoku: each seed draws its own, and deals the kinds of solution to the splits."""

from functools import lru_cache

from torch import Generator

from recurse_lab.experiments.sudoku.arm import Puzzles, SudokuArm
from recurse_lab.tasks.base import Batch, Split
from recurse_lab.tasks.dealt_sudoku import DealtSudoku
from recurse_lab.tasks.sudoku import Sudoku

# distinct draws for the three splits of one seed
FIRST = {"train": 0, "validation": 1_000_099, "test": 1_000_081}


def puzzles(arm: SudokuArm, split: Split, seed: int) -> Batch:
    """The puzzles of one split, the same for all arms of a seed: easy for training, hard for the others."""
    return pool(arm.puzzles, split, seed)


def task_of(arm: SudokuArm) -> Sudoku:
    """The arm's task."""
    return Sudoku(arm.puzzles.side)


@lru_cache(maxsize=8)
def pool(which: Puzzles, split: Split, seed: int) -> Batch:
    """Puzzles of one split and seed. The kinds of solution in validation and test differ from those in training."""
    counts = {"train": which.train, "validation": which.validation, "test": which.test}
    givens = which.train_givens if split == "train" else which.test_givens
    generator = Generator().manual_seed(FIRST[split] + 7_919 * (seed + 1))
    return DealtSudoku(which.side, deal=seed).pool(counts[split], givens, split, generator)
