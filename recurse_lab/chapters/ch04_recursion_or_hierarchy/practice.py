"""Chapter 04: what surrounds the reader's own one-step gradient: its checks, a small training, and its angle.

A reader's step takes (net, state, context), makes HRM's two cycles of two refinements of z and one of y, and returns
the state. Shape letters: B boards, L cells.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from recurse_lab.experiments.sudoku.arm import Puzzles, SudokuArm
from recurse_lab.experiments.sudoku.problems import pool, task_of
from recurse_lab.experiments.sudoku.scores import right_after
from recurse_lab.experiments.sudoku.trial import build
from recurse_lab.kernels import fused
from recurse_lab.models.trm import TRM, State
from recurse_lab.state import detached
from recurse_lab.tasks.base import Batch
from recurse_lab.train.loop import seeded

Step = Callable[..., Any]  # (net, state, context) -> the state after a supervision step
TrainingStep = Callable[..., Any]  # (net, optimizer, boards, answers, state) -> the next state
ORDER = "zzyzzy"  # HRM's two cycles: which latent each evaluation refines
LAST = {4, 5}  # evaluations with gradient: the last of each network
KEPT = 8  # supervision steps that a batch is kept for in the small training
SMALL = Puzzles(side=4, train_givens=(7, 10), test_givens=(4, 6), train=1_000, test=128, validation=16)


def evaluated(order: str, graded: set[int]) -> Step:
    """A supervision step that refines the latents of `order` in turn, with gradient in the evaluations in `graded`."""

    def step(net: TRM, state: State, context: Any) -> State:
        for number, latent in enumerate(order):
            refine = net.refine_z if latent == "z" else net.refine_y
            with torch.set_grad_enabled(torch.is_grad_enabled() and number in graded):
                state = refine(state, context)
        return state

    return step


book_step = evaluated(ORDER, LAST)

WRONG_ORDERS = {
    "only one cycle: HRM makes two before it is asked": "zzy",
    "z and y in turn: y is refined once a cycle, after all refinements of z": "zyzyzy",
    "y is refined once, at the very end: it is refined in every cycle": "zzzzy",
    "one refinement of z too few in the last cycle": "zzyzy",
    "three cycles: one too many": "zzyzzyzzy",
}
WRONG_GRADIENTS = {
    "gradient flows through every evaluation: that is back-propagation through the whole step": set(range(6)),
    "gradient flows through the whole last cycle: that is TRM's gradient, not the one-step one": {3, 4, 5},
    "the last z has no gradient: the fast network does not learn": {5},
    "the last y has no gradient, so that none reaches the networks: only the head learns": set(),
    "the first cycle's y has gradient too: only the last evaluation of each network has": {2, 4, 5},
}


def small_net(seed: int, arm: SudokuArm) -> TRM:
    """An untrained net of the arm's kind for 4x4 boards."""
    with seeded(seed):
        return build(small(arm))  # type: ignore[return-value]


def small(arm: SudokuArm) -> SudokuArm:
    """The arm on 4x4 boards."""
    return replace(arm, model=replace(arm.model, cells=16, symbols=5, classes=5), puzzles=SMALL)


class Case(NamedTuple):
    """A net, boards with answers, and a state to begin with; always the same."""

    net: TRM
    boards: Batch
    state: State


def case(arm: SudokuArm) -> Case:
    """The case of the checks: a net whose weights differ from those at the start, and a state after one step."""
    net = small_net(5, arm)
    boards = Batch(*(part[:16] for part in pool(SMALL, "test", 5)))
    generator = Generator().manual_seed(5)
    with torch.no_grad():
        for weight in net.parameters():
            weight.add_(0.1 * torch.randn(weight.shape, generator=generator))
        state, context = net.start(boards.inputs)
        state = book_step(net, state, context)
    return Case(net, boards, state)


def loss_of(step: Step, given: Case) -> Any:
    """The loss of one supervision step; None and ... stay."""
    _, context = given.net.start(given.boards.inputs)
    state = step(given.net, given.state, context)
    if state is None or state is ...:
        return state
    logits = given.net.read(state)
    return F.cross_entropy(logits.flatten(0, 1), given.boards.targets.flatten())


