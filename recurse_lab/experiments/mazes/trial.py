"""Train a looped net on mazes of at most 11 x 11 cells, and measure it on larger ones.

One seed takes too long for a live cell. The full profile trains three seeds, records them and writes the
weights of the first seed to data/weights, so that a notebook can load the net.
"""

from typing import Any, NamedTuple

from torch import Tensor

from recurse_lab.experiments.mazes.arm import MazeArm
from recurse_lab.experiments.mazes.scores import accuracy
from recurse_lab.measure.cost import parameters
from recurse_lab.models.deep_thinking import DeepThinking
from recurse_lab.records.record import kept, loaded
from recurse_lab.tasks.mazes import Mazes
from recurse_lab.train.loop import After, Run, fit, seeded
from recurse_lab.train.sources import Curriculum

EVERY = 20  # optimizer steps a recorded point of the learning curve


def trial(arm: MazeArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train, then measure the share of unseen mazes wholly solved. Cost: 3 to 5 CPU-minutes."""
    model, run = train(arm, seed)
    values = {"params": parameters(model), "train_seconds": run.seconds, "curve": run.curve(EVERY)}
    return values | accuracy(arm, model, seed), kept(model)


class Trained(NamedTuple):
    """The net and its learning curve."""

    model: DeepThinking
    run: Run


def train(arm: MazeArm, seed: int, after: After | None = None) -> Trained:
    """Train a net; `after` is called with every step."""
    with seeded(seed) as generator:
        model = build(arm)
    source = Curriculum(Mazes(), arm.batch, 5, arm.largest, generator, threshold=arm.threshold)
    return Trained(model, fit(model, source, arm.objective, arm.plan, generator, after))


def build(arm: MazeArm) -> DeepThinking:
    """An untrained net of the arm."""
    return DeepThinking(arm.model)


def restore(arm: MazeArm, weights: dict[str, Tensor]) -> DeepThinking:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(build(arm), weights, arm.label)
