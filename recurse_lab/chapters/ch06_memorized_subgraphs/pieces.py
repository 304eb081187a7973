"""Chapter 06: sizes of computation graphs, and whether the pieces behind an answer were seen in training.

Shape letters: B lists, C items.
"""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from recurse_lab.experiments.line_program.arm import LineArm
from recurse_lab.experiments.line_program.memorizer import Memorizer
from recurse_lab.experiments.line_program.scores import lists
from recurse_lab.measure.algorithms import product_graph, program_graph
from recurse_lab.recurrence import settle


def graph_sizes() -> dict[str, dict[str, float]]:
    """Size, depth and average parallelism of the paper's graphs, for lists and for products."""
    graphs = {
        f"list of {n} numbers": program_graph([1, 5] * (n // 2) + [3] * (n % 2)) for n in (3, 6, 12, 24)
    }
    graphs |= {f"{n} x {n} digits": product_graph(10**n - 1, 10**n - 1) for n in (2, 3, 4, 8)}
    return {
        name: {
            "nodes": len(graph.nodes),
            "depth": graph.depth,
            "average parallelism": graph.parallelism,
        }
        for name, graph in graphs.items()
    }


def fully_seen(table: Memorizer, inputs_BC: Int[Tensor, "B C"]) -> Bool[Tensor, "B C"]:
    """Whether training showed the whole graph behind each gain: the same numbers from the item to the end of a list.

    The table holds the training lists; its widest window to the right covers the longest of them.
    """
    reach = table.config.reach
    known, _ = table.seen[(0, reach)]
    codes_BC = table.codes(inputs_BC, (0, reach))
    place_BC = torch.searchsorted(known, codes_BC).clamp(max=len(known) - 1)
    size = inputs_BC.shape[1]
    return (known[place_BC] == codes_BC) & (size - torch.arange(size) <= reach + 1)


@torch.no_grad()
def seen_table(
    nets: Mapping[str, tuple[LineArm, Any]], table: Memorizer, seed: int, size: int = 12
) -> dict[str, dict[str, float]]:
    """Arm label -> shares of gains right whose whole graph training showed, or did not; and the other way round."""
    rows = {}
    for label, (arm, net) in nets.items():
        batch = lists(arm, str(size), "test", seed)
        output = settle(net, batch.inputs, arm.steps_at(size)).output
        assert output is not None
        right = output[:, 1].argmax(-1) == batch.targets[:, 1]
        seen = fully_seen(table, batch.inputs)
        rows[label] = {
            "right, if seen": _share(right, seen),
            "right, if not seen": _share(right, ~seen),
            "seen, if right": _share(seen, right),
            "seen, if wrong": _share(seen, ~right),
            "wrong gains": float((~right).sum()),
        }
    return rows


def _share(which: Tensor, among: Tensor) -> float:
    return (which & among).sum().item() / among.sum().item() if among.any() else float("nan")
