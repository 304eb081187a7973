"""Chapter 05: what surrounds the reader's own code: rows, small nets, and the results of typical mistakes."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from recurse_lab.experiments.practice import attempted
from recurse_lab.models.mobile_llm import MobileLLM, MobileLLMConfig
from recurse_lab.nn.attention import rotate as rotate
from recurse_lab.recurrence import settle, think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.group_products import GroupProducts
from recurse_lab.train.loop import seeded

ELEMENTS = 5  # of a row of the small case
TrainingStep = Callable[[MobileLLM, torch.optim.Optimizer, Tensor, Tensor], Any]

# Orders of sharing


def small_net(seed: int = 3, depth: int = 3) -> MobileLLM:
    """An untrained net for checks, always the same."""
    config = MobileLLMConfig(symbols=6, width=16, hidden=24, heads=2, groups=1, depth=depth, positions=8)
    with seeded(seed):
        net = MobileLLM(config)
    with torch.no_grad():
        for weight in net.parameters():
            weight.mul_(1.5)  # so that orders differ visibly
    return net


def in_order(net: MobileLLM, x: Tensor, turns: Sequence[int]) -> Tensor:
    """The state after the blocks of these numbers, one after the other."""
    for turn in turns:
        x = net.blocks[turn](x)
    return x


def over_cases() -> list[tuple[int, float, dict[str, float]]]:
    """Numbers of repeats, with the sum of the state's numbers, and what was done wrong -> its sum."""
    net, cases = small_net(), []
    for repeats in (2, 3):
        right = [0, 1, 2] * repeats
        wrong = {
            "each block is repeated at once: the immediate order": sorted(right),
            "every block is applied once only": [0, 1, 2],
            "only the last block is repeated": [0, 1] + [2] * repeats,
            "one round too many": [*right, 0, 1, 2],
        }
        sums = {words: summed(in_order(net, start_of(net), turns)) for words, turns in wrong.items()}
        sums["every round begins again from the first state"] = sums["every block is applied once only"]
        cases.append((repeats, summed(in_order(net, start_of(net), right)), sums))
    return cases


def over_found(over: Callable[[Any, Tensor, int], Any], repeats: int) -> Any:
    """The sum of the state's numbers after the reader's function."""
    net = small_net()
    found = over(net.blocks, start_of(net), repeats)
    return summed(found) if isinstance(found, Tensor) else found


def start_of(net: MobileLLM) -> Tensor:
    """The embedded cells of four rows."""
    return net.start(rows_of(4, 8).inputs)[1]


def summed(x: Tensor) -> float:
    """A number that tells states apart: the sum of |x|."""
    return x.detach().abs().sum().item()


def rows_of(count: int, size: int, seed: int = 1) -> Batch:
    """Rows of the training split, always the same."""
    return GroupProducts().sample(count, size, "train", Generator().manual_seed(seed))


# The training step


def training_step(
    net: MobileLLM, optimizer: torch.optim.Optimizer, rows: Tensor, products: Tensor, mistake: str = ""
) -> float:
    """One optimizer step on the mean cross-entropy of all products; with `mistake`, a wrong one."""
    if mistake != "not cleared":
        optimizer.zero_grad()
    logits = settle(net, rows, 1 if mistake == "one block" else net.config.applications).output
    assert logits is not None
    target = rows if mistake == "inputs" else products
    if mistake == "shifted":
        logits, target = logits[:, :-1], target[:, 1:]
    if mistake == "last":
        logits, target = logits[:, -1:], target[:, -1:]
    how = "sum" if mistake == "sum" else "mean"
    loss = F.cross_entropy(logits.flatten(0, 1), target.flatten(), reduction=how)
    loss.backward()
    if mistake != "no step":
        optimizer.step()
    return loss.item()


