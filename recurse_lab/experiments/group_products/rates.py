"""Search for learning rates: every net at each rate, as long as it is trained, on validation data only.

The search trains on seeds from 100 on, which no claim uses. The score is a number of validation data, higher
is better. If the best rate is the smallest or the largest tried, the search also tries the next one beyond.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from recurse_lab.experiments.group_products.arm import GroupArm
from recurse_lab.experiments.group_products.scores import accuracy
from recurse_lab.experiments.group_products.trial import train
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results, Trial, replicate
from recurse_lab.records.store import write_checksums, write_reference

RATES = (2e-3, 4e-3, 8e-3)
SEEDS = (100, 101)


def validate(arm: GroupArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Train one net; return the shares of validation rows wholly right and of products right."""
    model, run = train(arm, seed)
    found = accuracy(arm, model, seed, "validation")
    kept = {name: found[name] for name in ("exact", "cells")}
    return kept | {"score": found["cells"], "rate": arm.plan.rate, "train_seconds": run.seconds}, {}


def score(record: Record) -> float:
    """The number that the search maximizes."""
    return record.values["score"]


def search(
    validate: Trial,
    arms: Mapping[str, Any],
    *,
    rates: Sequence[float],
    seeds: Sequence[int],
    cache: Path,
    folder: Path = Path("data"),
    jobs: int = 2,
    finished: Callable[[Record], None] | None = None,
) -> Path:
    """Search the rate of every arm, and write the records below `folder`."""
    found: Results = {}
    wanted = {name: set(rates) for name in arms}
    while any(wanted.values()):
        tried = at_rates(arms, wanted)
        found |= replicate(validate, tried, seeds, cache=cache, jobs=jobs, finished=finished)
        wanted = {name: beyond_the_edge(found, name) for name in arms}
    path = write_reference(folder, validate, found)
    write_checksums(folder)
    return path


def at_rates(arms: Mapping[str, Any], rates: Mapping[str, set[float]]) -> dict[str, Any]:
    """Each arm at each of its rates."""
    return {
        f"{name} at {rate:g}": replace(arm, plan=replace(arm.plan, rate=rate))
        for name, arm in arms.items()
        for rate in sorted(rates[name])
    }


def beyond_the_edge(found: Results, name: str) -> set[float]:
    """The next rate beyond, if an arm's best rate is the smallest or the largest tried; else nothing."""
    by_rate = scores(found)[name]
    best = max(by_rate, key=lambda rate: by_rate[rate])
    return {best / 2} if best == min(by_rate) else {best * 2} if best == max(by_rate) else set()


def scores(found: Results) -> dict[str, dict[float, float]]:
    """Arm -> rate -> mean score over seeds."""
    table: dict[str, dict[float, float]] = {}
    for key, runs in found.items():
        name, rate = key.split(" at ")
        table.setdefault(name, {})[float(rate)] = sum(map(score, runs.values())) / len(runs)
    return table


def best_rates(found: Results) -> dict[str, float]:
    """Arm -> the rate with the highest mean score."""
    return {name: max(by_rate, key=lambda rate: by_rate[rate]) for name, by_rate in scores(found).items()}
