"""Train one net on trees of 2 to 8 nodes, and measure it on trees of up to 64."""

from typing import Any, NamedTuple

from torch import Tensor

from recurse_lab.experiments.tree_program.arm import TreeArm
from recurse_lab.experiments.tree_program.inside import settling
from recurse_lab.experiments.tree_program.scores import Net, accuracy, cost
from recurse_lab.models.bidirectional_gru import BidirectionalGRU, BidirectionalGRUConfig
from recurse_lab.models.data_router import DataRouter
from recurse_lab.models.tree_gru import TreeGRU, TreeGRUConfig
from recurse_lab.records.record import kept, loaded
from recurse_lab.train.loop import After, Run, fit, seeded
from recurse_lab.train.objectives.sized_steps import SizedSteps
from recurse_lab.train.sources import Sizes

EVERY = 50  # optimizer steps a recorded point of the learning curve
MAPPED = 24  # nodes of the trees whose settling is recorded


def trial(arm: TreeArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train, then measure trees of each size; for a loop, also when nodes are settled.

    Cost: 12 CPU-seconds for a GRU, 20 to 85 for plain nets, 45 for the loop. Expected at 24 and 64 nodes: loop .99 and
    .94, 12 blocks .85 and .6, GRU on the preorder .1 to .2 and 0.
    """
    model, run = train(arm, seed)
    values = cost(arm, model, len(run.loss)) | accuracy(arm, model, seed)
    if isinstance(arm.signal, SizedSteps) and arm.questions > 1:
        values |= {"settling": settling(arm, model, seed, min(MAPPED, max(arm.tested)))._asdict()}
    values |= {"train_seconds": run.seconds, "steps": len(run.loss), "curve": run.curve(EVERY)}
    return values, kept(model)


class Trained(NamedTuple):
    """The net and its learning curve."""

    model: Net
    run: Run


def train(arm: TreeArm, seed: int, after: After | None = None) -> Trained:
    """Train a net; `after` is called with every step."""
    with seeded(seed) as generator:
        model = build(arm)
    source = Sizes(arm.task, arm.batch, arm.sizes, generator)
    return Trained(model, fit(model, source, arm.signal, arm.plan, generator, after))


def build(arm: TreeArm) -> Net:
    """An untrained net of the arm's kind."""
    if isinstance(arm.model, BidirectionalGRUConfig):
        return BidirectionalGRU(arm.model)
    if isinstance(arm.model, TreeGRUConfig):
        return TreeGRU(arm.model)
    return DataRouter(arm.model)


def restore(arm: TreeArm, weights: dict[str, Tensor]) -> Net:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(build(arm), weights, arm.label)
