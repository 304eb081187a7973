"""Views inside a net that evaluates expressions: what each node holds after each step, and when it is final.

Shape letters: B expressions, N nodes, T1 thoughts (the start and T steps), D width, H heights, M nodes of all trees.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from recurse_lab.experiments.expressions.arm import CLASSES, ExpressionArm
from recurse_lab.experiments.expressions.scores import Model, heights, seen, trees
from recurse_lab.recurrence import think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.expression_trees import name_of, subtrees, written
from recurse_lab.tasks.expressions import Expressions


class Steps(NamedTuple):
    """The thoughts of a net about a batch of expressions, from the start on."""

    states: Tensor  # (T1, B, N, D)
    answers: Tensor  # (T1, B, N) value of each node
    right: Tensor  # (T1, B, N) whether it is right; padding counts as right
    residual: Tensor  # (T, B, N) |z_t - z_(t-1)| / |z_t| of each node


@torch.no_grad()
def thoughts(arm: ExpressionArm, net: Model, batch: Batch, steps: int) -> Steps:
    """States and answers of every node after each step."""
    stream = list(think(net, seen(arm, batch.inputs), steps, read=True))
    z = torch.stack([thought.state.z for thought in stream])
    answers = torch.stack([_read(thought.output).argmax(-1) for thought in stream])
    right = torch.stack([Expressions().right(_read(thought.output), batch.targets) for thought in stream])
    moved = (z[1:] - z[:-1]).norm(dim=-1) / z[1:].norm(dim=-1).clamp_min(1e-12)
    return Steps(z, answers, right, moved)


def _read(output: Tensor | None) -> Tensor:
    assert output is not None
    return output


def final_at(answers: Int[Tensor, "T1 B N"]) -> Int[Tensor, "B N"]:
    """The step from which on the answer of each node stays what it is after the last step."""
    differs = answers != answers[-1]
    last = torch.arange(1, len(answers) + 1)[:, None, None] * differs
    return last.amax(0)


def evaluation_order(
    arm: ExpressionArm, net: Model, seed: int, depth: int = 6, steps: int = 24
) -> dict[str, list[float]]:
    """By height of the node: the step at which its answer is final (mean and quartiles), share right, nodes."""
    batch = trees(arm, depth, "test", seed)
    found, height_BN = thoughts(arm, net, batch, steps), heights(batch.inputs)
    final_BN, rows = final_at(found.answers).double(), {}
    names = ("mean", "lower quartile", "upper quartile", "right", "nodes")
    columns: list[list[float]] = []
    for height in range(depth + 1):
        here = height_BN == height
        final = final_BN[here]
        quartiles = final.quantile(torch.tensor([0.25, 0.75], dtype=torch.float64)).tolist()
        share = found.right[-1][here].float().mean().item()
        columns.append([final.mean().item(), *quartiles, share, float(here.sum())])
    for at, name in enumerate(names):
        rows[name] = [column[at] for column in columns]
    return rows


def by_height(
    values: Float[Tensor, "T B N"] | Bool[Tensor, "T B N"], height_BN: Int[Tensor, "B N"]
) -> Float[np.ndarray, "H T"]:
    """Mean over the nodes of each height from 0 on, after each step: residuals, or shares right."""
    present = range(int(height_BN.max()) + 1)
    return np.stack([values[:, height_BN == height].float().mean(1).numpy() for height in present])


def right_by_height(arm: ExpressionArm, net: Model, seed: int, depth: int = 6, steps: int = 24) -> Any:
    """Shares of nodes right (H, T1) and mean residuals (H, T), by height and step, on the test expressions."""
    batch = trees(arm, depth, "test", seed)
    found, height_BN = thoughts(arm, net, batch, steps), heights(batch.inputs)
    return by_height(found.right, height_BN), by_height(found.residual, height_BN)


def probes(
    arm: ExpressionArm, net: Model, seed: int, depth: int = 5, steps: int = 14
) -> dict[str, Float[np.ndarray, "H T1"]]:
    """Test accuracy of linear maps from a node's state to a value, by height of the node and step.

    "own value": of the node itself; "left argument", "right argument": of its children (operators alone).
    Maps are fitted by least squares to the states after each step, on as many training expressions.
    """
    batches = [trees(arm, depth, split, seed) for split in ("train", "test")]
    states = [thoughts(arm, net, batch, steps).states for batch in batches]
    height = [heights(batch.inputs) for batch in batches]
    asked = {
        "own value": [batch.targets for batch in batches],
        "left argument": [_argument(batch, 1) for batch in batches],
        "right argument": [_argument(batch, 2) for batch in batches],
    }
    tables = {}
    for name, targets in asked.items():
        rows = [
            _fitted([z[step] for z in states], targets, height[1], depth + 1) for step in range(steps + 1)
        ]
        tables[name] = np.array(rows).T
    return tables


def _argument(batch: Batch, side: int) -> Int[Tensor, "B N"]:
    """The value of each operator's child on one side; -100 at leaves and padding."""
    _, parent_BN, side_BN = batch.inputs.unbind(-1)
    found = torch.full_like(batch.targets, -100)
    row, cell = (side_BN == side).nonzero(as_tuple=True)
    found[row, parent_BN[row, cell]] = batch.targets[row, cell]
    return found


