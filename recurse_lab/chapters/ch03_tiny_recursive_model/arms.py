"""Chapter 03: its arms, fixed before any run unless a comment says otherwise.

`python -m recurse_lab run --profile full --only 03` writes their reference records.
"""

from dataclasses import replace
from typing import Literal

from recurse_lab.experiments.sudoku.arm import (
    READS,
    RECURSIVE,
    STEPS,
    TINY,
    Puzzles,
    SudokuArm,
    at_profile,
    plan,
)
from recurse_lab.experiments.sudoku.problems import puzzles
from recurse_lab.experiments.sudoku.tables import solved
from recurse_lab.experiments.sudoku.trial import build, restore, train, trial
from recurse_lab.models.feed_forward import FeedForwardConfig
from recurse_lab.records.rerun import Recorded
from recurse_lab.train.objectives.every_step import EveryStep
from recurse_lab.train.objectives.last_step import LastStep

__all__ = [
    "EQUAL",
    "LIVE",
    "NINE",
    "RECURSIVE",
    "TASTE",
    "at_profile",
    "build",
    "plain",
    "puzzles",
    "restore",
    "train",
    "trial",
]

TASTE = replace(
    RECURSIVE,
    label="two blocks on 4x4",
    model=replace(TINY, cells=16, symbols=5, classes=5, heads=2),
    puzzles=Puzzles(side=4, train_givens=(7, 10), test_givens=(4, 5)),
    plan=plan(300, rate=4e-3),
)


def plain(
    label: str,
    depth: int,
    width: int,
    rate: float,
    steps: int = STEPS,
    norm: Literal["post", "pre"] = "post",
    signal: bool = True,
) -> SudokuArm:
    """A net of different blocks, each applied once and asked for the answer; `signal=False`: only the last is asked.

    Norm and rate are the best of the search on validation puzzles, for as many steps (`sudoku_rates`).
    """
    return SudokuArm(
        label=label,
        model=FeedForwardConfig(depth=depth, width=width, norm=norm),
        objective=EveryStep(steps=depth) if signal else LastStep(steps=depth),
        plan=plan(steps, rate),
    )


# Steps that cost the training FLOPs of the recursive net's 800; the tests count them.
EQUAL = {
    "narrow": plain("eight narrow blocks, asked after each (1x)", 8, 16, rate=8e-3),
    "thin": plain("32 thin blocks, asked after each (1x)", 32, 8, rate=1.6e-2, steps=1_604),
    "narrow_deep": plain("16 narrow blocks, asked after each (2x)", 16, 16, rate=8e-3, steps=1_035),
    "narrow_deeper": plain("24 narrow blocks, asked after each (3x)", 24, 16, rate=8e-3, steps=690),
    "twelve": plain("twelve blocks, asked after each (6x)", 12, 32, rate=8e-3, steps=407),
    "wide": plain("eight wide blocks, asked after each (16x)", 8, 64, rate=4e-3, steps=167),
}

# The signal alone: the loss of the last answer only. Its rate is that of the like net that is asked after each block.
EQUAL["narrow_deep_end"] = plain(
    "16 narrow blocks, asked at the end (2x)", 16, 16, rate=8e-3, steps=1_035, signal=False
)

LIVE = {"recursive": RECURSIVE, "narrow_deep": EQUAL["narrow_deep"]}

# Recorded: larger boards. Reading goes on to 128 supervision steps.
_BOARDS = Puzzles(side=9, train=4_000, train_givens=(30, 44), test_givens=(22, 27), test=128)
NINE_READS = (*READS, 64, 128)


def nine(arm: SudokuArm, steps: int) -> SudokuArm:
    """An arm on 9x9 puzzles: width 48, batch 16."""
    model = replace(arm.model, symbols=10, classes=10, cells=81, width=48)
    return replace(arm, model=model, puzzles=_BOARDS, batch=16, plan=plan(steps, rate=3e-3), reads=NINE_READS)


# The plain net's steps cost 1.45 times the training FLOPs of the recursive net, and about its time.
NINE = {
    "nine": replace(nine(replace(RECURSIVE, label="two blocks on 9x9"), 8_000), draws=20),
    "nine_twelve": nine(plain("twelve blocks on 9x9, asked after each (6x)", 12, 48, 3e-3), 5_800),
}

RECORDED = (Recorded(trial=trial, arms=LIVE | EQUAL | NINE, metric=solved),)
