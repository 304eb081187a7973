"""Train one net on rows of one to five functions, and measure it on rows of up to ten."""

from typing import Any, NamedTuple

from torch import Tensor

from recurse_lab.experiments.table_lookup.arm import TRAINED, TableArm
from recurse_lab.experiments.table_lookup.scores import Model, accuracy, cost, task_of
from recurse_lab.models.data_router import DataRouter
from recurse_lab.models.gru import GRUConfig, GRUNet
from recurse_lab.records.record import kept, loaded
from recurse_lab.train.growing import Growing
from recurse_lab.train.loop import After, Run, fit, seeded

EVERY = 50  # optimizer steps a recorded point of the learning curve


def trial(arm: TableArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train, then measure the share of answers right by the number of functions.

    Cost: 30 to 40 CPU-seconds for a loop, 40 to 70 for 12 blocks, 8 for the GRU. Expected on six to ten functions:
    the GRU, which reads the functions in the order of application, all right; loops with gate, or with SwiGLU and
    recall, .95 to 1.00; plain nets .13, which is chance.
    """
    model, run = train(arm, seed)
    values = cost(arm, model, len(run.loss)) | accuracy(arm, model, seed)
    values |= {"train_seconds": run.seconds, "steps": len(run.loss), "curve": run.curve(EVERY)}
    return values, kept(model)


class Trained(NamedTuple):
    """The net and its learning curve."""

    model: Model
    run: Run


def train(arm: TableArm, seed: int, after: After | None = None) -> Trained:
    """Train a net; `after` is called with every step."""
    with seeded(seed) as generator:
        model = build(arm)
    draws = round(arm.growing * arm.plan.steps)
    source = Growing(task_of(arm, seed), arm.batch, TRAINED, generator, draws)
    return Trained(model, fit(model, source, arm.objective, arm.plan, generator, after))


def build(arm: TableArm) -> Model:
    """An untrained net of the arm's kind."""
    return GRUNet(arm.model) if isinstance(arm.model, GRUConfig) else DataRouter(arm.model)


def restore(arm: TableArm, weights: dict[str, Tensor]) -> Model:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(build(arm), weights, arm.label)
