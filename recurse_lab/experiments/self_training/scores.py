"""Scores of a net between rounds: what it solves, what it draws, and the gap of every verifier.

Shape letters: S draws, B boards.
"""

from math import isnan
from typing import Any

import torch
from torch import Generator, Tensor

from recurse_lab.experiments.self_training.arm import JUDGED, Keep, SelfTrainingArm
from recurse_lab.experiments.self_training.verifiers import Drawn, legal, right, scores
from recurse_lab.measure.cost import forward_flops, parameters
from recurse_lab.measure.verification_gap import gap, ranking, ranking_within
from recurse_lab.models.noisy import Noisy
from recurse_lab.recurrence import settle, think
from recurse_lab.tasks.base import Batch
from recurse_lab.train.rounds import best_first

VERIFIERS: tuple[Keep, ...] = ("random", "rules", "probability", "head", "agreement")
OWN: tuple[Keep, ...] = ("probability", "head", "agreement")
READS = (1, 2, 4, 8, 16, 32, 64)


@torch.no_grad()
def solved(arm: SelfTrainingArm, model: Noisy, batch: Batch) -> dict[str, float]:
    """Shares of boards whose answer without noise is right, and allowed by the rules, after `JUDGED` cycles."""
    last = settle(model, batch.inputs, JUDGED)
    assert last.output is not None
    answers = _filled(arm, batch, last.output)[None]
    found = {"right": right(arm, batch, answers), "legal": legal(arm, batch, answers)}
    return {name: one.float().mean().item() for name, one in found.items()}


@torch.no_grad()
def by_cycles(arm: SelfTrainingArm, model: Noisy, batch: Batch) -> list[float]:
    """Share of boards solved after each number of cycles in `READS`, without noise."""
    answers = [
        _filled(arm, batch, thought.output)
        for thought in think(model, batch.inputs, READS[-1], read=set(READS))
        if thought.output is not None
    ]
    return right(arm, batch, torch.stack(answers)).float().mean(1).tolist()


def of_draws(arm: SelfTrainingArm, batch: Batch, draws: Drawn, generator: Generator) -> dict[str, Any]:
    """Of the draws: share right, share legal, boards with a right one, different answers; of each verifier: its gap.

    A ranking is None where all draws are right or all are wrong.
    """
    right_SB = right(arm, batch, draws.answers)
    values: dict[str, Any] = {
        "drawn": right_SB.float().mean().item(),
        "legal": legal(arm, batch, draws.answers).float().mean().item(),
        "passed": right_SB.any(0).float().mean().item(),
        "distinct": _different(draws.answers),
        "verifiers": {},
    }
    for name in VERIFIERS:
        score_SB = scores(name, arm, batch, draws, generator)
        kept = best_first(score_SB, arm.kept, generator)
        if len(kept.problem):
            values["verifiers"][name] = gap(right_SB, kept)._asdict() | {
                "ranking": _known(ranking(score_SB, right_SB)),
                "ranking_within": _known(ranking_within(score_SB, right_SB)),
            }
    return values


def chosen(arm: SelfTrainingArm, batch: Batch, draws: Drawn, generator: Generator) -> dict[str, float]:
    """Name of a verifier of the net's own -> share of boards whose best draw by it is right."""
    right_SB = right(arm, batch, draws.answers)
    best = {name: scores(name, arm, batch, draws, generator).argmax(0, keepdim=True) for name in OWN}
    return {name: right_SB.gather(0, draw).float().mean().item() for name, draw in best.items()}


def _known(share: float) -> float | None:
    return None if isnan(share) else share


def _different(answers: Tensor) -> float:
    """Different answers among the draws of a board, mean over boards."""
    alike_BSS = (answers[:, None] == answers[None]).all(3).permute(2, 0, 1)
    return (~alike_BSS.int().tril(-1).any(2)).float().sum(1).mean().item()


def _filled(arm: SelfTrainingArm, batch: Batch, output: Tensor) -> Tensor:
    answers = arm.boards.completions.answer(output)
    return torch.where(batch.inputs > 0, batch.inputs, answers)


def cost(arm: SelfTrainingArm, model: Noisy) -> dict[str, float]:
    """Parameters; FLOPs of training, draws included; FLOPs of one answer after `JUDGED` cycles."""
    inputs = torch.zeros(arm.batch, arm.boards.completions.cells, dtype=torch.int64)
    flops = forward_flops(model, inputs)
    steps = arm.base.steps + arm.rounds * arm.plan.steps
    drawn = arm.rounds * arm.draws * arm.boards.pool if arm.learns_own else 0
    return {
        "params": parameters(model),
        "train_flops": steps * flops.training(1) + drawn * flops.answer(arm.cycles) / arm.batch,
        "infer_flops": flops.answer(JUDGED) / arm.batch,
    }
