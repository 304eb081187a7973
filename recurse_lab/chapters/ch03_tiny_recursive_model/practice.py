"""Chapter 03: what surrounds the reader's own supervision step: checks, a small training, and what it solves.

Shape letters: B slots, L cells.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from recurse_lab.chapters.ch03_tiny_recursive_model.arms import TASTE
from recurse_lab.experiments.sudoku.problems import puzzles, task_of
from recurse_lab.experiments.sudoku.scores import right_after
from recurse_lab.experiments.sudoku.trial import build
from recurse_lab.kernels import fused
from recurse_lab.models.trm import TRM, Latents
from recurse_lab.tasks.base import Batch
from recurse_lab.train.loop import seeded
from recurse_lab.train.objectives.slots import refilled

# (net, boards, answers, state, done) -> loss, the state to carry on, which boards are right
Supervise = Callable[[TRM, Tensor, Tensor, Latents, Tensor], Any]


class Case(NamedTuple):
    """Arguments of a supervision step: four 4x4 boards in progress, the first two of them done."""

    net: TRM
    boards: Tensor  # (B, L)
    answers: Tensor  # (B, L)
    state: Latents  # after two cycles, cut off from the gradient
    done: Tensor  # (B,)


def case(seed: int = 5) -> Case:
    """The same four boards in every call, and an untrained net."""
    with seeded(seed):
        net = build(TASTE)
    assert isinstance(net, TRM)
    boards, answers = (part[:4] for part in puzzles(TASTE, "train", seed))
    with torch.no_grad():
        begun, context = net.start(boards)
        state = net.step(net.step(begun, context), context)
        assert isinstance(state, Latents)
    return Case(net, boards, answers, state, torch.tensor([True, False, False, True]))


def book(
    net: TRM, boards: Tensor, answers: Tensor, state: Latents, done: Tensor
) -> tuple[Tensor, Latents, Tensor]:
    """The book's supervision step: refill, one cycle, loss, cut."""
    first, context = net.start(boards)
    return _ended(net, net.step(refilled(first, state, done), context), answers)


def _ended(net: TRM, state: Any, answers: Tensor) -> tuple[Tensor, Latents, Tensor]:
    logits = net.read(state)
    loss = F.cross_entropy(logits.flatten(0, 1), answers.flatten())
    right = (logits.argmax(-1) == answers).all(1)
    return loss, Latents(*(part.detach() for part in state)), right


def expected() -> tuple[float, dict[str, float]]:
    """The right loss, and mistake -> its loss."""
    net, boards, answers, state, done = case()
    first, context = net.start(boards)
    assert isinstance(first, Latents)

    def loss(begin: Any, cycles: int = 1) -> float:
        for _ in range(cycles):
            begin = net.step(begin, context)
        return _ended(net, begin, answers)[0].item()

    begun = refilled(first, state, done)
    return loss(begun), {
        "no board was replaced: where `done`, begin with the first state": loss(state),
        "every board began anew: keep the state where not `done`": loss(first),
        "the wrong boards began anew": loss(refilled(first, state, ~done)),
        "only y began anew; z still belongs to the board before": loss(Latents(begun.y, state.z)),
        "only z began anew; y still belongs to the board before": loss(Latents(state.y, begun.z)),
        "the loss is that of the state before the cycle": loss(begun, 0),
        "two cycles: one is asked for": loss(begun, 2),
    }


def loss_of(supervise: Supervise) -> Any:
    """The loss that a reader's step returns; None or ... where it returns none."""
    found = supervise(*case())
    return found if found is None or found is ... else float(found[0].detach())


def state_of(supervise: Supervise) -> Any:
    """The carried y, weighted by cell so that one number tells results apart; None or ... where there is none."""
    found = supervise(*case())
    return found if found is None or found is ... else one_number(found[1].y)


def one_number(y_BCD: Tensor) -> float:
    """A weighted sum of a latent."""
    flat = y_BCD.detach().double().flatten()
    return float((flat * torch.linspace(1, 2, len(flat), dtype=torch.float64)).sum())


def states() -> tuple[float, dict[str, float]]:
    """The right state to carry on as one number, and mistake -> its number."""
    net, boards, _, state, done = case()
    first, _ = net.start(boards)
    begun = refilled(first, state, done)
    right = one_number(book(*case())[1].y)
    return right, {
        "this is the state before the cycle; carry on the one after it": one_number(begun.y),
        "this is the state that came in": one_number(state.y),
    }


def cut(supervise: Supervise) -> Any:
    """Whether the carried state is cut off from the gradient, while the loss is not."""
    found = supervise(*case())
    if found is None or found is ...:
        return found
    loss, state, _ = found
    if not loss.requires_grad:
        return "the loss has no gradient: detach the state that is carried on, not the one that is read"
    held = [name for name, part in zip(("y", "z"), state, strict=True) if part.requires_grad]
    return f"{' and '.join(held)} would carry the gradient into the next step" if held else True


def checked(supervise: Supervise) -> Supervise:
    """The reader's step where it is right, else the book's."""
    try:
        loss, state = loss_of(supervise), state_of(supervise)
        agrees = all(
            isinstance(found, float) and abs(found - wanted) < 1e-4 * abs(wanted)
            for found, wanted in ((loss, expected()[0]), (state, states()[0]))
        )
        return supervise if agrees and cut(supervise) is True else book
    except Exception:  # the reader's function may do anything
        return book


class Boards:
    """Training boards for a few slots; fresh ones, with digits renamed, take the places of those that are done."""

    def __init__(self, seed: int, slots: int = 32) -> None:
        self.generator = Generator().manual_seed(seed)
        self.pool, self.task = puzzles(TASTE, "train", seed), task_of(TASTE)
        self.now = self._drawn(slots)

    def renewed(self, done: Tensor) -> Batch:
        """The boards of all slots, after those that are `done` (B,) have been replaced."""
        fresh = self._drawn(len(done))
        self.now = Batch(
            *(torch.where(done[:, None], new, old) for new, old in zip(fresh, self.now, strict=True))
        )
        return self.now

    def _drawn(self, count: int) -> Batch:
        chosen = torch.randint(len(self.pool.inputs), (count,), generator=self.generator)
        return self.task.augment(Batch(*(part[chosen] for part in self.pool)), self.generator)


def untrained(seed: int) -> TRM:
    """A net for 4x4 boards."""
    with seeded(seed):
        net = build(TASTE)
    assert isinstance(net, TRM)
    return net


@fused()
def solved(net: TRM, seed: int, steps: tuple[int, ...] = (1, 2, 4, 16)) -> dict[str, float]:
    """Share of hard 4x4 boards wholly right after each number of supervision steps."""
    readings = right_after(net, puzzles(TASTE, "test", seed), list(steps))
    return {f"after {step} steps": right_BL.all(1).float().mean().item() for step, right_BL in readings}
