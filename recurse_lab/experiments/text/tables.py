"""Recorded runs on text as rows and curves."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recurse_lab.claims.arms import arm_results
from recurse_lab.experiments.text.arm import TextArm
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results


def bytes_right(record: Record) -> float:
    """The claim's metric: share of test bytes whose likeliest prediction is right."""
    return record.values["cells"]


def costs(results: Results, arms: Mapping[str, TextArm]) -> dict[str, dict[str, Any]]:
    """Arm label -> costs, bytes right and bits per byte, means over seeds."""
    return {
        arm.label: {
            "parameters": arm.params,
            "training FLOPs": arm.train_flops,
            "CPU-seconds a seed": arm.seconds,
            "rate": arms[arm.name].plan.rate,
            "bytes right": float(np.mean(list(arm.values.values()))),
            "bits per byte": float(np.mean([run.values["bits"] for run in results[arm.name].values()])),
            "seeds": len(arm.values),
        }
        for arm in arm_results(results, arms, bytes_right)
    }


def every_seed(results: Results, arms: Mapping[str, TextArm]) -> dict[str, dict[str, float]]:
    """Arm label -> bits per byte, seed by seed."""
    return {
        arms[name].label: {f"seed {seed}": run.values["bits"] for seed, run in runs.items()}
        for name, runs in results.items()
    }


def bits_apart(results: Results, deep: str, wide: str) -> dict[int, float]:
    """Seed -> bits per byte of one arm minus those of another; above 0, the first predicts worse."""
    return {
        seed: run.values["bits"] - results[wide][seed].values["bits"] for seed, run in results[deep].items()
    }


def by_depth(results: Results, arms: Mapping[str, TextArm], name: str) -> dict[str, list[float]]:
    """Arm label -> number read after each application from the start on, mean over seeds; `name`: bits or cells."""
    return {
        arms[arm].label: np.mean([run.values["by_depth"][name] for run in runs.values()], axis=0).tolist()
        for arm, runs in results.items()
    }


def curves(results: Results, arms: Mapping[str, TextArm]) -> dict[str, list[list[float]]]:
    """Arm label -> share of bytes right in training, one list a seed, one entry for every 20 steps."""
    return {
        arms[name].label: [run.values["curve"]["accuracy"] for run in runs.values()]
        for name, runs in results.items()
    }
