"""Recorded runs on table lookup as rows and curves."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recurse_lab.claims.arms import arm_results
from recurse_lab.experiments.table_lookup.arm import TESTED, TableArm
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results


def longer_right(record: Record) -> float:
    """The claims' metric: share of answers right on rows of six to ten functions."""
    return record.values["beyond"]


def costs(results: Results, arms: Mapping[str, TableArm]) -> dict[str, dict[str, Any]]:
    """Arm label -> costs and shares right, means over seeds."""
    return {
        arm.label: {
            "parameters": arm.params,
            "training FLOPs": arm.train_flops,
            "CPU-seconds a seed": arm.seconds,
            "rate": arms[arm.name].plan.rate,
            "2 to 5 functions": mean_of(results[arm.name], "trained"),
            "triples not in training": mean_of(results[arm.name], "novel"),
            "6 to 10 functions": float(np.mean(list(arm.values.values()))),
            "seeds": len(arm.values),
        }
        for arm in arm_results(results, arms, longer_right)
    }


def mean_of(runs: Mapping[int, Record], name: str) -> float:
    """Mean of a recorded number over seeds."""
    return float(np.mean([run.values[name] for run in runs.values()]))


def every_seed(results: Results, arms: Mapping[str, TableArm]) -> dict[str, dict[str, float]]:
    """Arm label -> share right on six to ten functions, seed by seed."""
    return {
        arms[name].label: {f"seed {seed}": longer_right(run) for seed, run in runs.items()}
        for name, runs in results.items()
    }


def by_functions(results: Results, arms: Mapping[str, TableArm]) -> dict[str, dict[int, float]]:
    """Arm label -> number of functions -> share of answers right, mean over seeds."""
    return {
        arms[name].label: dict(
            zip(
                TESTED,
                np.mean([run.values["by_functions"] for run in runs.values()], axis=0).tolist(),
                strict=True,
            )
        )
        for name, runs in results.items()
    }
