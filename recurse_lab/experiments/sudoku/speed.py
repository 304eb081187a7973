"""The training steps that `speed` measures: chapter 03's, and the published Sudoku recipe's at several widths.

Shape letters: B boards, L cells.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import cast

import torch

from recurse_lab.experiments.sudoku.arm import RECURSIVE, SudokuArm
from recurse_lab.experiments.sudoku.problems import pool, task_of
from recurse_lab.experiments.sudoku.scores import training_flops
from recurse_lab.experiments.sudoku.trial import build
from recurse_lab.kernels import fused
from recurse_lab.measure.cost import forward_flops
from recurse_lab.measure.speed import Mark, TrainingRun
from recurse_lab.models.trm import TRM, TRMConfig
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import CLASSES
from recurse_lab.train.loop import seeded, training
from recurse_lab.train.objectives.halting_supervision import HaltingSupervision
from recurse_lab.train.optimizer import Plan
from recurse_lab.train.sources import InTurn, Pool

HEAD_WIDTH = 64  # of the published net, whose width is 512; the same at every width
PREFIXES = (1, 16)  # prefix tokens: one, and the published sixteen
PUBLISHED = HaltingSupervision()  # T = 3, stablemax
# the published Sudoku recipe; the measurement sets the number of steps
RECIPE = Plan(
    steps=1,
    rate=1e-4,
    warmup=0,
    decay_last=0.0,
    weight_decay=1.0,
    betas=(0.9, 0.95),
    clip=None,
    average=0.999,
)


@dataclass(frozen=True)
class Case:
    """A training step to measure."""

    name: str
    flops: float  # model FLOPs of one step
    run: TrainingRun
    times: int = 1  # factor on the number of steps to measure, above 1 for short steps


def cases(widths: Iterable[int] = (), batch: int | None = None) -> Iterator[Case]:
    """Chapter 03's step and the published recipe at widths 128 and 512, or the recipe alone at `widths`.

    The iterator builds one case at a time. Cost of a step on one thread: about 25 CPU-milliseconds for
    chapter 03, 1 to 3 CPU-seconds for the published recipe.

    Args:
        batch: boards a step of the published recipe; no effect on chapter 03's step.

    Raises:
        ValueError: a width is not a multiple of the heads' width, or `batch` is less than 1.
    """
    widths = tuple(widths)
    for width in widths:
        if width < HEAD_WIDTH or width % HEAD_WIDTH:
            raise ValueError(f"width must be a multiple of {HEAD_WIDTH}, not {width}")
    if batch is not None and batch < 1:
        raise ValueError(f"batch must be a whole number from 1 on, not {batch}")
    chapters = () if widths else (RECURSIVE,)
    nets = ((width, prefix) for width in widths or (128, 512) for prefix in PREFIXES)
    return chain(
        (chapter(arm) for arm in chapters),
        (published(width, prefix, batch or (32 if width < 512 else 4)) for width, prefix in nets),
    )


def published(width: int, prefix: int, batch: int) -> Case:
    """The published recursion, loss and optimizer at one width, on boards of 81 random cells."""
    config = TRMConfig(width=width, heads=width // HEAD_WIDTH, prefix=prefix)
    with seeded(0) as generator:
        model = TRM(config)
    shape = (batch, config.cells)
    boards = Batch(*(torch.randint(1, config.symbols, shape, generator=generator) for _ in range(2)))
    source = InTurn(CLASSES, [boards])

    @fused()
    def run(steps: int, mark: Mark) -> None:
        for _ in training(model, source, PUBLISHED, replace(RECIPE, steps=steps), generator):
            mark()

    tokens = f"{prefix} prefix token{'s' if prefix > 1 else ''}"
    name = f"width {width}, batch {batch}, {tokens}"
    flops = forward_flops(model, boards.inputs).training(1.0, PUBLISHED.cycles - 1.0)
    return Case(name, flops, run)


def chapter(arm: SudokuArm) -> Case:
    """The training step of an arm of chapter 03, with its own data and slow average, in the library's training loop."""
    with seeded(0) as generator:
        model = cast(TRM, build(arm))
    problems = pool(replace(arm.puzzles, train=2 * arm.batch), "train", 0)
    task = task_of(arm)
    source = Pool(task, problems, arm.batch, generator, task.augment)

    @fused()
    def run(steps: int, mark: Mark) -> None:
        for _ in training(model, source, arm.objective, replace(arm.plan, steps=steps), generator):
            mark()

    config = cast(TRMConfig, arm.model)
    name = f"chapter 03: width {config.width}, batch {arm.batch}, {arm.puzzles.side}x{arm.puzzles.side}"
    flops = training_flops(arm, forward_flops(model, problems.inputs[: arm.batch]))
    return Case(name, flops, run, times=20)
