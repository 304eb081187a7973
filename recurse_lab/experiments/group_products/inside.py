"""Views inside a net trained on prefix products: what each application adds, and how far the products reach.

The same functions serve nets with shared and with distinct blocks. Shape letters: B rows, T elements,
A applications.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Generator

from recurse_lab.experiments.group_products.arm import GroupArm
from recurse_lab.experiments.group_products.scores import Model, rows
from recurse_lab.measure.depth import alignments, changes, streams
from recurse_lab.models.deep_thinking import Layered
from recurse_lab.recurrence import think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.group_products import GroupProducts


class Updates(NamedTuple):
    """What the applications of blocks add to the state of each cell."""

    changes: list[float]  # |z_l - z_(l-1)| / |z_l|, mean over cells
    alignments: list[list[float]]  # cosine between the updates of two applications, mean over cells


def updates(arm: GroupArm, net: Model, seed: int) -> Updates:
    """Sizes and directions of the updates, on the test rows of a seed."""
    z_ABTD = streams(net, rows(arm, "test", seed).inputs, arm.model.applications)
    return Updates(changes(z_ABTD), alignments(z_ABTD))


@torch.no_grad()
def right_by_depth(arm: GroupArm, net: Model, seed: int) -> Float[np.ndarray, "A1 T"]:
    """Share of products right, read after each application (from the start on), at each position."""
    task, batch = GroupProducts(arm.points), rows(arm, "test", seed)
    readings = []
    for thought in think(net, batch.inputs, arm.model.applications, read=True):
        assert thought.output is not None
        readings.append(task.right(thought.output, batch.targets).float().mean(0))
    return torch.stack(readings).numpy()


def reached(right_AT: Sequence[Sequence[float]] | Float[np.ndarray, "A1 T"], share: float = 0.9) -> list[int]:
    """After each application, the number of products from the first on that are right on `share` of the rows."""
    return [int((row >= share).cumprod().sum()) for row in np.asarray(right_AT)]


def one_row(arm: GroupArm, seed: int) -> Batch:
    """One test row, to look at."""
    return GroupProducts(arm.points).sample(1, arm.elements, "test", Generator().manual_seed(seed))


@torch.no_grad()
def answers_by_depth(net: Model, batch: Batch, applications: int) -> list[list[int]]:
    """The products read off the first row after each application, from the start on."""
    thoughts = think(net, batch.inputs, applications, read=True)
    return [thought.output[0].argmax(-1).tolist() for thought in thoughts if thought.output is not None]


@torch.no_grad()
def without_each(arm: GroupArm, net: Model, seed: int) -> list[float]:
    """Share of products right on the test rows if one application is left out, for each application."""
    task, batch = GroupProducts(arm.points), rows(arm, "test", seed)
    shares = []
    for skipped in range(arm.model.applications):
        state, context = net.start(batch.inputs)
        for turn in range(arm.model.applications):
            left_out = Layered(state.z, turn + 1)
            state = left_out if turn == skipped else net.step(state, context)
        shares.append(task.right(net.read(state), batch.targets).float().mean().item())
    return shares
