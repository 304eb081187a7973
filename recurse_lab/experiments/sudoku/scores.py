"""Scores of a trained net: boards and cells right by supervision step, early exit, costs.

Shape letters: B puzzles, L cells.
"""

from collections.abc import Iterable
from typing import Any, cast

import torch
from torch import Tensor

from recurse_lab.experiments.sudoku.arm import JUDGED, SudokuArm
from recurse_lab.experiments.sudoku.problems import puzzles
from recurse_lab.measure.cost import ForwardFlops, forward_flops, parameters
from recurse_lab.measure.early_exit import answers
from recurse_lab.models.feed_forward import FeedForward
from recurse_lab.models.trm import TRM, TRMConfig
from recurse_lab.recurrence import Recurrence, think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import CLASSES
from recurse_lab.tasks.sudoku import Sudoku
from recurse_lab.train.objectives.every_step import EveryStep
from recurse_lab.train.objectives.last_step import LastStep

Model = TRM | FeedForward

# boards in one call of `think`; larger batches take longer a board, as their states do not fit the caches
AT_ONCE = 64


def accuracy(arm: SudokuArm, model: Model, batch: Batch) -> dict[str, Any]:
    """Shares of boards and cells right after each number of supervision steps, and of boards solved by technique."""
    reads = [step * arm.cycles for step in arm.reads] if arm.recursive else [arm.judged]
    exact, cells = {}, {}
    by_technique: dict[str, float] = {}
    for step, right_BL in right_after(model, batch, reads):
        name = str(step // arm.cycles)
        solved_B = right_BL.all(1)
        exact[name], cells[name] = solved_B.float().mean().item(), right_BL.float().mean().item()
        if step == arm.judged:
            by_technique = by_grade(arm, solved_B, batch)
    return {"exact": exact, "cells": cells, "by_technique": by_technique}


@torch.no_grad()
def right_after(model: Recurrence, batch: Batch, reads: list[int]) -> Iterable[tuple[int, Tensor]]:
    """For each reading, the step number and which cells are right, (B, L)."""
    right: dict[int, list[Tensor]] = {step: [] for step in reads}
    for inputs, targets in zip(*(part.split(AT_ONCE) for part in batch), strict=True):
        for thought in think(model, inputs, reads[-1], read=reads):
            if thought.output is not None:
                right[thought.step].append(CLASSES.right(thought.output, targets))
    return [(step, torch.cat(parts)) for step, parts in right.items()]


def by_grade(arm: SudokuArm, solved_B: Tensor, batch: Batch) -> dict[str, float]:
    """Technique -> share of the puzzles that need it which are solved."""
    grades = Sudoku(arm.puzzles.side).grade(batch.inputs)
    return {
        grade: solved_B[torch.tensor([each == grade for each in grades])].float().mean().item()
        for grade in sorted(set(grades))
    }


def early_exit(arm: SudokuArm, model: TRM, batch: Batch) -> dict[str, float]:
    """Share of boards right and mean supervision steps when the halting head stops each board."""
    found = answers(model, batch.inputs, cycles=arm.cycles, steps=JUDGED, early_exit=True)
    right = CLASSES.right(found.logits, batch.targets).all(1)
    return {"exact": right.float().mean().item(), "steps": found.steps.float().mean().item()}


def cost(arm: SudokuArm, model: Model, steps: int, seed: int) -> dict[str, float]:
    """Parameters, FLOPs of the training run, FLOPs of one answer after `arm.judged` steps.

    The scores that relations add are computed once a batch; each board counts an equal part of their FLOPs.
    """
    boards = puzzles(arm, "test", seed).inputs[: arm.batch]
    per_board = ForwardFlops(*(flops / len(boards) for flops in forward_flops(model, boards)))
    return {
        "params": parameters(model),
        "train_flops": steps * arm.batch * training_flops(arm, per_board),
        "infer_flops": per_board.answer(arm.judged),
    }


def training_flops(arm: SudokuArm, flops: ForwardFlops) -> float:
    """FLOPs of one optimizer step on the boards whose forward FLOPs are `flops`."""
    if isinstance(arm.objective, EveryStep):
        return flops.training(arm.objective.steps) + 3 * (arm.objective.steps - 1) * flops.read
    if isinstance(arm.objective, LastStep):
        return flops.training(arm.objective.steps)
    graded, free = 1.0, arm.cycles - 1.0
    config = cast(TRMConfig, arm.model)
    if config.gradient == "last":  # only the last z and y of the cycle are differentiated
        n, first, last = config.refinements, config.layers[0], config.layers[-1]
        outside = (n - 1) * first / (n * first + last)
        graded, free = graded - outside, free + outside
    return flops.training(graded, free)
