"""Search for learning rates of nets for prefix sums: five rates, two seeds of its own, validation strings only.

The search uses no seed of a claim and no test string. The rate with the highest share of validation strings
wholly right wins, averaged over 16 and 24 bits. A rate at which any net fails to learn 16 bits is excluded
for all nets, so that an unlucky seed does not cost a baseline. This last rule was added after the smallest
net failed at 1.6e-2 on seeds of the claim; it favors that baseline.

Cost: about 25 minutes on two cores for chapter 02.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from recurse_lab.experiments.prefix_sums.arm import PrefixSumArm
from recurse_lab.experiments.prefix_sums.trial import train
from recurse_lab.measure.behavior import accuracy_grid
from recurse_lab.records.replicate import Results, replicate
from recurse_lab.records.store import write_checksums, write_reference
from recurse_lab.tasks.prefix_sums import PrefixSums

RATES = (1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2)
SEEDS = (100, 101)
FAILED = 0.5  # a net with a smaller share of 16-bit strings right has not learned them
STEPS_READ = {True: 60, False: 0}  # looped nets are read after 60 iterations; 0: read after the net's depth


def validate(arm: PrefixSumArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Train one net; return the shares of 16-bit and of 24-bit validation strings wholly right."""
    model, run, _ = train(arm, seed)
    step = STEPS_READ[arm.loops] or arm.model.depth
    grid = accuracy_grid(model, PrefixSums(), [16, 24], [step], count=200, seed=seed, split="validation")
    return {"right": grid.exact[:, 0].tolist(), "rate": arm.plan.rate, "train_seconds": run.seconds}, {}


def search(folder: Path, cache: Path, arms: Mapping[str, PrefixSumArm], jobs: int = 2) -> Path:
    """Run the search for every arm and write its records below `folder`."""
    tried = {
        f"{name} at {rate:g}": replace(arm, plan=replace(arm.plan, rate=rate))
        for name, arm in arms.items()
        for rate in RATES
    }
    path = write_reference(folder, validate, replicate(validate, tried, SEEDS, cache=cache, jobs=jobs))
    write_checksums(folder)
    return path


def best_rates(results: Results, arms: Mapping[str, PrefixSumArm]) -> Mapping[str, float]:
    """Arm -> the rate with the highest mean share right; on a tie, the arm's present rate."""
    scores: dict[str, dict[float, float]] = {}
    unsafe: set[float] = set()
    for key, runs in results.items():
        name, rate = key.split(" at ")
        right = [sum(record.values["right"]) / len(record.values["right"]) for record in runs.values()]
        scores.setdefault(name, {})[float(rate)] = sum(right) / len(right)
        if min(record.values["right"][0] for record in runs.values()) < FAILED:
            unsafe.add(float(rate))
    present = {name: arm.plan.rate for name, arm in arms.items()}
    return {
        name: max(set(by_rate) - unsafe, key=lambda rate: (by_rate[rate], rate == present[name]))
        for name, by_rate in scores.items()
    }
