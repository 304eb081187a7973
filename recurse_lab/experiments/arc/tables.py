"""Recorded runs on ARC as rows: scores by identity row, and guesses."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recurse_lab.records.record import Record
from recurse_lab.tasks.arc import ArcTask


def identities(runs: Mapping[int, Record]) -> dict[str, dict[str, float]]:
    """Identity row -> shares of tests passed with one guess, with two, and without a vote; demonstrations learned."""
    names = {"own": "its own row", "blank": "the blank row", "other": "a random other row"}
    return {
        label: {
            measure: float(
                np.mean([task[key] for run in runs.values() for task in run.values["tests"][name].values()])
            )
            for key, measure in (("pass@1", "pass@1"), ("pass@2", "pass@2"), ("alone", "one view, no vote"))
        }
        | {"demonstrations": float(np.mean([run.values["demonstrations"][name] for run in runs.values()]))}
        for name, label in names.items()
    }


def guesses(
    tasks: Sequence[ArcTask], record: Record, most: int = 1
) -> list[list[tuple[str, Any, bool | None]]]:
    """For the first `most` tests of each task, a row of input, answer and two guesses: (title, grid, whether right)."""
    rows = []
    for task in tasks:
        votes = record.values["tests"]["own"][task.name]["votes"]
        for pair, ranked in list(zip(task.tests, votes, strict=True))[:most]:
            row: list[tuple[str, Any, bool | None]] = [
                ("input", pair.input, None),
                ("answer", pair.output, None),
            ]
            for number, title in enumerate(("first guess", "second guess")):
                grid = np.array(ranked[number]["grid"]) if number < len(ranked) else None
                row.append((title, grid, grid is not None and np.array_equal(grid, pair.output)))
            rows.append(row)
    return rows
