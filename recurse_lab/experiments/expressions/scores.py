"""Scores of a net on expressions: roots and nodes right by depth, by height and by number of steps; and costs.

Shape letters: B expressions, N nodes.
"""

from typing import Any

import torch
from jaxtyping import Bool, Int
from torch import Generator, Tensor

from recurse_lab.experiments.expressions.arm import BEYOND, TESTED, TRAINED, ExpressionArm
from recurse_lab.measure.cost import forward_flops, parameters
from recurse_lab.models.bidirectional_gru import BidirectionalGRU
from recurse_lab.models.data_router import DataRouter
from recurse_lab.models.tree_gru import TreeGRU
from recurse_lab.recurrence import think
from recurse_lab.tasks.base import Batch, Split, own_seed
from recurse_lab.tasks.expressions import Expressions
from recurse_lab.tasks.full_trees import PADDING
from recurse_lab.train.objectives.sized_steps import SizedSteps

TEST_SEED = 1_000_099  # with the training seed, draws the expressions of test and validation

Model = DataRouter | BidirectionalGRU | TreeGRU


def task_of(arm: ExpressionArm, seed: int) -> Expressions:
    """The operators of a seed, with the inputs and the questions that the arm is given."""
    return Expressions(seed=seed, root_only=arm.root_only, tokens_only=not arm.tree)


def trees(arm: ExpressionArm, depth: int, split: Split, seed: int) -> Batch:
    """The expressions of a split and depth that a seed draws for itself, with parents and sides and all values."""
    generator = Generator().manual_seed(own_seed(TEST_SEED, seed, own=True) + depth)
    return Expressions(seed=seed).sample(arm.problems, depth, split, generator)


def seen(arm: ExpressionArm, cells: Int[Tensor, "B N 3"]) -> Tensor:
    """What the arm's net sees of these expressions."""
    return cells if arm.tree else cells[..., 0]


def heights(cells: Int[Tensor, "B N 3"]) -> Int[Tensor, "B N"]:
    """Operators on the longest way down from each node; 0 for a leaf, -1 for padding."""
    _, parent_BN, side_BN = cells.unbind(-1)
    height_BN = torch.where(side_BN == PADDING, -1, 0)
    for cell in range(cells.shape[1] - 1, 0, -1):
        above_B1 = parent_BN[:, cell : cell + 1]
        own_B1 = torch.where(side_BN[:, cell] == PADDING, -1, height_BN[:, cell] + 1)[:, None]
        height_BN.scatter_reduce_(1, above_B1, own_B1, "amax")
    return height_BN


@torch.no_grad()
def right_at(
    arm: ExpressionArm, model: Model, batch: Batch, steps: tuple[int, ...]
) -> dict[int, Bool[Tensor, "B N"]]:
    """Step number -> which nodes are right then; padding counts as right."""
    judge, found = Expressions(), {}
    for thought in think(model, seen(arm, batch.inputs), max(steps), read=set(steps)):
        if thought.output is not None:
            found[thought.step] = judge.right(thought.output, batch.targets)
    return found


def accuracy(arm: ExpressionArm, model: Model, seed: int, split: Split = "test") -> dict[str, Any]:
    """Shares of roots and of operators right by depth; of roots by steps (loops), of nodes by height at depth 6."""
    roots, inner, by_steps = {}, {}, {}
    for depth in TESTED:
        batch = trees(arm, depth, split, seed)
        reads = (depth, depth + 2, 2 * depth + 4, 4 * depth) if arm.looped else (arm.steps(depth),)
        right = right_at(arm, model, batch, reads)
        last_BN = right[arm.steps(depth)]
        operators_BN = heights(batch.inputs) > 0
        roots[depth] = last_BN[:, 0].float().mean().item()
        inner[depth] = last_BN[operators_BN].float().mean().item()
        by_steps[depth] = [right[step][:, 0].float().mean().item() for step in reads]
    return {
        "roots": [roots[depth] for depth in TESTED],
        "operators": [inner[depth] for depth in TESTED],
        "beyond": sum(roots[depth] for depth in BEYOND) / len(BEYOND),
        "by_height": by_height(last_BN, heights(batch.inputs)),
        "by_steps": list(by_steps.values()),
    }


def by_height(right_BN: Bool[Tensor, "B N"], height_BN: Int[Tensor, "B N"]) -> list[float]:
    """Share of nodes right at each height from 0 on."""
    return [right_BN[height_BN == height].float().mean().item() for height in range(int(height_BN.max()) + 1)]


def cost(arm: ExpressionArm, model: Model, steps: int) -> dict[str, float]:
    """Parameters, FLOPs of the training run, FLOPs of the answer to one expression of depth 6."""
    flops = {depth: forward_flops(model, typical(arm, depth)) for depth in (*TRAINED, TESTED[-1])}
    shares = {depth: depth / sum(TRAINED) for depth in TRAINED}
    each = sum(share * _training(arm, depth, flops[depth]) for depth, share in shares.items())
    return {
        "params": parameters(model),
        "train_flops": steps * arm.batch * each,
        "infer_flops": flops[TESTED[-1]].answer(arm.steps(TESTED[-1])),
    }


def typical(arm: ExpressionArm, depth: int) -> Tensor:
    """One expression of a depth, with as many nodes as expressions of that depth have on average."""
    cells = Expressions().sample(64, depth, "train", Generator().manual_seed(0)).inputs
    nodes = (cells[..., 2] != PADDING).sum(1)
    chosen = int((nodes - nodes.double().mean()).abs().argmin())
    return seen(arm, cells[chosen : chosen + 1, : int(nodes[chosen])])


def _training(arm: ExpressionArm, depth: int, flops: Any) -> float:
    """FLOPs of one expression, forward and backward; nets that are asked after every block read as often."""
    objective = arm.objective
    if isinstance(objective, SizedSteps):
        late = objective.late_share * (1 - objective.late_from) * (1 + objective.late) / 2
        return flops.training(depth + (arm.least + arm.most) / 2, late if objective.late else 0.0)
    return flops.training(arm.model.depth) + 3 * (arm.model.depth - 1) * flops.read
