"""Search for learning rates and norms of nets for Sudoku, on validation puzzles, by one rule.

The search trains every arm at each rate, on seeds from 100 on that no claim uses. The score is the share of
cells right in hard validation puzzles, whose kinds of solution occur neither in training nor in the test. If
the best rate is the smallest or the largest tried, the search also tries the next one beyond it. Plain nets
are tried with norms after each sum and with norms before each branch, each at its own rates. A control gets
the better of the two, except `once`, which is by definition the recursive net's own blocks.

Live arms are searched with 800 steps and two seeds. Larger arms, which train to a plateau and cost up to
eight times as much a step, are searched with 400 steps and one seed. The net that learns fastest need not end
highest, so chapter 03 trains most of the larger arms to their plateau with both norms, each at its best rate.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from torch import Tensor

from recurse_lab.experiments.sudoku.arm import STEPS, SudokuArm
from recurse_lab.experiments.sudoku.problems import puzzles
from recurse_lab.experiments.sudoku.scores import right_after
from recurse_lab.experiments.sudoku.trial import train
from recurse_lab.models.feed_forward import FeedForwardConfig
from recurse_lab.records.record import load_reference
from recurse_lab.records.replicate import Results, replicate
from recurse_lab.records.store import reference_path, write_checksums, write_reference

RATES = (1e-3, 2e-3, 4e-3, 8e-3)
SEEDS = (100, 101)

NORMS: tuple[Literal["post", "pre"], ...] = ("post", "pre")


def either_norm(arms: Mapping[str, SudokuArm]) -> dict[str, SudokuArm]:
    """The arms, with two variants of each plain net, one for each norm; the norm stands in the name."""
    found = {}
    for name, arm in arms.items():
        if isinstance(arm.model, FeedForwardConfig):
            for norm in NORMS:
                found[f"{name} {norm}-norm"] = replace(arm, model=replace(arm.model, norm=norm))
        else:
            found[name] = arm
    return found


def validate(arm: SudokuArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Train one net; return the shares of cells and of boards right in hard validation puzzles."""
    model, run = train(arm, seed)
    ((_, right_BL),) = right_after(model, puzzles(arm, "validation", seed), [arm.judged])
    cells, exact = right_BL.float().mean().item(), right_BL.all(1).float().mean().item()
    return {"cells": cells, "exact": exact, "rate": arm.plan.rate, "train_seconds": run.seconds}, {}


def search(
    folder: Path, cache: Path, live: Mapping[str, SudokuArm], larger: Mapping[str, SudokuArm], jobs: int = 2
) -> Path:
    """Search the rates of live and of larger arms, and write the records below `folder`."""
    found: Results = {}
    for arms, steps, seeds in ((live, STEPS, SEEDS), (larger, STEPS // 2, SEEDS[:1])):
        wanted = {name: set(RATES) for name in arms}
        while any(wanted.values()):
            next_arms = at_rates(arms, wanted, steps)
            found |= replicate(validate, next_arms, seeds, cache=cache, jobs=jobs)
            wanted = {name: beyond_the_edge(found, name) for name in arms}
    path = write_reference(folder, validate, found)
    write_checksums(folder)
    return path


def beyond_the_edge(found: Results, name: str) -> set[float]:
    """The next rate beyond, if an arm's best rate is the smallest or the largest tried; else nothing."""
    rates = sorted(float(key.split(" at ")[1]) for key in found if key.split(" at ")[0] == name)
    best = best_rates({key: runs for key, runs in found.items() if key.split(" at ")[0] == name})[name]
    return {best / 2} if best == rates[0] else {best * 2} if best == rates[-1] else set()


def at_rates(
    arms: Mapping[str, SudokuArm], rates: Mapping[str, set[float]], steps: int
) -> dict[str, SudokuArm]:
    """Each arm at each of its rates, for `steps` optimizer steps, without a plateau rule."""
    return {
        f"{name} at {rate:g}": replace(arm, plan=replace(arm.plan, rate=rate, steps=steps), plateau=None)
        for name, arm in arms.items()
        for rate in sorted(rates[name])
    }


def tried(folder: Path, arm: str) -> dict[str, dict[str, float]]:
    """Rate -> seed -> share of hard validation boards that an arm solved, from the recorded search."""
    rows: dict[str, dict[str, float]] = {}
    for record in load_reference(reference_path(folder, validate)):
        name, rate = record.arm.split(" at ")
        if name == arm:
            rows.setdefault(f"rate {rate}", {})[f"seed {record.seed}"] = record.values["exact"]
    return dict(sorted(rows.items(), key=lambda row: float(row[0].split()[1])))


def scores(results: Results) -> dict[str, dict[float, float]]:
    """Arm -> rate -> mean share of cells right."""
    found: dict[str, dict[float, float]] = {}
    for key, runs in results.items():
        name, rate = key.split(" at ")
        right = [record.values["cells"] for record in runs.values()]
        found.setdefault(name, {})[float(rate)] = sum(right) / len(right)
    return found


def best_rates(results: Results) -> dict[str, float]:
    """Arm -> the rate with the highest mean share of cells right."""
    return {name: max(by_rate, key=lambda rate: by_rate[rate]) for name, by_rate in scores(results).items()}


def best_norms(results: Results) -> dict[str, str]:
    """Plain arm -> the norm with the highest mean share of cells right, each at its best rate."""
    best: dict[str, dict[str, float]] = {}
    for variant, by_rate in scores(results).items():
        name, _, norm = variant.removesuffix("-norm").partition(" ")
        if norm:
            best.setdefault(name, {})[norm] = max(by_rate.values())
    return {name: max(by_norm, key=lambda norm: by_norm[norm]) for name, by_norm in best.items()}
