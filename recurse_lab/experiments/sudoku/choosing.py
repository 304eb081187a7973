"""Noise and a selector: one net draws many answers to a puzzle with one solution, and its halting head chooses.

Sghaier et al. 2026 (PTRM), arXiv:2605.19943. The net is trained without noise.

Shape letters: S samples, B puzzles.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from recurse_lab.claims.arms import ArmResult
from recurse_lab.experiments.sudoku.arm import SudokuArm
from recurse_lab.experiments.sudoku.draws import chosen
from recurse_lab.experiments.sudoku.problems import puzzles
from recurse_lab.experiments.sudoku.scores import cost
from recurse_lab.experiments.sudoku.trial import train
from recurse_lab.kernels import fused
from recurse_lab.models.trm import TRM
from recurse_lab.records.record import Record, kept
from recurse_lab.recurrence import think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import CLASSES

SAMPLES = 20
NOISES = {
    "noisy_starts": {"start": 1.0},
    "noisy_steps": {"every_step": 0.3},
}  # name -> fields of `NoisyConfig`
USES = {
    "one": "one run",
    "longer": f"one run, {SAMPLES} times as long",
    "longer_chosen": f"the same, the head chooses among {SAMPLES} of its answers",
    "noisy_starts": f"{SAMPLES} random first states, the head chooses",
    "noisy_steps": f"{SAMPLES} runs with noise at every cycle, the head chooses",
}


@dataclass(frozen=True, kw_only=True)
class ChoosingArm:
    """A net for Sudoku, trained without noise and used in four ways."""

    label: str
    net: SudokuArm


@fused()
def choosing(arm: ChoosingArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Train one net, then compare one run, one run 20 times as long, and 20 noisy runs with a choice.

    Cost: 20 CPU-seconds for the training, 20 for each noise and for the long run. Expected on 6x6: one run .93, the
    same 20 times as long; 20 runs with noise and the head's choice .98 or more.
    """
    model, run = train(arm.net, seed)
    net, test = cast(TRM, model), puzzles(arm.net, "test", seed)
    once = arm.net.judged
    single = alone(net, test, once)
    noises = {}
    for name, noise in NOISES.items():
        noises[name] = chosen(arm.net, net, test, noise, SAMPLES, seed)
    return cost(arm.net, net, len(run.loss), seed) | {
        "train_seconds": run.seconds,
        "steps": len(run.loss),
        **single,
        **{name: shares["head"] for name, shares in noises.items()},
        "noises": noises,
    }, kept(net)


@torch.no_grad()
def alone(net: TRM, batch: Batch, steps: int) -> dict[str, float]:
    """Shares of puzzles right after `steps` and 20 times as many, and by the head's choice among 20 answers between."""
    reads = [steps * number for number in range(1, SAMPLES + 1)]
    right, heads = [], []
    for thought in think(net, batch.inputs, reads[-1], read=reads):
        if thought.output is not None:
            right.append(CLASSES.right(thought.output, batch.targets).all(1))
            heads.append(net.halting(thought.state).halt)
    right_SB, heads_SB = torch.stack(right), torch.stack(heads)
    by_head_B = right_SB.gather(0, heads_SB.argmax(0, keepdim=True))[0]
    found = {"one": right_SB[0], "longer": right_SB[-1], "longer_chosen": by_head_B}
    return {name: right_B.float().mean().item() for name, right_B in found.items()}


def right_by_head(record: Record) -> float:
    """The number that re-runs of records compare."""
    return record.values["noisy_steps"]


def by_use(runs: Mapping[int, Record], *, recorded: bool = False) -> list[ArmResult]:
    """Each way to use the trained net as an arm: its costs, and its share of puzzles right for each seed."""
    values = {seed: run.values for seed, run in runs.items()}
    one = next(iter(values.values()))
    return [
        ArmResult(
            name=use,
            label=label,
            params=int(one["params"]),
            train_flops=one["train_flops"],
            infer_flops=one["infer_flops"] * (1 if use == "one" else SAMPLES),
            seconds=sum(each["train_seconds"] for each in values.values()) / len(values),
            values={seed: each[use] for seed, each in values.items()},
            recorded=recorded,
        )
        for use, label in USES.items()
    ]
