"""Train one net on lists of 2 to 6 items, and measure it on longer lists, novel ones and hard ones."""

from time import process_time
from typing import Any, NamedTuple

from torch import Tensor, nn

from recurse_lab.experiments.line_program.arm import LineArm
from recurse_lab.experiments.line_program.memorizer import Memorizer, MemorizerConfig
from recurse_lab.experiments.line_program.scores import Net, accuracy, cost
from recurse_lab.models.bidirectional_gru import BidirectionalGRU, BidirectionalGRUConfig
from recurse_lab.models.data_router import DataRouter
from recurse_lab.records.record import kept, loaded
from recurse_lab.train.loop import After, Run, fit, seeded
from recurse_lab.train.sources import Sizes

EVERY = 50  # optimizer steps a recorded point of the learning curve


def trial(arm: LineArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train, then measure lists of each size, novel and hard ones, and kinds of errors.

    Cost: 5 CPU-seconds for the memorizer, 12 for a GRU, 25 to 60 for the others. Expected at 15 and 24 items: GRU 1.0,
    loop with gate and geometric attention .94 to .98, plain nets .1 to .6, a plain net asked once 0.
    """
    model, run = train(arm, seed)
    values = cost(arm, model, arm.plan.steps) | accuracy(arm, model, seed)
    values |= {"train_seconds": run.seconds, "steps": arm.plan.steps, "curve": run.curve(EVERY)}
    return values, kept(model) if isinstance(model, nn.Module) else {}


class Trained(NamedTuple):
    """The net and its learning curve; a memorizer has none."""

    model: Net
    run: Run


def train(arm: LineArm, seed: int, after: After | None = None) -> Trained:
    """Train a net; `after` is called with every step. A memorizer sees as many lists as a net."""
    with seeded(seed) as generator:
        model = build(arm)
    source = Sizes(arm.task, arm.batch, arm.sizes, generator)
    if isinstance(model, Memorizer):
        begun = process_time()
        model.learn([source.draw() for _ in range(arm.plan.steps)])
        return Trained(model, Run(seconds=process_time() - begun, examples=arm.batch * arm.plan.steps))
    return Trained(model, fit(model, source, arm.signal, arm.plan, generator, after))


def build(arm: LineArm) -> Net:
    """An untrained net of the arm's kind."""
    if isinstance(arm.model, MemorizerConfig):
        return Memorizer(arm.model)
    if isinstance(arm.model, BidirectionalGRUConfig):
        return BidirectionalGRU(arm.model)
    return DataRouter(arm.model)


def restore(arm: LineArm, weights: dict[str, Tensor]) -> Net:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration, or the arm has none.
    """
    model = build(arm)
    if isinstance(model, Memorizer):
        raise ValueError(f"{arm.label} has no weights; train it again, which takes a few seconds")
    return loaded(model, weights, arm.label)
