"""Chapter 06: what surrounds the reader's own code: the gated step, a small net, its training, and typical mistakes."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from recurse_lab.experiments.practice import attempted
from recurse_lab.models.data_router import DataRouter, DataRouterConfig
from recurse_lab.nn.gate import RoutedBlock
from recurse_lab.nn.routing import GeometricAttention
from recurse_lab.nn.routing import geometric as geometric
from recurse_lab.recurrence import settle
from recurse_lab.tasks.dynamic_program import Program
from recurse_lab.tasks.judging import wholly
from recurse_lab.train.loop import seeded
from recurse_lab.train.sources import Sizes

Part = Callable[[Tensor], Tensor]
GatedStep = Callable[..., Any]  # (h, attention, net, gate, norms) -> next h
TrainingStep = Callable[[nn.Module, torch.optim.Optimizer, Tensor, Tensor], Any]

# The gated step


def gated_step(
    h: Tensor, attention: Part, net: Part, gate: Part, norms: tuple[Part, Part], mistake: str = ""
) -> Tensor:
    """a = norm(h + attention(h)); g = sigmoid(gate(a)); h <- g norm(net(a)) + (1 - g) h; with `mistake`, wrong."""
    heard = attention(h) if mistake == "alone" else h + attention(h)
    a = norms[0](heard)
    seen = {"old": h, "update": net(a)}.get(mistake, a)
    g = gate(seen) if mistake == "raw" else torch.sigmoid(gate(seen))
    u = net(a) if mistake == "norm" else norms[1](net(h if mistake == "deaf" else a))
    if mistake == "inverted":
        return (1 - g) * u + g * h
    if mistake == "sum":
        return h + g * u
    if mistake == "forgets":
        return g * u
    return g * u + (1 - g) * (a if mistake == "keeps a" else h)


STEPS = {
    "the gate is inverted: g lets the update in, 1 - g keeps the old state": "inverted",
    "the gate looks at the old state h; it must look at a, which knows the neighbors": "old",
    "h + g u is a sum; the gate mixes: the old state counts 1 - g": "sum",
    "the old state is lost: add (1 - g) h": "forgets",
    "1 - g keeps a; it must keep h, or a closed gate still changes the state": "keeps a",
    "the update has no norm: norms[1](net(a))": "norm",
    "a lacks h: norms[0](h + attention(h))": "alone",
    "net works on h; it must work on a": "deaf",
    "the gate is no share: take its sigmoid": "raw",
}


def parts() -> tuple[Any, Tensor]:
    """A block of the router whose parts all differ visibly, and states (2, 5, 8); always the same."""
    with seeded(4) as generator:
        block: Any = RoutedBlock(GeometricAttention(8, 2), 8, 16, gate=True)
    with torch.no_grad():
        for norm in block.norms:
            norm.weight.uniform_(0.5, 2.0, generator=generator)
            norm.bias.normal_(generator=generator)
        block.gate_net.down.bias.normal_(generator=generator)
    return block, torch.randn(2, 5, 8, generator=generator)


@torch.no_grad()
def after(step: GatedStep, number: int) -> Any:
    """The sum of |h| after the reader's step was applied `number` times; None or ... if it is not written."""
    block, h = parts()
    for _ in range(number):
        h = step(h, block.attention, block.net, block.gate_net, tuple(block.norms))
        if not isinstance(h, Tensor):
            return h
    return h.abs().sum().item()


@torch.no_grad()
def after_block(number: int) -> float:
    """The same for the library's block."""
    block, h = parts()
    for _ in range(number):
        h = block(h)
    return h.abs().sum().item()


def mistakes(number: int) -> dict[str, float]:
    """What was done wrong -> the sum of |h| after `number` steps."""
    return {words: after(partial(gated_step, mistake=mistake), number) for words, mistake in STEPS.items()}


# The training step on a small case


def training_step(net: nn.Module, optimizer: torch.optim.Optimizer, lists: Tensor, targets: Tensor) -> float:
    """One optimizer step: think as many steps as there are items and two more, and ask both questions."""
    optimizer.zero_grad()
    logits = settle(net, lists, lists.shape[1] + 2).output  # type: ignore[arg-type]
    assert logits is not None
    loss = F.cross_entropy(logits.flatten(0, 2), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


def small_net(seed: int) -> DataRouter:
    """The chapter's loop for lists, untrained."""
    with seeded(seed):
        return DataRouter(DataRouterConfig(symbols=5, classes=6, questions=2))


def practice(
    step: TrainingStep, seed: int, steps: int = 500, sizes: tuple[int, ...] = (2, 3, 4)
) -> tuple[DataRouter, list[float]]:
    """Train the loop on short lists with the notebook's training step, or with the book's if that fails.

    Returns:
        The net and its losses.
    """
    net = small_net(seed)
    source = Sizes(Program(), 64, sizes, Generator().manual_seed(seed))
    optimizer = torch.optim.AdamW(net.parameters(), lr=4e-3, betas=(0.9, 0.98), weight_decay=0.0)
    losses: list[float] = []
    for number in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 4e-3 * min(1.0, (number + 1) / 50, 2 * (1 - number / steps) + 0.02)
        loss, step = attempted(step, training_step, net, optimizer, *source.draw())
        losses.append(loss)
    return net, losses


@torch.no_grad()
def right_at(net: nn.Module, sizes: tuple[int, ...], seed: int, count: int = 256) -> dict[str, float]:
    """Share of test lists of each size whose choices are all right."""
    shares = {}
    for size in sizes:
        batch = Program(questions=1).sample(count, size, "test", Generator().manual_seed(seed + size))
        output = settle(net, batch.inputs, size + 2).output  # type: ignore[arg-type]
        assert output is not None
        right = output[:, 0].argmax(-1) == batch.targets
        shares[f"{size} items"] = wholly(right).float().mean().item()
    return shares
