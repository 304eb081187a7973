"""Chapter 03: its arms, fixed before any run unless a comment says otherwise.

`python -m recurse_lab run --profile full --only 03` writes their reference records.
"""

from dataclasses import replace
from typing import Literal, cast

from recurse_lab.experiments.sudoku.arm import (
    RECURSIVE,
    STEPS,
    TINY,
    Puzzles,
    SudokuArm,
    at_profile,
    in_other_norm,
    plan,
    to_plateau,
)
from recurse_lab.experiments.sudoku.problems import puzzles
from recurse_lab.experiments.sudoku.tables import solved
from recurse_lab.experiments.sudoku.trial import build, restore, train, trial
from recurse_lab.models.feed_forward import FeedForwardConfig
from recurse_lab.records.rerun import Recorded
from recurse_lab.train.objectives.every_step import EveryStep
from recurse_lab.train.objectives.last_step import LastStep

__all__ = [
    "APART",
    "LIVE",
    "NINE",
    "PLATEAU",
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
    label: str, depth: int, width: int, rate: float, norm: Literal["post", "pre"], signal: bool = False
) -> SudokuArm:
    """A net of different blocks, each applied once; `signal` adds the loss after every block, not only the last.

    The rate is the best for that norm in the search on validation puzzles (`sudoku_rates`). The norm is the
    better one, except for `once` and for nets that are trained with both norms.
    """
    return SudokuArm(
        label=label,
        model=FeedForwardConfig(depth=depth, width=width, norm=norm),
        objective=EveryStep(steps=depth) if signal else LastStep(steps=depth),
        plan=plan(STEPS, rate),
    )


LIVE = {
    "recursive": RECURSIVE,
    # control with equal training compute and three times the parameters
    "untied": plain("six different blocks", 6, 32, rate=4e-3, norm="post"),
    # control with equal parameters: the recursive net's own blocks, so their norm is not searched
    "once": plain("the same two blocks, once", 2, 32, rate=1.6e-2, norm="post"),
}

PLATEAU = {f"{name}_long": to_plateau(arm) for name, arm in LIVE.items()} | {
    "four_times": to_plateau(plain("eight blocks (4x)", 8, 32, rate=8e-3, norm="pre")),
    "sixteen_times": to_plateau(plain("eight wider blocks (16x)", 8, 64, rate=4e-3, norm="pre")),
    "sixty_four_times": to_plateau(
        plain("eight blocks, four times as wide (63x)", 8, 128, rate=2e-3, norm="pre")
    ),
}

# Nets with norms before the branches learn faster at first but need not end higher. Train both norms.
PLATEAU |= {
    "untied_pre": in_other_norm(PLATEAU["untied_long"], rate=4e-3),
    "four_times_post": in_other_norm(PLATEAU["four_times"], rate=4e-3),
    "sixteen_times_post": in_other_norm(PLATEAU["sixteen_times"], rate=2e-3),
    "sixty_four_times_post": in_other_norm(PLATEAU["sixty_four_times"], rate=1e-3),
}

# Controls that change parameters, depth or training signal, one at a time.
APART = {
    "wide": to_plateau(plain("two blocks four times as wide (16x)", 2, 128, rate=4e-3, norm="post")),
    "deep": to_plateau(plain("twelve blocks (6x)", 12, 32, rate=1.6e-2, norm="pre")),
    "deep_signal": to_plateau(
        plain("twelve blocks, asked after each (6x)", 12, 32, rate=8e-3, norm="pre", signal=True)
    ),
    "unrolled": to_plateau(
        replace(
            RECURSIVE,
            label="two blocks, 4 cycles, asked at the end",
            objective=LastStep(steps=4),
            plan=plan(STEPS, rate=8e-3),
        )
    ),
}

# Added after all other results were known: does it help a plain net to see the puzzle at every block?
APART["deep_shown"] = replace(
    APART["deep_signal"],
    label="twelve blocks, asked after each, shown the puzzle at each (6x)",
    model=replace(cast(FeedForwardConfig, APART["deep_signal"].model), injection=True),
)

# Train both norms, as above.
for _name, _rate in {"deep": 2e-3, "deep_signal": 8e-3, "deep_shown": 8e-3}.items():
    APART[f"{_name}_post"] = in_other_norm(APART[_name], _rate)

# Recorded: the same architecture on 9x9 puzzles. Its rate was not searched.
NINE = {
    "nine": replace(
        RECURSIVE,
        label="two blocks on 9x9",
        model=replace(TINY, symbols=10, classes=10, cells=81, width=48),
        puzzles=Puzzles(side=9, train=4_000, train_givens=(30, 44), test_givens=(22, 27)),
        batch=16,
        plan=plan(8_000, rate=3e-3),
    )
}

RECORDED = (Recorded(trial=trial, arms=LIVE | PLATEAU | APART | NINE, metric=solved),)
