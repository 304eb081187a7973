"""Chapter 04: data for its tables and figures: changes beside published figures, loops, gradients, and ARC.

Shape letters: B puzzles, L cells, T steps, K numbers of loops in training, J in the test.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, cast

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from recurse_lab.chapters.ch04_recursion_or_hierarchy.practice import angle
from recurse_lab.claims.arms import arm_results
from recurse_lab.experiments.arc.problems import chosen
from recurse_lab.experiments.arc.tables import guesses, identities
from recurse_lab.experiments.sudoku.arm import JUDGED, SudokuArm
from recurse_lab.experiments.sudoku.inside import cases
from recurse_lab.experiments.sudoku.problems import puzzles
from recurse_lab.experiments.sudoku.scores import AT_ONCE, right_after
from recurse_lab.experiments.sudoku.tables import by_steps, solved
from recurse_lab.experiments.sudoku.trial import build
from recurse_lab.kernels import fused
from recurse_lab.measure.latents import relative_change
from recurse_lab.measure.statistics import paired_effect
from recurse_lab.models.trm import TRM
from recurse_lab.records.replicate import Results
from recurse_lab.recurrence import think
from recurse_lab.state import latent
from recurse_lab.tasks.base import Batch
from recurse_lab.train.loop import seeded

__all__ = [
    "PUBLISHED",
    "angles",
    "apart",
    "arm_results",
    "by_steps",
    "cases",
    "changes",
    "chosen",
    "guesses",
    "identities",
    "leads",
    "loops",
    "mean_solved",
    "minus",
    "moved_by_step",
    "rows",
    "settled_rows",
    "solved",
    "some",
    "swapped",
]

SETTLED = 0.01  # relative change of the state in a supervision step, below which it counts as settled

# percent of Sudoku-Extreme puzzles solved: Jolicoeur-Martineau 2025, tables 1 and 2
PUBLISHED = {
    "recursive": "87.4",
    "hrm": "55.0",
    "two_networks": "82.4",
    "one_step": "56.5",
    "one_latent": "71.9",
}


def rows(results: Results, arms: Mapping[str, SudokuArm]) -> dict[str, dict[str, Any]]:
    """Arm label -> weights, steps, FLOPs of training and of an answer, boards solved; means over seeds."""
    return {
        arm.label: {
            "weights": arm.params,
            "optimizer steps": arms[arm.name].plan.steps,
            "training FLOPs": arm.train_flops,
            "FLOPs of one answer": arm.infer_flops,
            "boards solved": mean_solved(results, arm.name),
            "seeds": len(arm.values),
        }
        for arm in arm_results(results, arms, solved)
    }


def mean_solved(results: Results, name: str) -> float:
    """Share of hard boards solved, mean over an arm's seeds."""
    return float(np.mean([solved(run) for run in results[name].values()]))


def leads(results: Results, name: str, base: str) -> list[float]:
    """Boards solved by an arm minus those of the base on the same seed, for each seed of the arm."""
    return [solved(run) - solved(results[base][seed]) for seed, run in results[name].items()]


def minus(results: Results, name: str, base: str) -> float:
    """The mean of `leads`."""
    return float(np.mean(leads(results, name, base)))


def changes(results: Results, arms: Mapping[str, SudokuArm], base: str) -> dict[str, dict[str, Any]]:
    """Arm label -> boards solved, difference to the base on the same seeds with its interval, published figure."""
    found = {}
    for arm in arm_results(results, arms, solved):
        row: dict[str, Any] = {
            "weights": arm.params,
            "rate": arms[arm.name].plan.rate,
            "boards solved": mean_solved(results, arm.name),
            "least": min(arm.values.values()),
            "most": max(arm.values.values()),
            "minus base [95 %]": "–",
            "seeds": len(arm.values),
            "published, %": PUBLISHED.get(arm.name, "–"),
        }
        if arm.name != base:
            theirs = [solved(results[base][seed]) for seed in arm.values]
            effect = paired_effect(list(arm.values.values()), theirs, problems=arms[arm.name].puzzles.test)
            row["minus base [95 %]"] = f"{effect.mean:+.3f} [{effect.low:+.3f}, {effect.high:+.3f}]"
        found[arm.label] = row
    return found


