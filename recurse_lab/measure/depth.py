"""What each block of a deep net adds to the state, and what could be read off after it (the logit lens).

Logit lens: nostalgebraist 2020, "interpreting GPT: the logit lens". A state is `Layered`: z holds one vector
a cell.

Shape letters: B batch, C cells, D width, A applications.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from recurse_lab.recurrence import Recurrence, think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import Judge, wholly


@torch.no_grad()
def streams(model: Recurrence, inputs: Tensor, steps: int) -> Float[Tensor, "A1 B C D"]:
    """The state of each cell at the start and after each of `steps` steps."""
    return torch.stack([thought.state.z for thought in think(model, inputs, steps)])


def changes(z_ABCD: Float[Tensor, "A1 B C D"]) -> list[float]:
    """|z_l - z_(l-1)| / |z_l| of each step l, mean over all cells: 0 for a step that does nothing."""
    moved, size = (z_ABCD[1:] - z_ABCD[:-1]).norm(dim=-1), z_ABCD[1:].norm(dim=-1)
    return (moved / size.clamp_min(1e-12)).flatten(1).mean(1).tolist()


def alignments(z_ABCD: Float[Tensor, "A1 B C D"]) -> list[list[float]]:
    """Entry (k, l): cosine between the updates of steps k and l, mean over all cells.

    1: both write the same direction; 0: unrelated directions; below 0: one undoes the other.
    """
    update = z_ABCD[1:] - z_ABCD[:-1]
    unit_ANd = torch.nn.functional.normalize(update.flatten(1, 2), dim=-1, eps=1e-12)
    return (torch.einsum("and,bnd->ab", unit_ANd, unit_ANd) / unit_ANd.shape[1]).tolist()


@torch.no_grad()
def lens(
    model: Recurrence, batch: Batch, steps: int, measures: dict[str, Callable[[Tensor, Tensor], float]]
) -> dict[str, list[float]]:
    """Name -> measure(outputs, targets) of the answers read at the start and after each of `steps` steps."""
    found: dict[str, list[float]] = {name: [] for name in measures}
    for thought in think(model, batch.inputs, steps, read=True):
        assert thought.output is not None
        for name, measure in measures.items():
            found[name].append(measure(thought.output, batch.targets))
    return found


def exact(task: Judge) -> Callable[[Tensor, Tensor], float]:
    """The measure "share of problems wholly right", 0 to 1."""
    return lambda outputs, targets: wholly(task.right(outputs, targets)).float().mean().item()


def cells(task: Judge) -> Callable[[Tensor, Tensor], float]:
    """The measure "share of cells right", 0 to 1; all cells must count."""
    return lambda outputs, targets: task.right(outputs, targets).float().mean().item()


def bits(task: Judge) -> Callable[[Tensor, Tensor], float]:
    """The measure "bits per cell": mean cross-entropy / ln 2; for text of bytes, bits per byte."""
    return lambda outputs, targets: task.loss(outputs, targets).item() / math.log(2)
