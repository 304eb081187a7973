"""Chapter 10: what surrounds the reader's own training step: expressions, nets, and the results of typical mistakes.

Shape letters: B expressions, N nodes, V values.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from recurse_lab.experiments.expressions.changed import level_by_level
from recurse_lab.experiments.practice import attempted
from recurse_lab.models.bidirectional_gru import BidirectionalGRU, BidirectionalGRUConfig
from recurse_lab.models.data_router import DataRouter, DataRouterConfig
from recurse_lab.nn.norms import rms as rms
from recurse_lab.recurrence import settle, think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.expressions import Expressions
from recurse_lab.tasks.judging import IGNORE
from recurse_lab.train.loop import seeded

TRAINED = (1, 2)  # depths of the small case
TrainingStep = Callable[
    ..., Any
]  # (net, optimizer, cells (B, N, 3), values (B, N), depth, extra) -> the loss


def small(seed: int) -> Expressions:
    """The small case: 32 entries in its tables."""
    return Expressions(seed=seed, values=4, operators=2)


def net_of(width: int, seed: int, task: Expressions) -> DataRouter:
    """An untrained loop of two blocks with tree relations and recall, as in the chapter."""
    config = DataRouterConfig(
        symbols=task.symbols,
        classes=task.classes,
        width=width,
        hidden=2 * width,
        places="tree",
        gate=False,
        blocks=2,
        recall=True,
    )
    with seeded(seed):
        return DataRouter(config)


def training_step(
    net: Any,
    optimizer: torch.optim.Optimizer,
    cells: Tensor,
    values: Tensor,
    *steps: int,
    mistake: str = "",
) -> float:
    """One optimizer step on the values of all nodes after depth + extra steps; with `mistake`, a wrong one."""
    depth, extra = steps
    if mistake != "not cleared":
        optimizer.zero_grad()
    number = depth if mistake == "no extra" else 4 if mistake == "fixed" else depth + extra
    if mistake == "every step":
        thoughts = think(net, cells, number, read=range(1, number + 1))
        loss = torch.stack([_loss(one.output, values) for one in thoughts if one.output is not None]).mean()
    else:
        output = settle(net, cells, number).output
        assert output is not None
        loss = _loss(output, values, mistake)
    loss.backward()
    if mistake != "no step":
        optimizer.step()
    return loss.item()


def _loss(logits: Tensor, values: Tensor, mistake: str = "") -> Tensor:
    """Mean cross-entropy (B, N, V), (B, N) over the nodes that are no padding."""
    each = F.cross_entropy(logits.transpose(1, 2), values, reduction="none", ignore_index=IGNORE)
    nodes = (values != IGNORE).float()
    match mistake:
        case "root":
            return each[:, 0].mean()
        case "padding":
            return each.mean()  # padding has loss 0 and is counted
        case "padding asked":
            return F.cross_entropy(logits.transpose(1, 2), values.clamp_min(0))
        case "sum":
            return each.sum()
        case "by expression":
            return (each.sum(1) / nodes.sum(1)).mean()
    return each.sum() / nodes.sum()


def checked_batch(call: int) -> tuple[Tensor, Tensor, int, int]:
    """Cells, values, depth and extra steps of one call of a check, always the same."""
    depth, extra = (3, 2, 3)[call % 3], (2, 4, 3)[call % 3]
    batch = Expressions().sample(8, depth, "train", Generator().manual_seed(call))
    return batch.inputs, batch.targets, depth, extra


def loss_after(step: TrainingStep, number: int) -> Any:
    """The loss that the `number`-th call of a training step returns, on a net and trees that are always the same."""
    net = net_of(16, 3, Expressions())
    with torch.no_grad():
        for weight in net.parameters():
            weight.mul_(1.1)  # so that one step more or less shows
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for call in range(number):
        loss = step(net, optimizer, *checked_batch(call))
        if loss is None or loss is ...:
            return loss
    return loss


@cache
def loss_with(mistake: str, number: int = 1) -> float:
    """The same for the book's own training step with a typical mistake; "": without one."""
    return float(loss_after(partial(training_step, mistake=mistake), number))


MISTAKES = {
    "only the root is asked for": "root",
    "padding is counted: divide by the number of nodes, not of cells": "padding",
    "padding is asked for a value": "padding asked",
    "the losses of the nodes are added, not averaged": "sum",
    "averaged over each expression first: the nodes of small ones weigh more": "by expression",
    "asked after every step, not after the last one only": "every step",
    "it thinks for depth steps only: add extra": "no extra",
    "it always thinks for 4 steps, however deep the expressions": "fixed",
    "no optimizer.step(): the net stays as it was": "no step",
    "no optimizer.zero_grad(): the gradients of earlier calls are added": "not cleared",
}


def mistakes(number: int) -> dict[str, float]:
    """What was done wrong -> the loss of the `number`-th call."""
    return {words: loss_with(mistake, number) for words, mistake in MISTAKES.items()}


def practice(step: TrainingStep, seed: int, steps: int = 300) -> tuple[DataRouter, list[float]]:
    """Train the loop on small expressions with the reader's training step, or with the book's if there is none yet.

    Returns:
        The net and its losses.
    """
    net = net_of(32, seed, small(seed))
    return net, _trained(net, step, seed, steps)


def small_gru(seed: int, steps: int = 300) -> BidirectionalGRU:
    """A GRU that sees depth, parent and side of each node, trained on the same small expressions."""
    task = small(seed)
    config = BidirectionalGRUConfig(symbols=task.symbols, classes=task.classes, width=32, tree=True)
    with seeded(seed):
        net = BidirectionalGRU(config)
    _trained(net, training_step, seed, steps)
    return net


def _trained(net: Any, step: TrainingStep, seed: int, steps: int) -> list[float]:
    task, generator = small(seed), Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(net.parameters(), lr=4e-3, betas=(0.9, 0.95), weight_decay=0.01)
    losses: list[float] = []
    for number in range(steps):
        depth = TRAINED[min(number % 3, 1)]  # two batches of depth 2 for one of depth 1
        extra = int(torch.randint(2, 5, (), generator=generator).item())
        batch = task.sample(64, depth, "train", generator)
        loss, step = attempted(step, training_step, net, optimizer, *batch, depth, extra)
        losses.append(loss)
    return losses


def right_at(net: Any, seed: int, depths: tuple[int, ...] = (2, 3, 4)) -> dict[str, float]:
    """Share of 256 test expressions of each depth whose value is right."""
    return {f"depth {depth}": _right(net, _tested(seed, depth), depth) for depth in depths}


def listed(net: Any, seed: int, depth: int = 2) -> dict[str, float]:
    """The same share with the nodes in prefix order, as in training, and listed level by level."""
    batch = _tested(seed, depth)
    orders = {"prefix order": batch, "level by level": level_by_level(batch)}
    return {name: _right(net, one, depth) for name, one in orders.items()}


def _tested(seed: int, depth: int) -> Batch:
    return small(seed).sample(256, depth, "test", Generator().manual_seed(seed + depth))


@torch.no_grad()
def _right(net: Any, batch: Batch, depth: int) -> float:
    output = settle(net, batch.inputs, 2 * depth + 4).output
    assert output is not None
    return (output[:, 0].argmax(-1) == batch.targets[:, 0]).float().mean().item()