def value(step: Step, given: Case) -> Any:
    """The loss as a number."""
    loss = loss_of(step, given)
    return loss if loss is None or loss is ... else loss.item()


def gradient(step: Step, given: Case) -> Any:
    """One number that tells gradients of the loss apart: a weighted sum of their sizes, network by network."""
    loss = loss_of(step, given)
    if loss is None or loss is ...:
        return loss
    return _told(_gradients(given.net, loss))


def _gradients(net: TRM, loss: Tensor) -> list[Tensor]:
    weights = list(net.parameters())
    parts = torch.autograd.grad(loss, weights, allow_unused=True)
    return [torch.zeros_like(w) if part is None else part for w, part in zip(weights, parts, strict=True)]


def _told(parts: list[Tensor]) -> float:
    return sum(float(part.double().abs().sum()) * number for number, part in enumerate(parts, start=1))


def value_expected(given: Case) -> tuple[float, dict[str, float]]:
    """The right loss, and what was done wrong -> its loss."""
    wrong = {why: value(evaluated(order, set()), given) for why, order in WRONG_ORDERS.items()}
    return value(book_step, given), wrong


def gradient_expected(given: Case) -> tuple[float, dict[str, float]]:
    """The right gradient as one number, and what was done wrong -> its number."""
    wrong = {why: gradient(evaluated(ORDER, graded), given) for why, graded in WRONG_GRADIENTS.items()}
    return gradient(book_step, given), wrong


def checked(step: Step, given: Case) -> Step:
    """The reader's step where loss and gradient are right, else the book's."""
    try:
        found = value(step, given), gradient(step, given)
        right = value(book_step, given), gradient(book_step, given)
        good = all(abs(one - other) <= 1e-3 * abs(other) for one, other in zip(found, right, strict=True))
    except Exception:  # the reader's function may do anything
        return book_step
    return step if good else book_step


@fused()  # only faster
def practice(step: TrainingStep, arm: SudokuArm, seed: int, updates: int) -> dict[int, float]:
    """Train a small net on 4x4 boards, each batch kept for eight supervision steps.

    Returns:
        Supervision steps in the test -> share of boards with 4 to 6 givens that are wholly right.
    """
    net, task = small_net(seed, arm), task_of(small(arm))
    boards, generator = pool(SMALL, "train", seed), Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(net.parameters(), lr=4e-3, betas=(0.9, 0.95), weight_decay=0.1)
    for number in range(updates):
        if number % KEPT == 0:  # fresh boards, and the first state
            chosen = torch.randint(len(boards.inputs), (32,), generator=generator)
            inputs, targets = task.augment(Batch(*(part[chosen] for part in boards)), generator)
            state = net.start(inputs)[0]
        state = detached(step(net, optimizer, inputs, targets, state))
    net.eval()
    reads = {supervised: supervised * arm.cycles for supervised in (1, 2, 4, 8, 16)}
    shares = {
        number: right.all(1).float().mean().item()
        for number, right in right_after(net, pool(SMALL, "test", seed), list(reads.values()))
    }
    return {supervised: shares[number] for supervised, number in reads.items()}


def angle(arm: SudokuArm, net: TRM, boards: Batch, steps: int) -> float:
    """Cosine between the one-step gradient and the gradient of all refinements of one supervision step.

    The net first makes `steps` supervision steps without gradient; boards are a batch (B, L).
    """
    cycle = "z" * net.config.refinements + "y"
    order = cycle * arm.cycles
    last = {len(order) - 2, len(order) - 1}
    with torch.no_grad():
        state, context = net.start(boards.inputs)
        for _ in range(steps):
            state = evaluated(order, set())(net, state, context)
    given = Case(net, boards, state)
    short, whole = (
        torch.cat([part.flatten() for part in _gradients(net, loss_of(evaluated(order, graded), given))])
        for graded in (last, set(range(len(order))))
    )
    return torch.cosine_similarity(short, whole, dim=0).item()
