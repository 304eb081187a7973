"""Train one net on products, and measure which digits it gets right."""

from typing import Any, NamedTuple

from torch import Tensor

from recurse_lab.experiments.products.arm import ProductArm
from recurse_lab.experiments.products.scores import accuracy, cost
from recurse_lab.models.data_router import DataRouter
from recurse_lab.records.record import kept, loaded
from recurse_lab.train.loop import After, Run, fit, seeded
from recurse_lab.train.sources import Curriculum

EVERY = 50  # optimizer steps a recorded point of the learning curve


def trial(arm: ProductArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train, then measure products wholly right and right by digit.

    Cost: about 60 CPU-seconds. Expected: the first and the last digit are right far more often than those between.
    """
    model, run = train(arm, seed)
    values = cost(arm, model, len(run.loss)) | accuracy(arm, model, seed)
    values |= {"train_seconds": run.seconds, "steps": len(run.loss), "curve": run.curve(EVERY)}
    return values, kept(model)


class Trained(NamedTuple):
    """The net and its learning curve."""

    model: DataRouter
    run: Run


def train(arm: ProductArm, seed: int, after: After | None = None) -> Trained:
    """Train a net; `after` is called with every step."""
    with seeded(seed) as generator:
        model = build(arm)
    source = Curriculum(arm.task, arm.batch, arm.digits, arm.digits, generator)
    return Trained(model, fit(model, source, arm.signal, arm.plan, generator, after))


def build(arm: ProductArm) -> DataRouter:
    """An untrained net."""
    return DataRouter(arm.model)


def restore(arm: ProductArm, weights: dict[str, Tensor]) -> DataRouter:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(build(arm), weights, arm.label)
