"""Train one net on expressions of depth 1 to 3, and measure it on expressions of depth 3 to 6."""

from typing import Any, NamedTuple

from torch import Tensor

from recurse_lab.experiments.expressions.arm import TRAINED, ExpressionArm
from recurse_lab.experiments.expressions.scores import Model, accuracy, cost, task_of
from recurse_lab.models.bidirectional_gru import BidirectionalGRU
from recurse_lab.models.data_router import DataRouter, DataRouterConfig
from recurse_lab.models.tree_gru import TreeGRU, TreeGRUConfig
from recurse_lab.records.record import kept, loaded
from recurse_lab.train.growing import Growing
from recurse_lab.train.loop import After, Run, fit, seeded

EVERY = 50  # optimizer steps a recorded point of the learning curve


def trial(arm: ExpressionArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train, then measure the shares of roots and nodes right by depth.

    Cost: 45 CPU-seconds for the loop, 15 to 30 for GRUs, 65 for 12 blocks, 130 for 24. Expected at depth 5 and 6:
    the loop .98 to 1.00, 24 blocks .85, 12 blocks .65, GRU along the tree .7, other GRUs .2.
    """
    model, run = train(arm, seed)
    values = cost(arm, model, len(run.loss)) | accuracy(arm, model, seed)
    values |= {"train_seconds": run.seconds, "steps": len(run.loss), "curve": run.curve(EVERY)}
    return values, kept(model)


class Trained(NamedTuple):
    """The net and its learning curve."""

    model: Model
    run: Run


def train(arm: ExpressionArm, seed: int, after: After | None = None) -> Trained:
    """Train a net; `after` is called with every step."""
    with seeded(seed) as generator:
        model = build(arm)
    draws = round(arm.growing * arm.plan.steps)
    source = Growing(task_of(arm, seed), arm.batch, TRAINED, generator, draws)
    return Trained(model, fit(model, source, arm.objective, arm.plan, generator, after))


def build(arm: ExpressionArm) -> Model:
    """An untrained net of the arm's kind."""
    if isinstance(arm.model, DataRouterConfig):
        return DataRouter(arm.model)
    return TreeGRU(arm.model) if isinstance(arm.model, TreeGRUConfig) else BidirectionalGRU(arm.model)


def restore(arm: ExpressionArm, weights: dict[str, Tensor]) -> Model:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(build(arm), weights, arm.label)
