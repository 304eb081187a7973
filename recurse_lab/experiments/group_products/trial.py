"""Train one net on prefix products of eight elements of S3, and measure it on rows that it has not seen."""

from typing import Any, NamedTuple

from torch import Tensor

from recurse_lab.experiments.group_products.arm import GroupArm
from recurse_lab.experiments.group_products.scores import Model, accuracy, cost
from recurse_lab.models.gru import GRUConfig, GRUNet
from recurse_lab.models.mobile_llm import MobileLLM
from recurse_lab.records.record import kept, loaded
from recurse_lab.tasks.group_products import GroupProducts
from recurse_lab.train.loop import After, Run, fit, seeded
from recurse_lab.train.sources import Curriculum

EVERY = 20  # optimizer steps a recorded point of the learning curve


def trial(arm: GroupArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train, then measure the answers by position and by number of applications.

    Cost: 11 CPU-seconds for one block of width 128, 27 for eight of width 48, 3 for the GRU. Expected: the
    GRU answers all rows, eight blocks .4 to .8 of them, four blocks .25 to .4, one or two less than .05.
    """
    model, run = train(arm, seed)
    values = cost(arm, model, len(run.loss)) | accuracy(arm, model, seed)
    values |= {"train_seconds": run.seconds, "steps": len(run.loss), "curve": run.curve(EVERY)}
    return values, kept(model)


class Trained(NamedTuple):
    """The net and its learning curve."""

    model: Model
    run: Run


def train(arm: GroupArm, seed: int, after: After | None = None) -> Trained:
    """Train a net; `after` is called with every step."""
    with seeded(seed) as generator:
        model = build(arm)
    source = Curriculum(GroupProducts(arm.points), arm.batch, arm.elements, arm.elements, generator)
    return Trained(model, fit(model, source, arm.objective, arm.plan, generator, after))


def build(arm: GroupArm) -> Model:
    """An untrained net of the arm's kind."""
    return GRUNet(arm.model) if isinstance(arm.model, GRUConfig) else MobileLLM(arm.model)


def restore(arm: GroupArm, weights: dict[str, Tensor]) -> Model:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(build(arm), weights, arm.label)