def apart(results: Results, arms: Mapping[str, SudokuArm], base: str) -> dict[str, list[str]]:
    """Labels of the arms that solve fewer boards than the base on every seed, more on every seed, or neither."""
    found: dict[str, list[str]] = {"below": [], "above": [], "overlapping": []}
    for name in results:
        if name != base:
            differences = leads(results, name, base)
            word = "below" if max(differences) < 0 else "above" if min(differences) > 0 else "overlapping"
            found[word].append(arms[name].label)
    return found


def loops(results: Results, trained: Mapping[str, int], tested: Sequence[int]) -> Float[np.ndarray, "K J"]:
    """Mean share of boards solved; one row for each number of loops in training, one column for each in the test."""
    return np.array(
        [
            [np.mean([run.values["exact"][str(step)] for run in results[name].values()]) for step in tested]
            for name in trained
        ]
    )


def some(arm: SudokuArm, seed: int, count: int) -> Batch:
    """The first test puzzles of a seed."""
    return Batch(*(part[:count] for part in puzzles(arm, "test", seed)))


@fused()
@torch.inference_mode()
def moved_by_step(
    arm: SudokuArm, net: TRM, inputs: Int[Tensor, "B L"], steps: int
) -> Float[np.ndarray, "T B"]:
    """Relative change of the whole state in each supervision step."""
    moved = []
    for part in inputs.split(AT_ONCE):
        before, found = None, []
        for thought in think(net, part, steps * arm.cycles):
            if thought.step % arm.cycles == 0:
                z = latent(thought.state)
                if before is not None:
                    found.append(relative_change(z, before))
                before = z
        moved.append(torch.stack(found))
    return torch.cat(moved, dim=1).numpy()


def settled_rows(
    arms: Mapping[str, SudokuArm], nets: Mapping[str, TRM], batch: Batch, steps: int
) -> dict[str, dict[str, int]]:
    """Arm label -> how many boards have settled or still move in the last step, and are right or wrong."""
    found = {}
    for name, net in nets.items():
        arm = arms[name]
        settled = moved_by_step(arm, net, batch.inputs, steps)[-1] < SETTLED
        ((_, right_BL),) = right_after(net, batch, [steps * arm.cycles])
        right = right_BL.all(1).numpy()
        found[arm.label] = {
            "settled and right": int((settled & right).sum()),
            "settled and wrong": int((settled & ~right).sum()),
            "moving and right": int((~settled & right).sum()),
            "moving and wrong": int((~settled & ~right).sum()),
        }
    return found


def angles(
    arms: Mapping[str, SudokuArm], nets: Mapping[str, TRM], batch: Batch, seed: int, steps: Sequence[int]
) -> dict[str, dict[str, float]]:
    """Cosine of the one-step gradient with that of a whole supervision step, before and after training."""
    found = {}
    for name, net in nets.items():
        with seeded(seed):
            untrained = cast(TRM, build(arms[name]))
        for when, which in (("untrained", untrained), ("trained", net)):
            found[f"{arms[name].label}, {when}"] = {
                f"step {step}": angle(arms[name], which, batch, step - 1) for step in steps
            }
    return found


@torch.no_grad()
def swapped(arm: SudokuArm, net: TRM, batch: Batch) -> dict[str, float]:
    """Share of boards solved by a net of two networks: as trained, exchanged, and with either in both roles."""
    fast, slow = net.nets
    uses: dict[str, tuple[nn.Module, nn.Module]] = {
        "as trained": (fast, slow),
        "exchanged": (slow, fast),
        "the fast one in both roles": (fast, fast),
        "the slow one in both roles": (slow, slow),
    }
    found, other = {}, deepcopy(net)
    for use, pair in uses.items():
        other.nets = nn.ModuleList(pair)
        ((_, right_BL),) = right_after(other, batch, [JUDGED * arm.cycles])
        found[use] = right_BL.all(1).float().mean().item()
    return found
