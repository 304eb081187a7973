"""Chapter 00: what surrounds the reader's own step and the training step that the notebook shows.

Shape letters: B strings, L bits.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Int
from torch import Generator, Tensor

from recurse_lab.chapters.ch00_start_here.arms import BITS, NETS
from recurse_lab.experiments.prefix_sums.trial import build
from recurse_lab.measure.behavior import accuracy_grid
from recurse_lab.models.deep_thinking import DeepThinking
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.prefix_sums import PrefixSums
from recurse_lab.train.loop import seeded

Step = Callable[[Tensor, Tensor], Any]  # (state (B, L), bits (B, L)) -> the next state (B, L)
TrainingStep = Callable[..., Any]  # (net, optimizer, bits, parities) -> the logits (B, L, 2)

FIRST = 4  # length of the first strings; it grows by two when the net is right
GROWS_AT, MEMORY = 0.97, 0.9


def shifted(bits: Int[Tensor, "B L"], by: int) -> Int[Tensor, "B L"]:
    """What stands `by` cells to the left of each cell; 0 beyond the edge. A negative number looks to the right."""
    return F.pad(bits, (by, -by))


def two_at_once(state: Int[Tensor, "B L"], bits: Int[Tensor, "B L"]) -> Int[Tensor, "B L"]:
    """The parity up to two cells before, plus the two bits since."""
    return (shifted(state, 2) + shifted(bits, 1) + bits) % 2


def some_strings() -> tuple[Tensor, Tensor]:
    """A state in the middle of the work, and its strings: always the same."""
    bits = torch.randint(0, 2, (8, 9), generator=Generator().manual_seed(3))
    return two_at_once(two_at_once(torch.zeros_like(bits), bits), bits), bits


def as_number(state: Any) -> Any:
    """One number that tells states apart; None and ... stay."""
    if state is None or state is ...:
        return state
    flat = torch.as_tensor(state, dtype=torch.float64).flatten()
    return float((flat * torch.arange(1, len(flat) + 1) ** 2).sum())


def step_expected() -> tuple[float, dict[str, float]]:
    """The right next state as a number, and what was done wrong -> its number."""
    state, bits = some_strings()
    wrong = {
        "one cell to the left, not two: this is the step above": (shifted(state, 1) + bits) % 2,
        "the left neighbor's bit is missing": (shifted(state, 2) + bits) % 2,
        "the input's own bit is missing": (shifted(state, 2) + shifted(bits, 1)) % 2,
        "without % 2 this is a sum, not a parity": shifted(state, 2) + shifted(bits, 1) + bits,
        "torch.roll brings the end of the string back to its beginning": (
            state.roll(2, 1) + bits.roll(1, 1) + bits
        )
        % 2,
        "this looks to the right": (shifted(state, -2) + shifted(bits, -1) + bits) % 2,
    }
    return as_number(two_at_once(state, bits)), {why: as_number(found) for why, found in wrong.items()}


def checked(step: Step) -> Step:
    """The reader's step where it gives the right state, else the book's."""
    try:
        good = as_number(step(*some_strings())) == step_expected()[0]
    except Exception:  # the reader's function may do anything
        return two_at_once
    return step if good else two_at_once


def steps_needed(step: Step, bits: Int[Tensor, "B L"]) -> int:
    """Steps from a state of zeros until all parities are right; -1 if they are not after L steps."""
    state, right = torch.zeros_like(bits), PrefixSums().solve(bits)
    for number in range(1, bits.shape[1] + 1):
        state = step(state, bits)
        if torch.equal(state, right):
            return number
    return -1


class Trained(NamedTuple):
    """A net, and its share of bits right in each update."""

    net: DeepThinking
    accuracy: list[float]


def train(step: TrainingStep, name: str, seed: int, updates: int, bits: int = BITS) -> Trained:
    """Train a net of `arms.NETS` on strings that grow from 4 bits to `bits` as it learns.

    Cost: 5 CPU-seconds for 400 updates of the looped net.

    Raises:
        ValueError: no net has this name, or `bits` is below 4.
    """
    if name not in NETS:
        raise ValueError(f"the net must be one of {', '.join(NETS)}, not {name!r}")
    if bits < FIRST:
        raise ValueError(f"bits must be {FIRST} or more, not {bits}")
    task, size, running, accuracy = PrefixSums(), FIRST, 0.0, list[float]()
    with seeded(seed) as generator:
        net = build(NETS[name])
        optimizer = torch.optim.AdamW(net.parameters(), lr=NETS[name].plan.rate)
        for _ in range(updates):
            batch = task.sample(32, size, "train", generator)
            logits = step(net, optimizer, *batch)
            accuracy.append((logits.argmax(-1) == batch.targets).float().mean().item())
            running = MEMORY * running + (1 - MEMORY) * accuracy[-1]
            if running > GROWS_AT and size < bits:
                size, running = min(size + 2, bits), 0.0
    net.eval()
    return Trained(net, accuracy)


def share_right(net: DeepThinking, bits: int, steps: int, seed: int = 7) -> float:
    """Share of 100 test strings whose parities are all right after `steps` steps."""
    grid = accuracy_grid(net, PrefixSums(), (bits,), [steps], count=100, seed=seed)
    return float(grid.exact[0, 0])


def example() -> Batch:
    """The string that is worked by hand, and its parities."""
    bits = torch.tensor([[1, 0, 1, 1, 0, 1]])
    return Batch(bits, PrefixSums().solve(bits))
