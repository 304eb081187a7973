"""Noisy runs of a trained net, and the choice of its halting head among their answers.

Sghaier et al. 2026 (PTRM), arXiv:2605.19943. The net is trained without noise.

Shape letters: S samples, B puzzles, L cells.
"""

from dataclasses import asdict

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from recurse_lab.experiments.sudoku.arm import SudokuArm
from recurse_lab.experiments.sudoku.problems import task_of
from recurse_lab.models.noisy import Noisy, NoisyConfig
from recurse_lab.models.trm import TRM
from recurse_lab.recurrence import settle
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import CLASSES

DRAW_SEED = 1_000_003


@torch.no_grad()
def chosen(
    arm: SudokuArm, net: TRM, batch: Batch, noise: dict[str, float], samples: int, seed: int
) -> dict[str, float]:
    """Shares of puzzles right: a draw in the mean, the head's choice, the most frequent answer, any of the draws.

    Args:
        noise: fields of `NoisyConfig`.
        samples: number of noisy runs of each puzzle, `arm.judged` steps each.
    """
    noisy = Noisy(NoisyConfig(**(asdict(net.config) | noise)), task_of(arm).relations())
    noisy.load_state_dict(net.state_dict())
    generator = Generator().manual_seed(DRAW_SEED + seed)
    answers, heads = [], []
    for _ in range(samples):
        last = settle(noisy, batch.inputs, arm.judged, generator=generator)
        assert last.output is not None
        answers.append(CLASSES.answer(last.output))
        heads.append(noisy.halting(last.state).halt)
    answers_SBL = torch.stack(answers)
    right_SB = (answers_SBL == batch.targets).all(2)
    by_head_B = right_SB.gather(0, torch.stack(heads).argmax(0, keepdim=True))[0]
    return {
        "mean": right_SB.float().mean().item(),
        "head": by_head_B.float().mean().item(),
        "majority": _right_majority(answers_SBL, right_SB).float().mean().item(),
        "passed": right_SB.any(0).float().mean().item(),
    }


def _right_majority(answers_SBL: Int[Tensor, "S B L"], right_SB: Bool[Tensor, "S B"]) -> Float[Tensor, " B"]:
    """Whether the most frequent answer to each puzzle is right; of equally frequent ones, the first."""
    votes_SB = (answers_SBL[:, None] == answers_SBL[None]).all(3).sum(1)
    return right_SB.gather(0, votes_SB.argmax(0, keepdim=True))[0].float()
