"""Chapter 04's tables: every change beside the paper's figure, loops trained against loops tested, ARC guesses."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from recurse_lab.evidence.arms import arm_results
from recurse_lab.evidence.records import Record
from recurse_lab.evidence.replicate import Results
from recurse_lab.measure.latents import trace
from recurse_lab.recipes.recursion import solved
from recurse_lab.recipes.sudoku_arms import SudokuArm
from recurse_lab.recurrence import Recurrence
from recurse_lab.tasks.arc import ArcTask

# Sudoku-Extreme, per cent: Jolicoeur-Martineau 2025, tables 1 and 2
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
    """Arm -> boards solved (mean, least, most), boards given in training, parameters, and the published figure."""
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
    """Relative change of the whole state in each supervision step, however many cycles that has."""
    latents = trace(net, inputs, steps * arm.cycles, keep_latents=True).latents
    assert latents is not None
    ends = latents[:: arm.cycles]
    return np.linalg.norm(np.diff(ends, axis=0), axis=-1) / np.linalg.norm(ends[1:], axis=-1)


def loops(results: Results, trained: Mapping[str, int], tested: Sequence[int]) -> np.ndarray:
    """Mean share of boards solved: a row for each number of loops in training, a column for each in the test."""
    return np.array(
        [
            [np.mean([run.values["exact"][str(step)] for run in results[name].values()]) for step in tested]
            for name in trained
        ]
    )


def identities(runs: Mapping[int, Record]) -> dict[str, dict[str, float]]:
    """Identity row -> tests passed with one guess and with two, and without a vote: means over tasks and seeds."""
    names = {"own": "its own row", "blank": "the blank row", "other": "a random other row"}
    return {
        label: {
            measure: float(
                np.mean([task[key] for run in runs.values() for task in run.values["tests"][name].values()])
            )
            for key, measure in (("pass@1", "pass@1"), ("pass@2", "pass@2"), ("alone", "one view, no vote"))
        }
        | {"demonstrations": float(np.mean([run.values["demonstrations"][name] for run in runs.values()]))}
        for name, label in names.items()
    }


def guesses(
    tasks: Sequence[ArcTask], record: Record, most: int = 1
) -> list[list[tuple[str, Any, bool | None]]]:
    """Rows of (title, grid, whether it is right) for the first tests of each task: input, answer, two guesses."""
    rows = []
    for task in tasks:
        votes = record.values["tests"]["own"][task.name]["votes"]
        for pair, ranked in list(zip(task.tests, votes, strict=True))[:most]:
            row: list[tuple[str, Any, bool | None]] = [
                ("input", pair.input, None),
                ("answer", pair.output, None),
            ]
            for number, title in enumerate(("first guess", "second guess")):
                grid = np.array(ranked[number]["grid"]) if number < len(ranked) else None
                row.append((title, grid, grid is not None and np.array_equal(grid, pair.output)))
            rows.append(row)
    return rows