def _fitted(
    states: list[Tensor], targets: list[Tensor], height_BN: Int[Tensor, "B N"], heights_count: int
) -> list[float]:
    """Test accuracy by height of the least-squares map from states to values; NaN where none is asked for."""
    asked = [values >= 0 for values in targets]
    x_MD, y_MV = states[0][asked[0]], F.one_hot(targets[0][asked[0]], CLASSES).float()
    # gelsd: states may be linearly dependent, as at the start
    solution = torch.linalg.lstsq(_with_one(x_MD), y_MV, driver="gelsd").solution
    right = (_with_one(states[1]) @ solution).argmax(-1) == targets[1]
    shares = []
    for height in range(heights_count):
        here = (height_BN == height) & asked[1]
        shares.append(right[here].float().mean().item())
    return shares


def _with_one(x: Float[Tensor, "... D"]) -> Float[Tensor, "... D1"]:
    return torch.cat((x, torch.ones_like(x[..., :1])), dim=-1)


# One expression, to look at


class Node(NamedTuple):
    """One node of an expression, and what the net says about it."""

    text: str  # the sub-expression in writing
    name: str  # its operator's letter, or its value
    parent: int  # cell of the parent; -1 for the root
    value: int  # the exact value
    height: int
    answers: list[int]  # after each step, from the start on
    final: int  # the step from which on the answer stays
    residual: list[float]  # |z_t - z_(t-1)| / |z_t| of each step


def one_expression(arm: ExpressionArm, net: Model, text: str, seed: int, steps: int = 24) -> list[Node]:
    """The nodes of an expression in prefix order, with the answers of the net after each step.

    Raises:
        ValueError: the expression does not parse (`Expressions.parse`).
    """
    task = Expressions(seed=seed)
    tree = task.parse(text)
    batch = task.encoded([tree])
    found = thoughts(arm, net, batch, steps)
    final, height = final_at(found.answers)[0].tolist(), heights(batch.inputs)[0].tolist()
    nodes = []
    for cell, part in enumerate(subtrees(tree)):
        parent = -1 if cell == 0 else int(batch.inputs[0, cell, 1])
        name = str(part) if isinstance(part, int) else name_of(part[0])
        answers = found.answers[:, 0, cell].tolist()
        residual = found.residual[:, 0, cell].tolist()
        value = int(batch.targets[0, cell])
        nodes.append(Node(written(part), name, parent, value, height[cell], answers, final[cell], residual))
    return nodes


def example(arm: ExpressionArm, depth: int, seed: int, number: int = 0) -> str:
    """One of the test expressions of a seed, in writing."""
    batch = trees(arm, depth, "test", seed)
    return written(Expressions(seed=seed).tree_of(batch.inputs[number]))
