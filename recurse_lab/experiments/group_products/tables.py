"""Recorded runs on prefix products as rows and curves."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recurse_lab.claims.arms import arm_results
from recurse_lab.experiments.group_products.arm import GroupArm
from recurse_lab.models.mobile_llm import MobileLLMConfig, weights_of
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results


def rows_right(record: Record) -> float:
    """The claims' metric: share of test rows whose products are all right."""
    return record.values["exact"]


def costs(results: Results, arms: Mapping[str, GroupArm]) -> dict[str, dict[str, Any]]:
    """Arm label -> costs and shares right, means over seeds."""
    return {
        arm.label: {
            "parameters": arm.params,
            "training FLOPs": arm.train_flops,
            "CPU-seconds a seed": arm.seconds,
            "rate": arms[arm.name].plan.rate,
            "rows wholly right": float(np.mean(list(arm.values.values()))),
            "products right": mean_of(results[arm.name], "cells"),
            "seeds": len(arm.values),
        }
        for arm in arm_results(results, arms, rows_right)
    }


def mean_of(runs: Mapping[int, Record], name: str) -> float:
    """Mean of a recorded number over seeds."""
    return float(np.mean([run.values[name] for run in runs.values()]))


def every_seed(results: Results, arms: Mapping[str, GroupArm]) -> dict[str, dict[str, float]]:
    """Arm label -> share of rows wholly right, seed by seed."""
    return {
        arms[name].label: {f"seed {seed}": rows_right(run) for seed, run in runs.items()}
        for name, runs in results.items()
    }


def by_position(results: Results, arms: Mapping[str, GroupArm]) -> dict[str, list[float]]:
    """Arm label -> share of products right at each position from the first on, mean over seeds."""
    return {
        arms[name].label: np.mean([run.values["by_position"] for run in runs.values()], axis=0).tolist()
        for name, runs in results.items()
    }


def by_depth(results: Results, arms: Mapping[str, GroupArm], name: str) -> dict[str, list[float]]:
    """Arm label -> share read after each application from the start on, mean over seeds; `name`: cells or exact."""
    return {
        arms[arm].label: np.mean([run.values["by_depth"][name] for run in runs.values()], axis=0).tolist()
        for arm, runs in results.items()
    }


def curves(results: Results, arms: Mapping[str, GroupArm]) -> dict[str, list[list[float]]]:
    """Arm label -> share of products right in training, one list a seed, one entry for every 20 steps."""
    return {
        arms[name].label: [run.values["curve"]["accuracy"] for run in runs.values()]
        for name, runs in results.items()
    }


def shapes(arms: Mapping[str, GroupArm]) -> dict[str, dict[str, Any]]:
    """Arm label -> the numbers of its shape."""
    return {
        arm.label: {
            "blocks": arm.model.depth,
            "width": arm.model.width,
            "inner width": arm.model.hidden,
            "weights": weights_of(arm.model),
        }
        for arm in arms.values()
        if isinstance(arm.model, MobileLLMConfig)
    }


def mean_changes(results: Results, arms: Mapping[str, GroupArm]) -> dict[str, list[float]]:
    """Arm label -> relative change of the state by each application, mean over seeds."""
    return {
        arms[name].label: np.mean([run.values["changes"] for run in runs.values()], axis=0).tolist()
        for name, runs in results.items()
    }


def mean_alignments(results: Results, arms: Mapping[str, GroupArm]) -> dict[str, list[list[float]]]:
    """Arm label -> cosines between the updates of any two applications, mean over seeds."""
    return {
        arms[name].label: np.mean([run.values["alignments"] for run in runs.values()], axis=0).tolist()
        for name, runs in results.items()
    }
