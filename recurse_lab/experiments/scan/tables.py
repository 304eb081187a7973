"""Recorded runs on SCAN as rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recurse_lab.claims.arms import arm_results
from recurse_lab.experiments.scan.arm import ScanArm
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results


def commands_right(record: Record) -> float:
    """The claims' metric: share of test commands wholly right."""
    return record.values["exact"]


def costs(results: Results, arms: Mapping[str, ScanArm]) -> dict[str, dict[str, Any]]:
    """Arm label -> costs and shares right, means over seeds."""
    return {
        arm.label: {
            "parameters": arm.params,
            "training FLOPs": arm.train_flops,
            "CPU-seconds a seed": arm.seconds,
            "rate": arms[arm.name].plan.rate,
            "like training": mean_of(results[arm.name], "trained"),
            "test": float(np.mean(list(arm.values.values()))),
            "lowest seed": min(arm.values.values()),
            "highest seed": max(arm.values.values()),
            "seeds": len(arm.values),
        }
        for arm in arm_results(results, arms, commands_right)
    }


def mean_of(runs: Mapping[int, Record], name: str) -> float:
    """Mean of a recorded number over seeds."""
    return float(np.mean([run.values[name] for run in runs.values()]))


def by_actions(results: Results, arms: Mapping[str, ScanArm]) -> dict[str, dict[int, float]]:
    """Arm label -> number of actions -> share of test commands right, mean over seeds that drew such commands."""
    table = {}
    for name, runs in results.items():
        lengths = sorted({int(length) for run in runs.values() for length in run.values["by_actions"]})
        found = {
            length: [run.values["by_actions"].get(str(length)) for run in runs.values()] for length in lengths
        }
        table[arms[name].label] = {
            length: float(np.mean([share for share in shares if share is not None]))
            for length, shares in found.items()
        }
    return table
