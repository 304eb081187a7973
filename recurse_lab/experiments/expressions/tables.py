"""Recorded runs on expressions as rows and curves."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recurse_lab.claims.arms import arm_results
from recurse_lab.experiments.expressions.arm import TESTED, ExpressionArm
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results


def deeper_right(record: Record) -> float:
    """The claims' metric: share of expressions of depth 5 and 6 whose value is right."""
    return record.values["beyond"]


def costs(results: Results, arms: Mapping[str, ExpressionArm]) -> dict[str, dict[str, Any]]:
    """Arm label -> costs, and shares of expressions right by depth, means over seeds."""
    by_depth = roots(results, arms)
    return {
        arm.label: {
            "parameters": arm.params,
            "training FLOPs": arm.train_flops,
            "CPU-seconds a seed": arm.seconds,
            "rate": arms[arm.name].plan.rate,
            **{f"depth {depth}": share for depth, share in by_depth[arm.label].items()},
            "depth 5 and 6": float(np.mean(list(arm.values.values()))),
            "seeds": len(arm.values),
        }
        for arm in arm_results(results, arms, deeper_right)
    }


def roots(results: Results, arms: Mapping[str, ExpressionArm]) -> dict[str, dict[int, float]]:
    """Arm label -> depth -> share of expressions whose value is right, mean over seeds."""
    return _by_depth(results, arms, "roots")


def operators(results: Results, arms: Mapping[str, ExpressionArm]) -> dict[str, dict[int, float]]:
    """Arm label -> depth -> share of sub-expressions (without single values) right, mean over seeds."""
    return _by_depth(results, arms, "operators")


def _by_depth(results: Results, arms: Mapping[str, ExpressionArm], name: str) -> dict[str, dict[int, float]]:
    return {
        arms[arm].label: dict(zip(TESTED, mean_of(runs, name), strict=True)) for arm, runs in results.items()
    }


def mean_of(runs: Mapping[int, Record], name: str) -> Any:
    """Mean over seeds of a recorded number, or of the entries of a recorded list."""
    mean = np.mean([run.values[name] for run in runs.values()], axis=0)
    return mean.tolist()


def by_height(results: Results, arms: Mapping[str, ExpressionArm]) -> dict[str, list[float]]:
    """Arm label -> share of nodes right at each height from 0 on, in expressions of depth 6, mean over seeds."""
    return {arms[name].label: mean_of(runs, "by_height") for name, runs in results.items()}


def every_seed(results: Results, arms: Mapping[str, ExpressionArm]) -> dict[str, dict[str, float]]:
    """Arm label -> share right at depth 5 and 6, seed by seed."""
    return {
        arms[name].label: {f"seed {seed}": deeper_right(run) for seed, run in runs.items()}
        for name, runs in results.items()
    }


def curves(results: Results, arms: Mapping[str, ExpressionArm]) -> dict[str, list[list[float]]]:
    """Arm label -> share of asked nodes right in training, one list a seed, one entry for every 50 steps."""
    return {
        arms[name].label: [run.values["curve"]["accuracy"] for run in runs.values()]
        for name, runs in results.items()
    }
