"""Train one net on labeled boards, then in rounds on answers of its own that a verifier keeps."""

from time import process_time
from typing import Any, NamedTuple

from torch import Generator, Tensor

from recurse_lab.experiments.self_training.arm import SelfTrainingArm
from recurse_lab.experiments.self_training.problems import (
    Halves,
    Renamed,
    changed,
    labeled,
    unlabeled,
    unseen,
)
from recurse_lab.experiments.self_training.scores import by_cycles, chosen, cost, of_draws, solved
from recurse_lab.experiments.self_training.verifiers import drawn, kept, right
from recurse_lab.kernels import fused
from recurse_lab.measure.verification_gap import gap
from recurse_lab.models.noisy import Noisy
from recurse_lab.records.record import kept as kept_weights
from recurse_lab.records.record import loaded
from recurse_lab.tasks.base import Batch, Split
from recurse_lab.train.loop import Run, fit, seeded
from recurse_lab.train.sources import Pool

DRAW_SEED = 1_000_303


@fused()
def trial(arm: SelfTrainingArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: the scores before the first round and after each.

    Cost: 15 CPU-seconds. Expected on 4x4 Sudoku: half of the unseen boards before the first round; nearly all after
    three rounds with exact rules.
    """
    model, run, history = train(arm, seed)
    values = cost(arm, model) | {"train_seconds": run.seconds, "rounds": history}
    return values, kept_weights(model)


class Trained(NamedTuple):
    """The net after the last round, the run of its training on labeled boards, and the scores of every round."""

    model: Noisy
    run: Run
    history: list[dict[str, Any]]


@fused()
def train(arm: SelfTrainingArm, seed: int, split: Split = "test") -> Trained:
    """Train on labeled boards; in each round draw, keep, and train on labeled boards and on what was kept."""
    with seeded(seed) as generator:
        model = build(arm)
    task, begun = arm.boards.completions, process_time()
    known, pool = labeled(arm.boards, seed), unlabeled(arm.boards, seed)
    source = Pool(task, known, arm.batch, generator, changed(arm) or Renamed(arm.boards))
    run = fit(model, source, arm.objective, arm.base, generator)
    dice = Generator().manual_seed(DRAW_SEED + seed)
    history = []
    changes = changed(arm)
    for number in range(arm.rounds + 1):
        draws = drawn(arm, model, pool.inputs, dice)
        scored = of_draws(arm, pool, draws, dice) | {
            "test": solved(arm, model, unseen(arm.boards, split, seed)),
            "pool": solved(arm, model, pool),
        }
        if not number:
            test = unseen(arm.boards, split, seed)
            scored["by_cycles"] = by_cycles(arm, model, test)
            scored["test_chosen"] = chosen(arm, test, drawn(arm, model, test.inputs, dice), dice)
        history.append(scored)
        if number == arm.rounds:
            break
        found = kept(arm, pool, draws, dice)
        scored["kept"] = len(found.problem)
        own = known
        if arm.learns_own and len(found.problem):
            own = Batch(pool.inputs[found.problem], draws.answers[found.draw, found.problem])
            scored["own"] = gap(right(arm, pool, draws.answers), found)._asdict()
        halves = Halves(
            Pool(task, known, arm.batch // 2, generator, Renamed(arm.boards)),
            Pool(task, own, arm.batch // 2, generator, changes),
        )
        fit(model, halves, arm.objective, arm.plan, generator)
    run.seconds = process_time() - begun
    return Trained(model, run, history)


def build(arm: SelfTrainingArm) -> Noisy:
    """An untrained net."""
    return Noisy(arm.model, arm.boards.completions.relations())


def restore(arm: SelfTrainingArm, weights: dict[str, Tensor]) -> Noisy:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(build(arm), weights, arm.label)
