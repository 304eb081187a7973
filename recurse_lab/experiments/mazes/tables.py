"""Recorded runs on mazes as rows."""

from collections.abc import Mapping

from recurse_lab.records.record import Record


def solved_share(runs: Mapping[int, Record]) -> dict[str, dict[str, float]]:
    """Size -> seed -> share of mazes wholly solved at the last reading."""
    sizes = next(iter(runs.values())).values["exact"]
    return {
        f"{size} x {size}": {f"seed {seed}": run.values["exact"][size][-1] for seed, run in runs.items()}
        for size in sizes
    }
