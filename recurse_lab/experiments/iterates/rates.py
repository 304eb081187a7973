"""Search for learning rates of nets on iterates, on validation problems, at the length of training that is used.

Seeds from 100 on, which no claim uses. The score is the claim's own, beyond the trained steps: the mean share of
problems right at 16 and 32 steps. So every arm, treatment or control, gets the rate at which it extrapolates best.
If the best rate is the smallest or largest tried, the search also tries the next one beyond it. Arms that do not
extrapolate at any rate have scores near 0: scores within 0.02 of the best count as equal, and the largest of the
first rates among the equal is used.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from recurse_lab.experiments.iterates.arm import JUDGED, IterateArm
from recurse_lab.experiments.iterates.problems import held_out
from recurse_lab.experiments.iterates.scores import WITHIN
from recurse_lab.experiments.iterates.trial import train
from recurse_lab.records.replicate import Results, replicate
from recurse_lab.records.store import write_checksums, write_reference
from recurse_lab.recurrence import think
from recurse_lab.tasks.linear_systems import relative_error

RATES = (2e-3, 6e-3, 2e-2)
SEEDS = (100, 101)
SCORED = (16, JUDGED)
EQUAL = 0.02  # scores this close to the best count as equal


def validate(arm: IterateArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Train one net; return its share of validation problems right at 16 and 32 steps, 0 if its loss overflowed."""
    try:
        model, run, _ = train(arm, seed)
    except FloatingPointError:
        return {
            "right": dict.fromkeys(map(str, SCORED), 0.0),
            "rate": arm.plan.rate,
            "train_seconds": 0.0,
        }, {}
    batch = held_out(arm, seed, JUDGED, split="validation")
    right = {}
    with torch.no_grad():
        for step, _, output, *_ in think(model, batch.inputs, JUDGED, read=SCORED):
            if output is not None:
                error = relative_error(output, batch.targets[:, step])
                right[str(step)] = (error <= WITHIN).float().mean().item()
    return {"right": right, "rate": arm.plan.rate, "train_seconds": run.seconds}, {}


def score(values: Mapping[str, Any]) -> float:
    """Mean share of problems right beyond the trained steps."""
    return sum(values["right"].values()) / len(values["right"])


def search(folder: Path, cache: Path, arms: Mapping[str, IterateArm], jobs: int = 2) -> Path:
    """Search the rate of every arm, and write the records below `folder`."""
    found: Results = {}
    wanted = {name: set(RATES) for name in arms}
    while any(wanted.values()):
        found |= replicate(validate, at_rates(arms, wanted), SEEDS, cache=cache, jobs=jobs)
        wanted = {name: beyond_the_edge(found, name) for name in arms}
    path = write_reference(folder, validate, found)
    write_checksums(folder)
    return path


def at_rates(arms: Mapping[str, IterateArm], rates: Mapping[str, set[float]]) -> dict[str, IterateArm]:
    """Each arm at each of its rates."""
    return {
        f"{name} at {rate:g}": replace(arm, plan=replace(arm.plan, rate=rate))
        for name, arm in arms.items()
        for rate in sorted(rates[name])
    }


def tried(found: Results, name: str) -> dict[float, float]:
    """Rate -> mean score of an arm, by rising rate."""
    by_rate = {}
    for key, runs in found.items():
        arm, _, rate = key.partition(" at ")
        if arm == name:
            by_rate[float(rate)] = sum(score(run.values) for run in runs.values()) / len(runs)
    return dict(sorted(by_rate.items()))


def best_rate(by_rate: Mapping[float, float]) -> float:
    """The rate with the highest score."""
    return max(by_rate, key=lambda rate: by_rate[rate])


def chosen_rate(by_rate: Mapping[float, float]) -> float:
    """The rate to use: the largest of RATES whose score is within 0.02 of the best, or the best if there is none."""
    equal = [rate for rate in by_rate if rate in RATES and by_rate[rate] >= max(by_rate.values()) - EQUAL]
    return max(equal, default=best_rate(by_rate))


def beyond_the_edge(found: Results, name: str) -> set[float]:
    """The next rate beyond, if an arm's best rate is the smallest or the largest tried; else nothing."""
    by_rate = tried(found, name)
    best = best_rate(by_rate)
    return {best / 3} if best == min(by_rate) else {best * 3} if best == max(by_rate) else set()
