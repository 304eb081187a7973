"""Recorded scores of a net trained on mazes: share of unseen mazes wholly solved, by size and steps."""

from typing import Any

from recurse_lab.experiments.mazes.arm import MazeArm
from recurse_lab.measure.behavior import accuracy_grid
from recurse_lab.models.deep_thinking import DeepThinking
from recurse_lab.tasks.base import own_seed
from recurse_lab.tasks.mazes import Mazes

TEST_SEED = 1_000_039  # draws the test mazes of arms with own_test=False


def accuracy(arm: MazeArm, model: DeepThinking, seed: int) -> dict[str, Any]:
    """Size -> step numbers read ("reads"), and size -> share of mazes wholly solved at each ("exact")."""
    reads = {size: [size, 2 * size, 6 * size] for size in arm.sizes}
    exact = {}
    for size, steps in reads.items():
        test = own_seed(TEST_SEED, seed, arm.own_test)
        grid = accuracy_grid(model, Mazes(), [size], steps, count=arm.mazes, seed=test)
        exact[str(size)] = grid.exact[0].tolist()
    return {"reads": reads, "exact": exact}
