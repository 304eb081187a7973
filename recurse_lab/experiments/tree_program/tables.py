"""Recorded runs on trees as rows and curves."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recurse_lab.claims.arms import arm_results
from recurse_lab.experiments.tree_program.arm import TreeArm
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results

TWO_AND_THREE = ("16", "24")  # times the largest size trained
FIVE_AND_EIGHT = ("40", "64")


def right_at_two_and_three(record: Record) -> float:
    """Share of test trees of 16 and of 24 nodes wholly right, mean of both."""
    return float(np.mean([record.values["exact"][name] for name in TWO_AND_THREE]))


def right_at_five_and_eight(record: Record) -> float:
    """Share of test trees of 40 and of 64 nodes wholly right, mean of both."""
    return float(np.mean([record.values["exact"][name] for name in FIVE_AND_EIGHT]))


def costs(results: Results, arms: Mapping[str, TreeArm]) -> dict[str, dict[str, Any]]:
    """Arm label -> costs and shares of trees wholly right, means over seeds."""
    return {
        arm.label: {
            "parameters": arm.params,
            "training FLOPs": arm.train_flops,
            "CPU-seconds a seed": arm.seconds,
            "rate": arms[arm.name].plan.rate,
            **{f"{size} nodes": share for size, share in by_size(results, arms)[arm.label].items()},
            "seeds": len(arm.values),
        }
        for arm in arm_results(results, arms, right_at_two_and_three)
    }


def by_size(results: Results, arms: Mapping[str, TreeArm]) -> dict[str, dict[int, float]]:
    """Arm label -> number of nodes -> share of trees wholly right, mean over seeds."""
    return {
        arms[name].label: _means([run.values["exact"] for run in runs.values()])
        for name, runs in results.items()
    }


def later(results: Results, arm: str) -> dict[str, dict[int, float]]:
    """Steps ("n + 3", "2 n", "4 n") -> number of nodes -> share of trees wholly right, mean over seeds."""
    runs = [run.values for run in results[arm].values()]
    factors = runs[0]["later"]
    rows = {"n + 3": _means([values["exact"] for values in runs])}
    return rows | {f"{factor} n": _means([values["later"][factor] for values in runs]) for factor in factors}


def every_seed(results: Results, arms: Mapping[str, TreeArm], size: int) -> dict[str, dict[str, float]]:
    """Arm label -> share of the trees of one size wholly right, seed by seed."""
    return {
        arms[name].label: {f"seed {seed}": run.values["exact"][str(size)] for seed, run in runs.items()}
        for name, runs in results.items()
    }


def settling_by_height(results: Results, arm: str) -> dict[str, dict[int, float]]:
    """ "taken" and "gains" -> height -> mean step at which the answer is final, over all nodes of all seeds."""
    runs = [run.values["settling"] for run in results[arm].values()]
    heights = sorted({height for run in runs for height in run["heights"]})
    found: dict[str, dict[int, float]] = {}
    for name in ("taken", "gains"):
        found[name] = {}
        for height in heights:
            at = [
                (run[name][place], run["nodes"][place])
                for run in runs
                for place, one in enumerate(run["heights"])
                if one == height
            ]
            found[name][height] = sum(step * nodes for step, nodes in at) / sum(nodes for _, nodes in at)
    return found


def correlations(results: Results, arm: str) -> dict[int, float]:
    """Seed -> correlation within trees between a node's height and the step at which its gain is final."""
    return {seed: run.values["settling"]["correlation"] for seed, run in results[arm].items()}


def curves(results: Results, arms: Mapping[str, TreeArm]) -> dict[str, list[list[float]]]:
    """Arm label -> share of answers right in training, one list a seed, one entry for every 50 steps."""
    return {
        arms[name].label: [run.values["curve"]["accuracy"] for run in runs.values()]
        for name, runs in results.items()
    }


def _means(rows: list[dict[str, float]]) -> dict[int, float]:
    return {int(size): float(np.mean([row[size] for row in rows])) for size in rows[0]}
