"""What the searches for learning rates and norms measure, on hard validation puzzles.

A search trains every arm at several rates, for as many steps as the arm has in use, on seeds from 100 on that no
claim uses. The kinds of solution in the validation puzzles occur neither in training nor in the test. If the best
rate is the smallest or the largest tried, the search tries the next one beyond it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, cast

from torch import Tensor

from recurse_lab.experiments.sudoku.arm import SudokuArm
from recurse_lab.experiments.sudoku.problems import puzzles
from recurse_lab.experiments.sudoku.scores import right_after
from recurse_lab.experiments.sudoku.trial import train
from recurse_lab.models.feed_forward import FeedForwardConfig

NORMS: tuple[Literal["post", "pre"], ...] = ("post", "pre")


def either_norm(arms: Mapping[str, SudokuArm]) -> dict[str, SudokuArm]:
    """Plain arms, each with norms after the sums and with norms before the branches; the norm stands in the name."""
    return {
        f"{name}, {norm}-norm": replace(arm, model=replace(cast(FeedForwardConfig, arm.model), norm=norm))
        for name, arm in arms.items()
        for norm in NORMS
    }


def validate(arm: SudokuArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Train one net; the score is the share of hard validation puzzles wholly right."""
    model, run = train(arm, seed)
    ((_, right_BL),) = right_after(model, puzzles(arm, "validation", seed), [arm.judged])
    cells, exact = right_BL.float().mean().item(), right_BL.all(1).float().mean().item()
    return {"cells": cells, "score": exact, "rate": arm.plan.rate, "train_seconds": run.seconds}, {}
