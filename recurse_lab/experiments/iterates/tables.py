"""Recorded runs on iterates as rows and curves."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recurse_lab.claims.arms import arm_results
from recurse_lab.experiments.iterates.arm import JUDGED, IterateArm
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results


def right_beyond(record: Record) -> float:
    """The claims' metric: share of test problems whose 32nd iterate is met within 10 %."""
    return record.values["right"][str(JUDGED)]


def followed(record: Record) -> float:
    """Share of unit moves of b, on unseen systems, whose effect is met within 10 %."""
    return record.values["followed"]["unseen"]["1.0"]


def error_by_step(results: Results, labels: Mapping[str, str]) -> dict[str, dict[int, float]]:
    """Arm label -> step -> median relative error, the geometric mean over seeds."""
    return {
        labels[name]: {
            int(step): _geometric(run.values["error"][step] for run in runs.values())
            for step in next(iter(runs.values())).values["error"]
        }
        for name, runs in results.items()
    }


def error_by_condition(runs: Mapping[int, Record]) -> dict[int, dict[int, float]]:
    """Condition number -> step -> median relative error, the geometric mean over seeds."""
    first = next(iter(runs.values())).values["conditions"]
    return {
        int(kappa): {
            int(step): _geometric(run.values["conditions"][kappa][step] for run in runs.values())
            for step in by_step
        }
        for kappa, by_step in first.items()
    }


def shares(results: Results, arms: Mapping[str, IterateArm]) -> dict[str, dict[str, Any]]:
    """Arm label -> weights, share of problems right at 8, 32 and 128 steps (mean over seeds), and clamped at 32."""
    return {
        arm.label: {
            "weights": arm.params,
            "CPU-s a seed": arm.seconds,
            **{f"right at k = {k}": _mean(results[arm.name], "right", str(k)) for k in (8, JUDGED, 128)},
            f"its answer at 8, for k = {JUDGED}": _mean(results[arm.name], "clamped", str(JUDGED)),
        }
        for arm in arm_results(results, arms, right_beyond)
    }


def by_number_of_families(results: Results, name: str) -> dict[int, list[float]]:
    """Number of families -> share of moves followed on unseen problems, one a seed, of one net."""
    found = {}
    for key, runs in results.items():
        net, _, number = key.rpartition("_")
        if net == name:
            found[int(number)] = [followed(record) for record in runs.values()]
    return found


def _mean(runs: Mapping[int, Record], *keys: str) -> float:
    found = []
    for record in runs.values():
        value: Any = record.values
        for key in keys:
            value = value[key]
        found.append(value)
    return float(np.mean(found))


def _geometric(values: Any) -> float:
    return float(np.exp(np.mean(np.log([max(value, 1e-9) for value in values]))))
