"""What a net draws, and the scores that each verifier gives to the draws.

Shape letters: S draws, B boards, L cells.
"""

from copy import copy
from dataclasses import replace
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from recurse_lab.experiments.self_training.arm import Keep, SelfTrainingArm
from recurse_lab.models.noisy import Noisy, NoisyConfig
from recurse_lab.recurrence import settle
from recurse_lab.tasks.base import Batch
from recurse_lab.train.rounds import Kept, best_first, other_draws

WRONG = -torch.inf  # score of a draw that is never kept


class Drawn(NamedTuple):
    """Draws, and what the net itself says of them."""

    answers: Int[Tensor, "S B L"]
    log_p: Float[Tensor, "S B"]  # log probability of the cells that were not given, in nats
    head: Float[Tensor, "S B"]  # logit of the halting head


@torch.no_grad()
def drawn(arm: SelfTrainingArm, model: Noisy, inputs: Int[Tensor, "B L"], generator: Generator) -> Drawn:
    """Draw answers with noise before each cycle; givens stay as they are."""
    net, many = copy(model), inputs.repeat(arm.draws, 1)  # `net` shares the weights
    assert isinstance(model.config, NoisyConfig)
    net.noise = replace(model.config, every_step=arm.noise)
    last = settle(net, many, arm.cycles, generator=generator)
    assert last.output is not None
    log_p = last.output[..., 1:].log_softmax(-1)
    answers = torch.where(many > 0, many, log_p.argmax(-1) + 1)
    each = log_p.gather(-1, answers[..., None] - 1)[..., 0] * (many == 0)
    shape = (arm.draws, len(inputs))
    return Drawn(
        answers.view(*shape, -1), each.sum(1).view(shape), net.halting(last.state).halt.float().view(shape)
    )


def right(arm: SelfTrainingArm, batch: Batch, answers: Int[Tensor, "S B L"]) -> Bool[Tensor, "S B"]:
    """Utility of each answer: it solves its board; or, of facts, it is the board's own target."""
    if arm.boards.facts:
        return (answers == batch.targets).all(2)
    return legal(arm, batch, answers)


def legal(arm: SelfTrainingArm, batch: Batch, answers: Int[Tensor, "S B L"]) -> Bool[Tensor, "S B"]:
    """Whether the rules allow each answer."""
    inputs = batch.inputs.repeat(len(answers), 1)
    return arm.boards.completions.verify(inputs, answers.flatten(0, 1)).view(answers.shape[:2])


def agreement(answers: Int[Tensor, "S B L"]) -> Float[Tensor, "S B"]:
    """How many of a board's draws are equal to each."""
    return (answers[:, None] == answers[None]).all(3).sum(1).float()


def scores(
    keep: Keep, arm: SelfTrainingArm, batch: Batch, draws: Drawn, generator: Generator
) -> Float[Tensor, "S B"]:
    """The scores of one verifier; those of `nothing` are 0 for all.

    Only `truth` reads the targets of `batch`.
    """
    if keep in ("probability", "boards of probability"):
        return draws.log_p
    if keep == "head":
        return draws.head
    if keep == "agreement":
        return agreement(draws.answers)
    if keep in ("nothing", "masked labels", "everything", "random"):
        return torch.zeros_like(draws.log_p)
    if keep == "truth":
        return torch.where((draws.answers == batch.targets).all(2), 0.0, WRONG)
    passed = legal(arm, batch, draws.answers)
    if keep == "noisy rules":
        passed = passed | (torch.rand(passed.shape, generator=generator) < arm.passed)
    return torch.where(passed, 0.0, WRONG)


def kept(arm: SelfTrainingArm, batch: Batch, draws: Drawn, generator: Generator) -> Kept:
    """The boards and draws that an arm keeps."""
    found = best_first(scores(arm.keep, arm, batch, draws, generator), arm.kept, generator)
    return other_draws(found, arm.draws, generator) if arm.keep.startswith("boards of") else found
