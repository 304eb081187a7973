"""Recorded runs on lists as rows and curves."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recurse_lab.claims.arms import arm_results
from recurse_lab.experiments.line_program.arm import NOVEL, LineArm
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results

BEYOND = ("8", "12", "16")  # sizes at which a memorizer of windows still answers some lists
LONG = ("15", "24")  # 2.5 and 4 times the largest size trained


def long_right(record: Record) -> float:
    """The metric of the first claim: share of test lists of 15 and of 24 items wholly right, mean of both."""
    return float(np.mean([record.values["exact"][name] for name in LONG]))


def beyond_right(record: Record) -> float:
    """Share of test lists of 8, 12 and 16 items wholly right, mean of the three."""
    return float(np.mean([record.values["exact"][name] for name in BEYOND]))


def novel_right(record: Record) -> float:
    """Share of test lists of six items with a novel triple wholly right."""
    return record.values["exact"]["novel"]


def right_at(size: int, record: Record) -> float:
    """Share of test lists of `size` items wholly right."""
    return record.values["exact"][str(size)]


def costs(results: Results, arms: Mapping[str, LineArm]) -> dict[str, dict[str, Any]]:
    """Arm label -> costs and shares of lists wholly right, means over seeds."""
    return {
        arm.label: {
            "parameters": arm.params,
            "training FLOPs": arm.train_flops,
            "CPU-seconds a seed": arm.seconds,
            "rate": arms[arm.name].plan.rate,
            **{
                name: mean_at(results, arm.name, name)
                for name in results[arm.name][min(arm.values)].values["exact"]
            },
            "seeds": len(arm.values),
        }
        for arm in arm_results(results, arms, long_right)
    }


def mean_at(results: Results, arm: str, name: str) -> float:
    """Share of lists of one name wholly right, mean over seeds."""
    return float(np.mean([run.values["exact"][name] for run in results[arm].values()]))


def by_size(
    results: Results, arms: Mapping[str, LineArm], read: str = "exact"
) -> dict[str, dict[int, float]]:
    """Arm label -> size -> share of lists wholly right, mean over seeds; `read`: exact, or twice (after 2 n steps)."""
    return {
        arms[arm].label: {
            int(name): float(np.mean([run.values[read][name] for run in runs.values()]))
            for name in next(iter(runs.values())).values[read]
            if name.isdigit()
        }
        for arm, runs in results.items()
    }


def every_seed(results: Results, arms: Mapping[str, LineArm], name: str) -> dict[str, dict[str, float]]:
    """Arm label -> share of the lists of one name wholly right, seed by seed."""
    return {
        arms[arm].label: {f"seed {seed}": run.values["exact"][name] for seed, run in runs.items()}
        for arm, runs in results.items()
    }


def apart(results: Results, arm: str, first: str, second: str) -> dict[int, float]:
    """Seed -> share right on lists of one name minus that on another: the cost of being novel, or long."""
    return {
        seed: run.values["exact"][first] - run.values["exact"][second] for seed, run in results[arm].items()
    }


def cost_of_novelty(results: Results, arm: str) -> dict[int, float]:
    """Seed -> what a triple of neighbors never seen in training costs at six items."""
    return apart(results, arm, str(NOVEL), "novel")


def kinds_by_depth(results: Results, arm: str) -> dict[str, list[float]]:
    """Kind -> share of the nodes at each place of the graph, d_C ... d_1 t_1 ... t_C, mean over seeds."""
    runs = list(results[arm].values())
    return {
        kind: np.mean([run.values["errors"][kind] for run in runs], axis=0).tolist()
        for kind in runs[0].values["errors"]
    }


def curves(results: Results, arms: Mapping[str, LineArm]) -> dict[str, list[list[float]]]:
    """Arm label -> share of answers right in training, one list a seed, one entry for every 50 steps."""
    return {
        arms[name].label: [run.values["curve"]["accuracy"] for run in runs.values()]
        for name, runs in results.items()
        if all(run.values["curve"]["accuracy"] for run in runs.values())
    }
