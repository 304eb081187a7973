"""Chapter 09: what surrounds the reader's own round: a base net, its draws, and the training on what is kept."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from recurse_lab.chapters.ch09_generation_verification_gap.by_hand import OUT
from recurse_lab.experiments.self_training.arm import SelfTrainingArm
from recurse_lab.experiments.self_training.problems import Halves, Renamed, labeled, unlabeled, unseen
from recurse_lab.experiments.self_training.scores import solved
from recurse_lab.experiments.self_training.trial import build, train
from recurse_lab.experiments.self_training.verifiers import Drawn, drawn, legal
from recurse_lab.kernels import fused
from recurse_lab.models.noisy import Noisy
from recurse_lab.state import detached
from recurse_lab.tasks.base import Batch
from recurse_lab.train.sources import Pool

Step = Callable[..., Any]  # (net, optimizer, boards, answers, state) -> the next state
CYCLES = 8  # of a board in training


class Base(NamedTuple):
    """A net trained on labeled boards, boards without labels, and its draws from them."""

    net: Noisy
    pool: Batch
    draws: Drawn
    rules: Tensor  # (S, B): 0 where the rules allow a draw, else -infinity


def base(arm: SelfTrainingArm, seed: int) -> Base:
    """Train on labeled boards only, then draw."""
    return drawing(arm, train(replace(arm, rounds=0), seed).model, seed)


def drawing(arm: SelfTrainingArm, net: Noisy, seed: int) -> Base:
    """The draws of a net from the boards without labels."""
    pool = unlabeled(arm.boards, seed)
    draws = drawn(arm, net, pool.inputs, Generator().manual_seed(seed))
    allowed = legal(arm, pool, draws.answers)
    return Base(net, pool, draws, torch.where(allowed, 0.0, OUT))


def at_random(start: Base, seed: int) -> Tensor:
    """Scores (S, B) that say nothing."""
    return torch.rand(start.rules.shape, generator=Generator().manual_seed(seed))


@fused()  # only faster
def round_of(
    step: Step, arm: SelfTrainingArm, start: Base, kept: Sequence[tuple[int, int]], seed: int, updates: int
) -> tuple[Noisy, float]:
    """Train a copy of the net on labeled boards and on what is kept; return it and the share of test boards solved.

    Raises:
        ValueError: nothing is kept.
    """
    if not kept:
        raise ValueError("an empty round: no answer was kept, so there is nothing to learn")
    board, draw = (torch.tensor(part) for part in zip(*kept, strict=True))
    own = Batch(start.pool.inputs[board], start.draws.answers[draw, board])
    net, generator = build(arm), Generator().manual_seed(seed)
    net.load_state_dict(start.net.state_dict())
    task, changes = arm.boards.completions, Renamed(arm.boards)
    pools = [Pool(task, one, arm.batch // 2, generator, changes) for one in (labeled(arm.boards, seed), own)]
    source = Halves(*pools)
    optimizer = torch.optim.AdamW(net.parameters(), lr=arm.plan.rate, betas=(0.9, 0.95), weight_decay=0.1)
    for number in range(updates):
        if number % CYCLES == 0:  # fresh boards, and the first state
            boards, answers = source.draw()
            state = net.start(boards)[0]
        state = detached(step(net, optimizer, boards, answers, state))
    net.eval()
    return net, solved(arm, net, unseen(arm.boards, "test", seed))["right"]


def before(arm: SelfTrainingArm, start: Base, seed: int) -> float:
    """Share of test boards that the net solves before the round."""
    return solved(arm, start.net, unseen(arm.boards, "test", seed))["right"]
