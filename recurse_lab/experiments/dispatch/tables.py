"""Recorded runs on economic dispatch as rows and curves."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results


def met_at_last(record: Record, kind: str = "inside") -> float:
    """A claim's metric: share of demands met within 1 %, at the last reading."""
    by_step = record.values["met"][kind]
    return by_step[max(by_step, key=int)]


def method_at(record: Record, step: int, kind: str = "inside") -> float:
    """The clamp baseline: share of demands that dual ascent itself meets after `step` steps."""
    return record.values["method"][kind][str(step)]


def met_by_step(
    results: Results, labels: Mapping[str, str], kind: str = "inside"
) -> dict[str, dict[int, float]]:
    """Arm label -> step -> share met, mean over seeds; and the same of the true method, as "dual ascent"."""
    curves = {labels[name]: _mean(runs, "met", kind) for name, runs in results.items()}
    return curves | {"dual ascent": _mean(next(iter(results.values())), "method", kind)}


def rows(results: Results, labels: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Arm label -> weights, CPU-seconds, share met of each kind at the last reading, median extra cost inside."""
    table = {}
    for name, runs in results.items():
        values = [run.values for run in runs.values()]
        row: dict[str, Any] = {
            "weights": values[0]["params"],
            "CPU-s a seed": float(np.mean([value["train_seconds"] for value in values])),
        }
        for kind in values[0]["met"]:
            row[f"met: {kind}"] = float(np.mean([met_at_last(run, kind) for run in runs.values()]))
        extra = _mean(runs, "extra", "inside")
        row["extra cost inside"] = extra[max(extra)]
        table[labels[name]] = row
    return table


def _mean(runs: Mapping[int, Record], what: str, kind: str) -> dict[int, float]:
    steps = next(iter(runs.values())).values[what][kind]
    return {
        int(step): float(np.mean([run.values[what][kind][step] for run in runs.values()])) for step in steps
    }