def loss_after(step: TrainingStep, number: int) -> Any:
    """The loss that the `number`-th call of a training step returns, on a net and rows that are always the same."""
    net = small_net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for call in range(number):
        loss = step(net, optimizer, *rows_of(32, 8, seed=call))
        if loss is None or loss is ...:
            return loss
    return loss


def loss_with(mistake: str, number: int = 1) -> float:
    """The same for the book's own training step with a typical mistake; "": without one."""
    return float(loss_after(partial(training_step, mistake=mistake), number))


def mistakes(number: int) -> dict[str, float]:
    """What was done wrong -> the loss of the `number`-th call."""
    named = {
        "targets shifted by one: here cell t already holds the product of the first t": "shifted",
        "only the last cell is asked for": "last",
        "compared with the inputs, not with the products": "inputs",
        "read after the first block: think for net.config.applications": "one block",
        "the losses of the cells are added, not averaged": "sum",
        "no optimizer.step(): the net stays as it was": "no step",
        "no optimizer.zero_grad(): the gradients of earlier calls are added": "not cleared",
    }
    return {words: loss_with(mistake, number) for words, mistake in named.items()}


def practice(step: TrainingStep, seed: int, steps: int = 600) -> tuple[MobileLLM, list[float]]:
    """Train four blocks on short rows with the reader's training step, or with the book's if there is none yet.

    Returns:
        The net and its losses.
    """
    with seeded(seed) as generator:
        net = MobileLLM(MobileLLMConfig(symbols=6, width=64, hidden=128, depth=4, positions=8))
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, betas=(0.9, 0.98), weight_decay=0.01)
    task = GroupProducts()
    losses: list[float] = []
    for _ in range(steps):
        batch = task.sample(32, ELEMENTS, "train", generator)
        loss, step = attempted(step, training_step, net, optimizer, *batch)
        losses.append(loss)
    return net, losses


@torch.no_grad()
def right_at(net: MobileLLM, seed: int) -> dict[str, float]:
    """Share of products right at each cell of 512 test rows of the small case."""
    batch = GroupProducts().sample(512, ELEMENTS, "test", Generator().manual_seed(seed))
    output = settle(net, batch.inputs, net.config.applications).output
    assert output is not None
    right = (output.argmax(-1) == batch.targets).float().mean(0).tolist()
    return {f"cell {cell}": share for cell, share in enumerate(right, start=1)}


# The logit lens


@torch.no_grad()
def lens_states(net: MobileLLM, rows: Tensor) -> list[Tensor]:
    """The state at the start and after each block."""
    return [thought.state.z for thought in think(net, rows, net.config.applications)]


@torch.no_grad()
def lens_cases() -> tuple[list[float], dict[str, list[float]]]:
    """Shares right of a small trained net after each of its blocks, and what was done wrong -> its shares."""
    net, batch = lens_net()
    states = lens_states(net, batch.inputs)

    def shares(read: Callable[[Tensor], Tensor], moved: int = 0) -> list[float]:
        return [(read(z).argmax(-1) == batch.targets).float().mean().item() for z in states[moved:]]

    table = net.embed.weight.T
    last = shares(lambda _: net.norm(states[-1]) @ table)
    wrong = {
        "the norm before the head is missing": shares(lambda z: z @ table),
        "read from the last state every time": last,
        "one application too far: entry 0 is the start": shares(lambda z: net.norm(z) @ table, 1),
    }
    return shares(lambda z: net.norm(z) @ table), wrong


def lens_net() -> tuple[MobileLLM, Batch]:
    """A small net whose final norm has uneven gains, and its rows, for the exercise on the lens."""
    net = small_net(seed=5, depth=4)
    with torch.no_grad():
        net.norm.weight.copy_(torch.linspace(-1, 3, net.config.width))
    return net, rows_of(256, 8)


def lens_found(lens: Callable[[nn.Module, Tensor, Tensor], Any], entry: int) -> Any:
    """Entry of the reader's list of shares."""
    net, batch = lens_net()
    found = lens(net, *batch)
    return found if found is None or found is ... else float(found[entry])
