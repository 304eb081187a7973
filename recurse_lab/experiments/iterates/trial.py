"""Train one net on the first 8 iterates of gradient descent, and measure it up to the 128th."""

from typing import Any, NamedTuple

from torch import Tensor

from recurse_lab.experiments.iterates.arm import TRAINED, IterateArm
from recurse_lab.experiments.iterates.problems import Fresh, Neighbors, source
from recurse_lab.experiments.iterates.scores import beyond, by_condition, cost, templates
from recurse_lab.models.learned_step import LearnedStep, LearnedStepConfig
from recurse_lab.models.told_steps import ToldSteps
from recurse_lab.records.record import kept, loaded
from recurse_lab.train.loop import After, Run, fit, seeded

EVERY = 20  # optimizer steps a recorded point of the learning curve


def trial(arm: IterateArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train, then measure the error at each step read and at each condition number.

    Cost: 5 to 15 CPU-seconds for nets of a few thousand weights, 70 for half a million. Expected: the loop
    whose state is the iterate stays within 10 % at 32 steps on nearly all problems; feed-forward nets of any
    size on fewer than one in five.
    """
    model, run, problems = train(arm, seed)
    values = cost(arm, model, run) | beyond(arm, model, seed)
    if isinstance(problems, Neighbors):
        values |= templates(arm, model, problems.prototypes, seed)
    else:
        values["conditions"] = by_condition(arm, model, seed)
    values["curve"] = run.curve(EVERY)
    return values, kept(model)


class Trained(NamedTuple):
    """The net, its learning curve, and the source of its training problems."""

    model: LearnedStep | ToldSteps
    run: Run
    problems: Fresh | Neighbors


def train(arm: IterateArm, seed: int, after: After | None = None) -> Trained:
    """Train a net; `after` is called with every step."""
    with seeded(seed) as generator:
        model = build(arm)
    problems = source(arm, generator)
    assert arm.objective.steps == TRAINED
    run = fit(model, problems, arm.objective, arm.plan, generator, after)
    return Trained(model, run, problems)


def build(arm: IterateArm) -> LearnedStep | ToldSteps:
    """An untrained net of the arm."""
    if isinstance(arm.model, LearnedStepConfig):
        return LearnedStep(arm.model)
    return ToldSteps(arm.model)


def restore(arm: IterateArm, weights: dict[str, Tensor]) -> LearnedStep | ToldSteps:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(build(arm), weights, arm.label)
