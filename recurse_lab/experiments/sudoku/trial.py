"""Train one net on easy Sudoku puzzles, and measure it on hard ones whose kinds of solution it has not seen."""

from typing import Any, NamedTuple, cast

from torch import Tensor

from recurse_lab.experiments.sudoku.arm import SudokuArm
from recurse_lab.experiments.sudoku.draws import chosen
from recurse_lab.experiments.sudoku.problems import puzzles, task_of
from recurse_lab.experiments.sudoku.scores import Model, accuracy, cost, early_exit
from recurse_lab.kernels import fused
from recurse_lab.models.feed_forward import FeedForward, FeedForwardConfig
from recurse_lab.models.hrm import HRM, HRMConfig
from recurse_lab.models.trm import TRM
from recurse_lab.records.record import kept, loaded
from recurse_lab.train.loop import After, Run, fit, seeded
from recurse_lab.train.objectives.halting_supervision import HaltingSupervision
from recurse_lab.train.sources import Pool

EVERY = 20  # optimizer steps a recorded point of the learning curve


@fused()
def trial(arm: SudokuArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train, then measure on hard unseen puzzles.

    Cost: about 17 CPU-seconds for the recursive net of chapter 03, 6 for `once`. Expected: the recursive net
    solves more than .9 of the hard 6x6 puzzles, the same blocks applied once solve none.
    """
    model, run = train(arm, seed)
    test = puzzles(arm, "test", seed)
    values = cost(arm, model, len(run.loss), seed) | {
        "train_seconds": run.seconds,
        "steps": len(run.loss),
        "boards": run.examples,
        "curve": run.curve(EVERY),
        **accuracy(arm, model, test),
    }
    if arm.recursive and isinstance(arm.objective, HaltingSupervision):
        values["early_exit"] = early_exit(arm, cast(TRM, model), test)
    if arm.draws:
        values["draws"] = chosen(arm, cast(TRM, model), test, {"every_step": arm.noise}, arm.draws, seed)
    return values, kept(model)


class Trained(NamedTuple):
    """The net with its averaged weights, and its run: the learning curve."""

    model: Model
    run: Run


@fused()
def train(arm: SudokuArm, seed: int, after: After | None = None) -> Trained:
    """Train a net; `after` is called with every step."""
    with seeded(seed) as generator:
        model = build(arm)
    task = task_of(arm)
    source = Pool(task, puzzles(arm, "train", seed), arm.batch, generator, task.augment)
    return Trained(model, fit(model, source, arm.objective, arm.plan, generator, after))


def build(arm: SudokuArm) -> Model:
    """An untrained net of the arm's kind."""
    relations = task_of(arm).relations()
    if isinstance(arm.model, FeedForwardConfig):
        return FeedForward(arm.model, relations)
    return (HRM if isinstance(arm.model, HRMConfig) else TRM)(arm.model, relations)


def restore(arm: SudokuArm, weights: dict[str, Tensor]) -> Model:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(build(arm), weights, arm.label)
