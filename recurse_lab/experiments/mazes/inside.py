"""Views inside a net trained on mazes: its thoughts about one maze."""

from pathlib import Path

from torch import Generator

from recurse_lab.experiments.mazes.arm import MAZES_LOOPED
from recurse_lab.experiments.mazes.trial import restore
from recurse_lab.measure.latents import Trace, trace
from recurse_lab.models.deep_thinking import DeepThinking
from recurse_lab.records.store import read_weights
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.mazes import Mazes


def maze_net(data: Path) -> DeepThinking:
    """The recorded net of the first seed.

    Raises:
        RecordError: the weights are missing or damaged.
        ValueError: the weights belong to another configuration.
    """
    return restore(MAZES_LOOPED, read_weights(data, "mazes"))


def show_case(net: DeepThinking, size: int, seed: int, steps: int = 40) -> tuple[Batch, Trace]:
    """One test maze and the net's thoughts about it."""
    batch = Mazes().sample(1, size, "test", Generator().manual_seed(seed))
    return batch, trace(net, batch.inputs, steps)
