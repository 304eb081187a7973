"""Recorded runs on boards with several solutions as arms, rows and curves; each way to draw is a row of its own."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from recurse_lab.claims.arms import ArmResult
from recurse_lab.experiments.completions.arm import CompletionArm
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results

Metric = Callable[[Mapping[str, Any]], float]  # the scores of one way -> a number


def covered(scores: Mapping[str, Any]) -> float:
    """Share of the solutions that 20 draws find."""
    return scores["coverage"]


def valid(scores: Mapping[str, Any]) -> float:
    """Share of the draws that are solutions."""
    return scores["validity"]


def covered_at_equal_compute(scores: Mapping[str, Any]) -> float:
    """Share of the solutions that draws find at the compute of 20 variational draws."""
    return scores["within"]


def best_coverage(record: Record) -> float:
    """The number that re-runs of records compare: the largest coverage of an arm's ways."""
    return max(covered(scores) for scores in record.values["ways"].values())


def by_way(
    results: Results, arms: Mapping[str, CompletionArm], metric: Metric, *, recorded: bool = False
) -> list[ArmResult]:
    """One entry for each way to draw: its costs (means over seeds), and its metric for each seed."""
    return [
        ArmResult(
            name=name,
            label=way.label or arms[arm].label,
            params=int(_mean(runs, "params")),
            train_flops=_mean(runs, "train_flops"),
            infer_flops=mean_score(runs, name, "flops"),
            seconds=_mean(runs, "train_seconds"),
            values={seed: metric(run.values["ways"][name]) for seed, run in runs.items()},
            recorded=recorded,
        )
        for arm, runs in results.items()
        for name, way in arms[arm].ways.items()
    ]


def rows(
    results: Results, arms: Mapping[str, CompletionArm], *, without: Collection[str] = ()
) -> dict[str, dict[str, Any]]:
    """Label of each way -> its shares and its price, means over seeds; ways in `without` are left out."""
    return {
        way.label or arms[arm].label: {
            "draws valid": mean_score(runs, name, "validity"),
            "solutions found": mean_score(runs, name, "coverage"),
            "one found": mean_score(runs, name, "passed"),
            "valid, one solution": mean_score(runs, name, "one_solution"),
            "MFLOP a draw": mean_score(runs, name, "flops") / 1e6,
            "draws a CPU-second": round(1 / seconds_a_draw(runs, name)),
            "training CPU-seconds": round(_mean(runs, "train_seconds")),
        }
        for arm, runs in results.items()
        for name, way in arms[arm].ways.items()
        if name not in without
    }


def by_draws(
    results: Results, arms: Mapping[str, CompletionArm], ways: tuple[str, ...]
) -> dict[str, dict[int, float]]:
    """Label -> number of draws -> share of the solutions found, mean over seeds."""
    return {
        way.label or arms[arm].label: dict(enumerate(_list_of(runs, name, "by_draws"), start=1))
        for arm, runs in results.items()
        for name, way in arms[arm].ways.items()
        if name in ways
    }


def mean_score(runs: Mapping[int, Record], way: str, name: str) -> float:
    """Mean over seeds of one score of a way."""
    return float(np.mean([run.values["ways"][way][name] for run in runs.values()]))


def seconds_a_draw(runs: Mapping[int, Record], way: str) -> float:
    """CPU-seconds of one draw, mean over seeds, on the machine of the records."""
    return float(np.mean([run.values["draw_seconds"][way] for run in runs.values()]))


def _mean(runs: Mapping[int, Record], name: str) -> float:
    return float(np.mean([run.values[name] for run in runs.values()]))


def _list_of(runs: Mapping[int, Record], way: str, name: str) -> list[float]:
    mean = np.mean([run.values["ways"][way][name] for run in runs.values()], axis=0)
    return [float(value) for value in mean]
