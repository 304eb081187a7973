"""The arms of an experiment on boards with several solutions: a net, its training, and ways to draw from it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from recurse_lab.models.gram import GRAMConfig
from recurse_lab.models.noisy import NoisyConfig
from recurse_lab.tasks.completions import Completions
from recurse_lab.tasks.four_sudoku import FourSudoku
from recurse_lab.tasks.queens import Queens
from recurse_lab.train.objectives.best_draw import BestDraw
from recurse_lab.train.objectives.deep_supervision import DeepSupervision
from recurse_lab.train.optimizer import Plan

SAMPLES = 20  # draws from each board, as in the paper
STEPS = 6  # cycles of a draw, and most cycles of training on one board


@dataclass(frozen=True, kw_only=True)
class Way:
    """How answers are drawn from a trained net; its noise may differ from that of the training."""

    label: str = ""  # empty: the arm's
    kind: Literal["draws", "by itself", "cell after cell"] = "draws"  # the functions of `sampling`
    steps: int = STEPS  # cycles of a draw, or before each drawn cell
    start: float | None = None  # noise of a `Noisy` net in use; None: as trained
    every_step: float | None = None
    dropout: float | None = None
    temperature: float = 1.0  # of drawn cells
    at_once: int = 1  # cells drawn after each thought
    certain: float | None = None  # probability from which cells are drawn besides these; None: no cell
    carry: bool = False  # whether a drawn cell leaves the state as it is


@dataclass(frozen=True, kw_only=True)
class CompletionArm:
    """A net, its training, and the ways to draw from it; every seed draws its own training and test boards."""

    label: str
    model: GRAMConfig | NoisyConfig
    plan: Plan
    ways: Mapping[str, Way]  # name -> way; no two arms of an experiment share a name
    task: Literal["sudoku", "queens"] = "sudoku"
    split_by: Literal["masks", "kinds"] = "kinds"
    givens: tuple[int, int] = (2, 5)  # fewest and most in training
    tested: tuple[int, int] = (2, 5)  # and in validation and test
    through: int = 1  # cycles of a supervision step: the gradient goes through all of them
    best_of: int = (
        0  # draws of which the best one learns (`BestDraw`), after `through` cycles; 0: deep supervision
    )
    batch: int = 32
    pool: int = 20_000  # training boards
    problems: int = 128  # test boards with several solutions, drawn anew by each seed
    unique: int = 64  # test boards with one solution; 0: none
    head_steps: int = 100  # optimizer steps of the reward head, after the training; 0: no head

    @property
    def variational(self) -> bool:
        """Whether the net draws a latent and learns from its posterior."""
        return isinstance(self.model, GRAMConfig)

    @property
    def boards(self) -> Completions:
        """The arm's task."""
        return (FourSudoku if self.task == "sudoku" else Queens)(self.split_by)

    @property
    def objective(self) -> DeepSupervision | BestDraw:
        """`STEPS` cycles on each board, one supervision step per optimizer step; a solved board stays."""
        if self.best_of:
            return BestDraw(steps=self.through, draws=self.best_of, max_age=STEPS // self.through)
        return DeepSupervision(steps=self.through, max_age=STEPS // self.through, refill=0.0)


def plan(steps: int, rate: float = 4e-3) -> Plan:
    """The plan that all arms share: that of the tiny recursive model of chapter 03, and a smaller rate at the end."""
    return Plan(
        steps=steps, rate=rate, warmup=20, decay_last=0.2, weight_decay=0.1, betas=(0.9, 0.95), average=0.99
    )


_BACKBONE: dict[str, Any] = {
    "symbols": 5,
    "classes": 5,
    "cells": 16,
    "width": 32,
    "heads": 4,
    "refinements": 2,
    "mixer": "attention",
    "multiple": 1,
}
LATENT = GRAMConfig(**_BACKBONE)
PLAIN = NoisyConfig(**_BACKBONE)


def at_profile(arms: Mapping[str, CompletionArm], profile: str) -> dict[str, CompletionArm]:
    """The arms unchanged in `quick` and `full`; in `smoke`, 8 steps and a few boards."""
    if profile != "smoke":
        return dict(arms)
    small: dict[str, Any] = {"pool": 64, "problems": 8, "unique": 4}
    return {
        name: replace(arm, plan=replace(arm.plan, steps=8), head_steps=min(2, arm.head_steps), **small)
        for name, arm in arms.items()
    }
