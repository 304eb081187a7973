"""Train one net on easy Sudoku puzzles and measure it on hard ones of kinds of solution that it has not seen."""

from time import process_time
from typing import Any, NamedTuple, cast

from torch import Generator, Tensor

from recurse_lab.experiments.sudoku.arm import Objective, SudokuArm
from recurse_lab.experiments.sudoku.problems import pool, puzzles
from recurse_lab.experiments.sudoku.scores import Model, accuracy, cells_right, cost, early_exit, thinned
from recurse_lab.kernels import fused
from recurse_lab.models.feed_forward import FeedForward, FeedForwardConfig
from recurse_lab.models.hrm import HRM, HRMConfig
from recurse_lab.models.trm import TRM
from recurse_lab.records.record import loaded
from recurse_lab.recurrence import Recurrence
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.sudoku import Sudoku
from recurse_lab.train.loop import Run, fit, seeded
from recurse_lab.train.objectives.base import Outcome
from recurse_lab.train.objectives.halting_supervision import HaltingSupervision, Halts
from recurse_lab.train.optimizer import Average
from recurse_lab.train.plateau import PlateauReached, PlateauWatch
from recurse_lab.train.sources import Pool


@fused()
def train_sudoku(arm: SudokuArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train, then measure on hard unseen puzzles.

    Cost: about 17 CPU-seconds for the recursive net of chapter 03, 6 for `once`. Expected: the recursive net solves
    more than .9 of the hard 6x6 puzzles, the same blocks applied once none.
    """
    model, run, boards, plateau = train(arm, seed)
    test = puzzles(arm, "test")
    values = cost(arm, model, len(run.loss)) | {
        "train_seconds": run.seconds,
        "steps": len(run.loss),
        "boards": boards,
        "plateau": plateau,
        "curve": {"accuracy": thinned(run.accuracy), "loss": thinned(run.loss)},
        **accuracy(arm, model, test),
    }
    if arm.recursive and isinstance(arm.objective, HaltingSupervision):
        values["early_exit"] = early_exit(arm, cast(TRM, model), test)
    return values, {name: tensor.contiguous() for name, tensor in model.state_dict().items()}


class Trained(NamedTuple):
    """The net with its averaged weights, its learning curve, boards that it was given, whether a plateau ended it."""

    model: Model
    run: Run
    boards: int
    plateau: bool


@fused()
def train(arm: SudokuArm, seed: int, watch: Any = None) -> Trained:
    """Train a net; `watch(step, loss, accuracy)` is called after every step."""
    with seeded(seed) as generator:
        model = build(arm)
    source = Pool(pool(arm.puzzles, "train", seed), arm.batch, Sudoku(arm.puzzles.side).augment, generator)
    average, objective, curve = Average(model, arm.average), Counted(arm.objective), Run()
    rule = PlateauWatch(arm.plateau) if arm.plateau else None

    def note(step: int, loss: float, share: float) -> None:
        average.update()
        curve.loss.append(loss)
        curve.accuracy.append(share)
        if watch:
            watch(step, loss, share)
        if rule and rule.due(step):
            with average.in_place():
                rule.note(cells_right(arm, model))

    if rule:
        puzzles(arm, "validation")  # made before the clock starts
    begun, plateau = process_time(), False
    try:
        fit(model, source, objective, arm.plan, generator, note)
    except PlateauReached:
        plateau = True
    curve.seconds = process_time() - begun
    average.keep()
    return Trained(model.eval(), curve, objective.boards, plateau)


def build(arm: SudokuArm) -> Model:
    """An untrained net of the arm's kind."""
    relations = Sudoku(arm.puzzles.side).relations()
    if isinstance(arm.model, FeedForwardConfig):
        return FeedForward(arm.model, relations)
    return (HRM if isinstance(arm.model, HRMConfig) else TRM)(arm.model, relations)


def restore(arm: SudokuArm, weights: dict[str, Tensor]) -> Model:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(build(arm), weights, arm.label)


class Counted:
    """An objective that also counts the boards it has taken from its source."""

    def __init__(self, objective: Objective) -> None:
        self.objective, self.boards = objective, 0

    def __call__(
        self, model: Recurrence, batch: Batch, carry: Any, progress: float, generator: Generator
    ) -> Outcome:
        """What the objective says; a slot that goes on with its board takes no new one."""
        self.boards += len(batch.inputs) if carry is None else int(carry.halted.sum())
        if isinstance(self.objective, HaltingSupervision):
            return self.objective(cast(Halts, model), batch, carry, progress, generator)
        return self.objective(model, batch, None, progress, generator)
