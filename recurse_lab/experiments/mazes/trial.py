"""The looped net in two dimensions: trained on mazes of at most 11 x 11 cells, tested on larger ones.

Too long for a live cell: one seed takes several CPU-minutes. The full profile trains three seeds, records them
and keeps the weights of the first in data/weights, so that a notebook can watch it think.
"""

from typing import Any

from torch import Tensor

from recurse_lab.experiments.mazes.arm import MazeArm
from recurse_lab.measure.behavior import accuracy_grid
from recurse_lab.measure.cost import parameters
from recurse_lab.models.deep_thinking import DeepThinking
from recurse_lab.tasks.mazes import Mazes
from recurse_lab.train.loop import fit, seeded
from recurse_lab.train.sources import Curriculum

TEST_SEED = 1_000_039


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
