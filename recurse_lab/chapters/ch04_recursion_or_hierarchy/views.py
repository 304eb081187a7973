"""Chapter 04: tables of changes beside published figures, of loops in training and in the test, and of ARC guesses."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from recurse_lab.claims.arms import arm_results
from recurse_lab.experiments.arc.problems import chosen
from recurse_lab.experiments.arc.tables import guesses, identities
from recurse_lab.experiments.sudoku.arm import SudokuArm
from recurse_lab.experiments.sudoku.inside import cases
from recurse_lab.experiments.sudoku.rates import tried
from recurse_lab.experiments.sudoku.tables import by_steps, costs, ended, solved
from recurse_lab.measure.latents import trace
from recurse_lab.records.replicate import Results
from recurse_lab.recurrence import Recurrence

__all__ = [
    "PUBLISHED",
    "by_steps",
    "cases",
    "changes",
    "chosen",
    "costs",
    "ended",
    "guesses",
    "identities",
    "loops",
    "moved_by_step",
    "solved",
    "tried",
]

# percent of Sudoku-Extreme puzzles solved: Jolicoeur-Martineau 2025, tables 1 and 2
PUBLISHED = {
    "recursive": "87.4",
    "hrm": "55.0",
    "two_networks": "82.4",
    "one_step": "56.5",
    "one_latent": "71.9",
    "four_layers": "79.5 (n = 3)",
    "no_average": "79.9",
}


def changes(results: Results, arms: Mapping[str, SudokuArm]) -> dict[str, dict[str, Any]]:
    """Arm label -> seeds, boards solved (mean, least, most), boards given in training, parameters, published figure."""
    rows = {}
    for arm in arm_results(results, arms, solved):
        shares, runs = list(arm.values.values()), results[arm.name].values()
        rows[arm.label] = {
            "seeds": len(shares),
            "solved": sum(shares) / len(shares),
            "least": min(shares),
            "most": max(shares),
            "boards given": round(sum(run.values["boards"] for run in runs) / len(runs)),
            "parameters": arm.params,
            "published, %": PUBLISHED.get(arm.name, "–"),
        }
    return rows


def moved_by_step(
    arm: SudokuArm, net: Recurrence, inputs: Int[Tensor, "B L"], steps: int
) -> Float[np.ndarray, "T B"]:
    """Relative change of the whole state in each supervision step."""
    latents = trace(net, inputs, steps * arm.cycles, keep_latents=True).latents
    assert latents is not None
    ends = latents[:: arm.cycles]
    return np.linalg.norm(np.diff(ends, axis=0), axis=-1) / np.linalg.norm(ends[1:], axis=-1)


def loops(results: Results, trained: Mapping[str, int], tested: Sequence[int]) -> np.ndarray:
    """Mean share of boards solved; one row for each number of loops in training, one column for each in the test."""
    return np.array(
        [
            [np.mean([run.values["exact"][str(step)] for run in results[name].values()]) for step in tested]
            for name in trained
        ]
    )
