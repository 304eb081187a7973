"""Chapter 03: what its notebook shows, computed from live nets and from recorded runs.

Shape letters: T steps, B puzzles.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from recurse_lab.chapters.ch03_tiny_recursive_model import by_hand
from recurse_lab.claims.arms import arm_results
from recurse_lab.experiments.sudoku.arm import SudokuArm
from recurse_lab.experiments.sudoku.halting import early_exit_table, head_at_every_step, right_when_stopped
from recurse_lab.experiments.sudoku.inside import (
    by_technique,
    cases,
    data_table,
    forgetting,
    share_by_step,
)
from recurse_lab.experiments.sudoku.probes import probes
from recurse_lab.experiments.sudoku.scores import right_after
from recurse_lab.experiments.sudoku.tables import by_steps, solved
from recurse_lab.measure.latents import trace
from recurse_lab.models.trm import TRM
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.sudoku import Sudoku

__all__ = [
    "arm_results",
    "by_hand",
    "by_steps",
    "by_technique",
    "cases",
    "data_table",
    "early_exit_table",
    "forgetting",
    "head_at_every_step",
    "probes",
    "right_when_stopped",
    "share_by_step",
    "solved",
]

STILL = 1e-3  # relative change in a step below which a board counts as settled


def table_of(results: Results, arms: Mapping[str, SudokuArm]) -> dict[str, dict[str, Any]]:
    """Arm label -> parameters, steps, training FLOPs, and share solved: mean, least and most of the seeds."""
    rows = {}
    for arm in arm_results(results, arms, solved):
        shares = list(arm.values.values())
        rows[arm.label] = {
            "parameters": arm.params,
            "optimizer steps": arms[arm.name].plan.steps,
            "training FLOPs": arm.train_flops,
            "FLOPs of one answer": arm.infer_flops,
            "solved": np.mean(shares),
            "least": min(shares),
            "most": max(shares),
            "seeds": len(shares),
        }
    return rows


def factors(results: Results, arms: Mapping[str, SudokuArm]) -> dict[str, dict[str, Any]]:
    """What is changed -> two arms that differ in it, what each solves in the mean, and the difference."""
    means = {
        arm.name: (arm.label, float(np.mean(list(arm.values.values()))))
        for arm in arm_results(results, arms, solved)
    }
    rows = {}
    for what, (one, other) in FACTORS.items():
        (label, before), (other_label, after) = means[one], means[other]
        rows[what] = {
            "from": label,
            "to": other_label,
            "solved": f"{before:.2f} to {after:.2f}",
            "difference": round(after - before, 3),
        }
    return rows


FACTORS = {
    "three times the blocks and parameters, 2.6 times the compute": ("narrow", "narrow_deeper"),
    "twice the width, half the blocks, equal compute": ("narrow_deeper", "twelve"),
    "a signal after every block": ("narrow_deep_end", "narrow_deep"),
    "shared weights and a carried state, equal compute": ("narrow_deeper", "two_blocks"),
    "the same, equal parameters": ("thin", "two_blocks"),
}


def rounds_and_steps(net: TRM, batch: Batch, side: int, steps: int) -> dict[str, dict[str, Any]]:
    """Rounds of naked singles that a puzzle needs -> puzzles, share solved, steps until they are right for good."""
    rules = Sudoku(side).rules
    needed = [by_hand.rounds_needed(rules, board) for board in batch.inputs.tolist()]
    right_TB = torch.stack([right.all(1) for _, right in right_after(net, batch, list(range(1, steps + 1)))])
    wrong_until = np.array([last_wrong(column) for column in right_TB.T.numpy()])
    rows = {}
    for name, low, high in (("up to 6", 1, 6), ("7 or 8", 7, 8), ("9 or more", 9, 99)):
        chosen = [index for index, rounds in enumerate(needed) if rounds and low <= rounds <= high]
        rows[name] = _row(wrong_until[chosen], steps)
    rows["naked singles do not suffice"] = _row(
        wrong_until[[index for index, rounds in enumerate(needed) if rounds is None]], steps
    )
    return rows


def last_wrong(right_T: np.ndarray) -> int:
    """The last step after which the board is not wholly right; 0 if it is right from the first step on."""
    return int(np.flatnonzero(~right_T)[-1]) + 1 if not right_T.all() else 0


def _row(wrong_until: np.ndarray, steps: int) -> dict[str, Any]:
    good = wrong_until[wrong_until < steps]
    return {
        "puzzles": len(wrong_until),
        f"right after {steps} steps": len(good) / len(wrong_until) if len(wrong_until) else float("nan"),
        "steps until right for good, mean": float(good.mean() + 1) if len(good) else float("nan"),
    }


def settled_and_right(net: TRM, batch: Batch, steps: int) -> dict[str, dict[str, int]]:
    """Cross-table after `steps` steps: boards that have settled or still move, and boards that are right or wrong."""
    seen = trace(net, batch.inputs, steps)
    still = seen.residual[-1] < STILL
    right = (seen.answers[-1] == batch.targets.numpy()).all(1)
    return {
        name: {"right": int((chosen & right).sum()), "wrong": int((chosen & ~right).sum())}
        for name, chosen in (("settled", still), ("still moving", ~still))
    }


def residuals(net: TRM, batch: Batch, steps: int) -> dict[str, np.ndarray]:
    """Relative change of the state in each step, (T, B), of boards that end right and of those that end wrong."""
    seen = trace(net, batch.inputs, steps)
    right = (seen.answers[-1] == batch.targets.numpy()).all(1)
    groups = {"ends right": right, "ends wrong": ~right}
    return {
        f"{name} ({chosen.sum()})": seen.residual[:, chosen]
        for name, chosen in groups.items()
        if chosen.any()
    }


def techniques(runs: Mapping[int, Record]) -> dict[str, float]:
    """Technique -> share of the test puzzles that need it which are solved, mean over seeds."""
    shares = [run.values["by_technique"] for run in runs.values()]
    names: Sequence[str] = sorted({name for share in shares for name in share})
    return {name: float(np.mean([share[name] for share in shares if name in share])) for name in names}


def draws(runs: Mapping[int, Record]) -> dict[str, float]:
    """What noisy runs of the recorded nets solve, means over seeds: a run, head's choice, most frequent, any."""
    found = [run.values["draws"] for run in runs.values()]
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def mean(runs: Mapping[int, Record]) -> float:
    """Share solved, mean over seeds."""
    return float(np.mean([solved(run) for run in runs.values()]))


def column_means(rows: Mapping[str, Mapping[str, float]]) -> list[float]:
    """Mean of each column of a table, in its order."""
    return np.array([list(row.values()) for row in rows.values()]).mean(axis=0).tolist()
