"""What stands behind right and wrong answers on lists: pieces of the computation graph that training has shown.

Dziri et al. 2023, "Faith and Fate" (arXiv:2305.18654), section 3.2.2, with these changes: pieces are those of the
exact graph, not of the answers; all values and connections count; and right and wrong lists have the same size.

Shape letters: B lists, C items, T steps.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator

from recurse_lab.experiments.line_program.arm import LineArm
from recurse_lab.experiments.line_program.scores import Net, lists, right_lists
from recurse_lab.measure.algorithms import program_graph
from recurse_lab.measure.graphs import Graph, Piece, pieces_of, seen
from recurse_lab.measure.information import relative_information
from recurse_lab.recurrence import settle, think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.dynamic_program import Program

SHOWN = 2000  # training lists of each size whose pieces count as shown


def graph_of(items: list[int]) -> Graph:
    """The computation graph of one list of symbols."""
    return program_graph([item + Program().low for item in items])


def shown_pieces(arm: LineArm, seed: int, depth: int, count: int = SHOWN) -> set[Piece]:
    """The pieces of up to `depth` edges of `count` training lists of each size that the arm trains on."""
    generator = Generator().manual_seed(seed)
    rows = [
        row
        for size in arm.sizes
        for row in arm.task.sample(count, size, "train", generator).inputs.unique(dim=0).tolist()
    ]
    return pieces_of(map(graph_of, rows), depth)


class Seen(NamedTuple):
    """Mean share of the nodes of a list's graph whose piece training has shown, and the number of lists."""

    right: float  # over lists wholly right; NaN if there is none
    wrong: float
    lists_right: int
    lists_wrong: int


@torch.no_grad()
def seen_by_outcome(
    arm: LineArm, net: Net, seed: int, known: set[Piece], depth: int, name: str = "12"
) -> Seen:
    """Shares of pieces seen, of the test lists that the net answers wholly right and of the others."""
    batch = lists(arm, name, "test", seed)
    output = settle(net, batch.inputs, arm.steps_at(arm.task.size_of(batch.inputs))).output
    assert output is not None
    right_B = right_lists(arm, output, batch.targets)
    found = [seen(graph_of(row), known, depth) for row in batch.inputs.tolist()]
    share_B = torch.tensor([sum(nodes) / len(nodes) for nodes in found])
    return Seen(
        share_B[right_B].mean().item(),
        share_B[~right_B].mean().item(),
        int(right_B.sum().item()),
        int((~right_B).sum().item()),
    )


def information(low: int, high: int, items: int, reach: int) -> list[float]:
    """Relative information gain of each answer "taken" from its item and `reach` neighbors, over all lists."""
    task = Program(low, high, questions=1)
    every_list = torch.cartesian_prod(*[torch.arange(task.symbols)] * items).view(-1, items)
    taken = task.solve(every_list)
    windows = [every_list[:, max(0, item - reach) : item + reach + 1] for item in range(items)]
    return [relative_information(window, taken[:, item]) for item, window in enumerate(windows)]


@torch.no_grad()
def right_by_step(arm: LineArm, net: Net, batch: Batch, steps: int) -> Float[torch.Tensor, "T1 C"]:
    """Share of the answers "taken" right, at the start and after each step, at each item."""
    shares = []
    for thought in think(net, batch.inputs, steps, read=True):
        assert thought.output is not None
        right = arm.task.right(thought.output, batch.targets)
        shares.append((right[:, 0] if arm.questions > 1 else right).float().mean(0))
    return torch.stack(shares)
