"""Recorded runs of learned solvers as rows and curves."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recurse_lab.experiments.solvers.arm import TRAINED
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results


def error_at_trained(record: Record) -> float:
    """A claim's metric: log10 of the median relative error on the family after the 8 trained steps."""
    return float(np.log10(record.values["error"]["family"][str(TRAINED)]))


def error_by_step(
    results: Results, labels: Mapping[str, str], kind: str = "family", what: str = "error"
) -> dict[str, dict[int, float]]:
    """Arm label -> step -> median error (or `what`="residual"), the geometric mean over seeds."""
    return {
        labels[name]: {
            int(step): geometric([run.values[what][kind][step] for run in runs.values()])
            for step in next(iter(runs.values())).values[what][kind]
        }
        for name, runs in results.items()
    }


def rows(results: Results, labels: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Arm label -> weights, errors at 8 and 64 steps, radius and share of contracting systems, of both kinds."""
    table = {}
    for name, runs in results.items():
        row: dict[str, Any] = {"weights": next(iter(runs.values())).values["params"]}
        for kind in ("family", "other"):
            values = [run.values for run in runs.values()]
            for step in ("8", "64"):
                row[f"{kind}: error at {step}"] = geometric([value["error"][kind][step] for value in values])
            row[f"{kind}: radius"] = float(np.mean([value["radius"][kind] for value in values]))
            row[f"{kind}: share below 1"] = float(np.mean([value["below_1"][kind] for value in values]))
        table[labels[name]] = row
    return table


def geometric(values: list[float]) -> float:
    """The geometric mean; numbers below 1e-9 count as 1e-9."""
    return float(np.exp(np.mean(np.log(np.maximum(values, 1e-9)))))
