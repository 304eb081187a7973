"""Recorded runs on products as rows."""

from collections.abc import Mapping

import numpy as np

from recurse_lab.experiments.products.arm import ProductArm
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results


def products_right(record: Record) -> float:
    """Share of test products whose digits are all right."""
    return record.values["exact"]


def by_digit(results: Results, arms: Mapping[str, ProductArm]) -> dict[str, list[float]]:
    """Arm label -> share right of each digit of the product, the first one first, mean over seeds."""
    return {
        arms[name].label: np.mean([run.values["by_digit"] for run in runs.values()], axis=0).tolist()
        for name, runs in results.items()
    }
