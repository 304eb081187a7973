"""The looped net in two dimensions: trained on mazes of at most 11 x 11 cells, tested on larger ones.

Too long for a live cell: one seed takes several CPU-minutes. The full profile trains three seeds, records them
and keeps the weights of the first in data/weights, so that a notebook can watch it think.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Generator, Tensor

from recurse_lab.evidence.records import Record, loaded
from recurse_lab.evidence.reference import read_weights
from recurse_lab.measure.behaviour import accuracy_grid
from recurse_lab.measure.cost import parameters
from recurse_lab.measure.latents import Trace, trace
from recurse_lab.models.deep_thinking import DeepThinking, DeepThinkingConfig
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.mazes import Mazes
from recurse_lab.train.fit import Plan, fit, seeded
from recurse_lab.train.objectives import Progressive
from recurse_lab.train.sources import Curriculum

TEST_SEED = 1_000_039


@dataclass(frozen=True, kw_only=True)
class MazeArm:
    """A net, its objective and its plan; the curriculum grows from 5 x 5 to `largest`."""

    label: str = "looped maze net"
    model: DeepThinkingConfig
    objective: Progressive
    plan: Plan
    batch: int = 32
    largest: int = 11
    threshold: float = 0.93  # of cells right before mazes grow; above it the net waits too long
    sizes: tuple[int, ...] = (11, 17, 25)
    mazes: int = 20  # test mazes of each size


MAZES_LOOPED = MazeArm(
    model=DeepThinkingConfig(symbols=4, dims=2, width=24),
    objective=Progressive(with_gradient=12, without_gradient=30, late_start_from=0.4, late_start_share=0.5),
    plan=Plan(steps=1_500, rate=2e-3),
)

MAZE_ARMS = {"mazes": MAZES_LOOPED}


def train_mazes(arm: MazeArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train, then the share of unseen mazes wholly solved, by size and steps. Cost: 5 CPU-minutes."""
    with seeded(seed) as generator:
        model = DeepThinking(arm.model)
    source = Curriculum(Mazes(), arm.batch, 5, arm.largest, generator, threshold=arm.threshold)
    run = fit(model, source, arm.objective, arm.plan, generator)
    reads = {size: [size, 2 * size, 6 * size] for size in arm.sizes}
    exact = {
        str(size): accuracy_grid(model, Mazes(), [size], steps, count=arm.mazes, seed=TEST_SEED)
        .exact[0]
        .tolist()
        for size, steps in reads.items()
    }
    values = {"params": parameters(model), "train_seconds": run.seconds, "reads": reads, "exact": exact}
    return values, {name: tensor.contiguous() for name, tensor in model.state_dict().items()}


def maze_net(data: Path) -> DeepThinking:
    """The recorded net of the first seed.

    Raises:
        RecordError: its weights are missing or damaged.
        ValueError: they belong to another configuration.
    """
    return loaded(DeepThinking(MAZES_LOOPED.model), read_weights(data, "mazes"), MAZES_LOOPED.label)


def show_case(net: DeepThinking, size: int, seed: int, steps: int = 40) -> tuple[Batch, Trace]:
    """One test maze and the net's thoughts about it."""
    batch = Mazes().sample(1, size, "test", Generator().manual_seed(seed))
    return batch, trace(net, batch.inputs, steps)


def solved_share(runs: Mapping[int, Record]) -> dict[str, dict[str, float]]:
    """Size -> seed -> share of mazes wholly solved at the last number of steps read."""
    sizes = next(iter(runs.values())).values["exact"]
    return {
        f"{size} x {size}": {f"seed {seed}": run.values["exact"][size][-1] for seed, run in runs.items()}
        for size in sizes
    }
