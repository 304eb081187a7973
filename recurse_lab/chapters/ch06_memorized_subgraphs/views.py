"""Chapter 06: data for its figures and tables.

Shape letters: B batch, N nodes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

from recurse_lab.chapters.ch06_memorized_subgraphs.pictures import list_graph, shape_of, thoughts, tree_graph
from recurse_lab.chapters.ch06_memorized_subgraphs.pieces import graph_sizes, seen_table
from recurse_lab.chapters.ch06_memorized_subgraphs.trees import chains, reordered
from recurse_lab.experiments.line_program.gates import gate_openness
from recurse_lab.experiments.line_program.tables import beyond_right, kinds_by_depth, long_right, mean_at
from recurse_lab.experiments.products.tables import by_digit
from recurse_lab.experiments.tree_program.arm import TreeArm
from recurse_lab.experiments.tree_program.rounds import order
from recurse_lab.experiments.tree_program.scores import trees
from recurse_lab.experiments.tree_program.tables import (
    right_at_five_and_eight,
    right_at_two_and_three,
)
from recurse_lab.measure.latents import relative_change
from recurse_lab.records.replicate import Results
from recurse_lab.recurrence import settle, think
from recurse_lab.state import latent
from recurse_lab.tasks.base import Batch

__all__ = [
    "beyond_right",
    "by_size",
    "chain_table",
    "gate_openness",
    "graph_sizes",
    "kinds_by_depth",
    "list_graph",
    "long_right",
    "mean_at",
    "means",
    "means_at",
    "now",
    "order",
    "order_table",
    "product_rows",
    "right_at_five_and_eight",
    "right_at_two_and_three",
    "rows",
    "seen_table",
    "settled_and_right",
    "shape_of",
    "size_table",
    "test_trees",
    "thoughts",
    "tree_graph",
    "two_effects",
]


def rows(
    results: Results, arms: Mapping[str, Any], names: Sequence[str], unit: str = ""
) -> dict[str, dict[str, Any]]:
    """Arm label -> weights, CPU-seconds, shares of the test problems of these names wholly right; means over seeds."""
    table: dict[str, dict[str, Any]] = {}
    for arm, runs in results.items():
        values = [run.values for run in runs.values()]
        table[arms[arm].label] = {
            "weights": int(values[0]["params"]),
            "CPU-s a seed": _mean(value["train_seconds"] for value in values),
            **{
                f"{name}{unit}": _mean(value["exact"].get(name, float("nan")) for value in values)
                for name in names
            },
            "seeds": len(values),
        }
    return table


def by_size(results: Results, arms: Mapping[str, Any]) -> dict[str, dict[int, list[float]]]:
    """Arm label -> size -> share of problems wholly right, seed by seed."""
    return {
        arms[arm].label: {
            int(name): [run.values["exact"][name] for run in runs.values()]
            for name in next(iter(runs.values())).values["exact"]
            if name.isdigit()
        }
        for arm, runs in results.items()
    }


def means(results: Results, metric: Callable[[Any], float]) -> dict[str, float]:
    """Arm -> a metric of its records, mean over seeds."""
    return {arm: _mean(map(metric, runs.values())) for arm, runs in results.items()}


def now(runs: Mapping[int, Any], metric: Callable[[Any], float]) -> float:
    """A metric of the first of some live runs; nothing where the smoke profile does not measure it."""
    try:
        return metric(next(iter(runs.values())))
    except KeyError:
        return float("nan")


def means_at(results: Results, name: str) -> dict[str, float]:
    """Arm -> share of the test problems of one name wholly right, mean over seeds."""
    return means(results, lambda record: record.values["exact"][name])


def two_effects(results: Results, arms: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Arm label -> share right at six items, and what a novel triple or more items cost, means over seeds."""
    table = {}
    for arm in results:
        six = mean_at(results, arm, "6")
        table[arms[arm].label] = {
            "6 items": six,
            "lost to a novel triple": six - mean_at(results, arm, "novel"),
            **{f"lost to {size} items": six - mean_at(results, arm, str(size)) for size in (8, 12, 16)},
        }
    return table


def test_trees(arm: TreeArm, size: int, seed: int) -> Batch:
    """The test trees of a size that a seed draws for itself."""
    return trees(arm, size, "test", seed)


@torch.no_grad()
def right_trees(arm: TreeArm, net: Any, batch: Batch) -> Tensor:
    """Whether the answers "taken or not" for all nodes of each tree are right, (B,)."""
    output = settle(net, batch.inputs, arm.steps_at(batch.inputs.shape[1])).output
    assert output is not None
    answers, targets = output.argmax(-1), batch.targets
    return (answers[:, 0] == targets[:, 0]).all(1) if arm.questions > 1 else (answers == targets).all(1)


def product_rows(results: Results, arms: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Arm label -> share of test products on which each digit is right, the first digit first, means over seeds."""
    return {
        label: {f"digit {place}": share for place, share in enumerate(shares, start=1)}
        for label, shares in by_digit(results, arms).items()
    }


@torch.no_grad()
def settled_and_right(
    net: Any, batch: Batch, steps: int, threshold: float = 1e-3
) -> dict[str, dict[str, int]]:
    """Numbers of trees: state settled or not after `steps` (last change below the threshold), answers right or not."""
    before, residual, right = None, torch.zeros(0), torch.zeros(0, dtype=torch.bool)
    for thought in think(net, batch.inputs, steps, read={steps}):
        z = latent(thought.state)
        if before is not None:
            residual = relative_change(z, before)
        before = z
        if thought.output is not None:
            right = (thought.output.argmax(-1)[:, 0] == batch.targets[:, 0]).all(1)
    settled = residual < threshold
    return {
        words: {"right": int((which & right).sum()), "wrong": int((which & ~right).sum())}
        for words, which in (("settled", settled), ("still moving", ~settled))
    }


def size_table(
    nets: Mapping[str, tuple[TreeArm, Any]], seed: int, sizes: Sequence[int]
) -> dict[str, dict[str, float]]:
    """Label -> share of the test trees of each size wholly right."""
    return {
        label: {
            f"{size} nodes": right_trees(arm, net, test_trees(arm, size, seed)).float().mean().item()
            for size in sizes
        }
        for label, (arm, net) in nets.items()
    }


def order_table(
    nets: Mapping[str, tuple[TreeArm, Any]], seed: int, sizes: Sequence[int] = (8, 12, 16)
) -> dict[str, dict[str, float]]:
    """Arm label -> share of the same trees right, with their nodes in preorder and in another order."""
    table: dict[str, dict[str, float]] = {}
    for label, (arm, net) in nets.items():
        table[label] = {}
        for size in sizes:
            batch = test_trees(arm, size, seed)
            moved, _ = reordered(batch.inputs, Generator().manual_seed(seed))
            for words, one in (
                ("preorder", batch),
                ("shuffled", Batch(moved, arm.task.solve(moved))),
            ):
                table[label][f"{size} nodes, {words}"] = right_trees(arm, net, one).float().mean().item()
    return table


def chain_table(
    nets: Mapping[str, tuple[TreeArm, Any]], seed: int, sizes: Sequence[int]
) -> dict[str, dict[str, float]]:
    """Arm label -> share of 128 chains of each size wholly right."""
    table: dict[str, dict[str, float]] = {}
    for label, (arm, net) in nets.items():
        table[label] = {}
        for size in sizes:
            batch = chains(128, size, Generator().manual_seed(seed + size))
            table[label][f"{size} nodes"] = right_trees(arm, net, batch).float().mean().item()
    return table


def _mean(values: Any) -> float:
    return float(np.mean(list(values)))
