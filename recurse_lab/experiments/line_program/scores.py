"""Scores of a net on lists: lists wholly right by size, kinds of errors by depth in the graph, and costs.

A list is wholly right if the answers "taken or not" for all its items are.

Shape letters: B lists, C items, Q questions, N nodes of the computation graph.
"""

from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Bool
from torch import Generator, Tensor

from recurse_lab.experiments.line_program.arm import HARD, NOVEL, LineArm
from recurse_lab.experiments.line_program.errors import kinds, nodes
from recurse_lab.experiments.line_program.memorizer import Memorizer
from recurse_lab.measure.cost import forward_flops, parameters
from recurse_lab.models.bidirectional_gru import BidirectionalGRU
from recurse_lab.models.data_router import DataRouter
from recurse_lab.recurrence import settle, think
from recurse_lab.tasks.base import Batch, Split, own_seed
from recurse_lab.train.objectives.sized_steps import SizedSteps

TEST_SEED = 2_000_003  # with the training seed, draws the lists of test and validation
GRAPHS = 16  # items of the lists whose errors are sorted by kind

Net = DataRouter | BidirectionalGRU | Memorizer


def tests(arm: LineArm) -> tuple[str, ...]:
    """Names of the test lists: sizes, then lists with a novel triple, then hard ones."""
    return (*map(str, arm.tested), "novel", "hard")


def lists(arm: LineArm, name: str, split: Split, seed: int) -> Batch:
    """The lists of one name that a seed draws for itself."""
    size = {"novel": NOVEL, "hard": HARD}.get(name) or int(name)
    task = replace(arm.task, least=3) if name == "hard" else arm.task
    generator = Generator().manual_seed(own_seed(TEST_SEED, seed, own=True))
    return task.sample(arm.test, size, split, generator, novel=name == "novel")


def right_lists(arm: LineArm, outputs: Tensor, targets: Tensor) -> Bool[Tensor, " B"]:
    """Whether all items of each list (all tokens of a scratchpad) are answered rightly; gains do not count."""
    right = arm.task.right(outputs, targets)
    return (right[:, 0] if arm.questions > 1 else right).all(1)


@torch.no_grad()
def accuracy(arm: LineArm, model: Net, seed: int, split: Split = "test") -> dict[str, Any]:
    """Shares of lists wholly right by name; for a loop, also after 2 n steps; errors by kind and node."""
    exact: dict[str, float] = {}
    twice: dict[str, float] = {}
    for name in tests(arm):
        batch = lists(arm, name, split, seed)
        size = arm.task.size_of(batch.inputs)
        once, double = arm.steps_at(size), 2 * size
        loop = isinstance(arm.signal, SizedSteps)
        for thought in think(model, batch.inputs, max(once, double) if loop else once, read={once, double}):
            if thought.output is not None:
                share = right_lists(arm, thought.output, batch.targets).float().mean().item()
                exact |= {name: share} if thought.step == once else {}
                twice |= {name: share} if thought.step == double and loop else {}
    return {"exact": exact, "twice": twice} | errors(arm, model, seed, split)


def errors(arm: LineArm, model: Net, seed: int, split: Split = "test") -> dict[str, Any]:
    """Kind -> share of each node of the graph that is of this kind, on lists of 16 items; nothing for one question."""
    if arm.questions == 1:
        return {}
    batch = lists(arm, str(GRAPHS), split, seed)
    output = settle(model, batch.inputs, arm.steps_at(GRAPHS)).output
    assert output is not None
    found = kinds(nodes(batch.inputs, output.argmax(-1), batch.targets))
    shares = {kind: which.float().mean(0).tolist() for kind, which in found.items()}
    return {"errors": {kind: [round(share, 4) for share in row] for kind, row in shares.items()}}


def cost(arm: LineArm, model: Net, steps: int) -> dict[str, float]:
    """Parameters, FLOPs of the training run, FLOPs of the answer to one list of 24 items.

    A memorizer has no FLOPs; its parameters are the windows that it keeps.
    """
    if isinstance(model, Memorizer):
        return {"params": model.entries(), "train_flops": 0.0, "infer_flops": 0.0}
    mean_size = round(sum(size**2 for size in arm.sizes) / sum(arm.sizes))  # size n is drawn n times as often
    any_list = Generator().manual_seed(0)
    small, large = (
        forward_flops(model, arm.task.sample(1, size, "train", any_list).inputs) for size in (mean_size, 24)
    )
    extra = (arm.signal.most - arm.signal.least) / 2 if isinstance(arm.signal, SizedSteps) else 0
    return {
        "params": parameters(model),
        "train_flops": steps * arm.batch * small.training(arm.steps_at(mean_size) + extra),
        "infer_flops": large.answer(arm.steps_at(24)),
    }
