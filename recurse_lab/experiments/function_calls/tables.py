"""Recorded runs on function calls as arms, rows and curves; each way to tune is an arm of its own."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from recurse_lab.claims.arms import ArmResult
from recurse_lab.experiments.function_calls.arm import CallArm
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results

Metric = Callable[[Mapping[str, Any]], float]  # the scores of one net -> a number


def exact(scores: Mapping[str, Any]) -> float:
    """Share of the test requests that are done right."""
    return scores["exact"]


def json(scores: Mapping[str, Any]) -> float:
    """Share of the test requests that are answered with JSON."""
    return scores["json"]


def valid(scores: Mapping[str, Any]) -> float:
    """Share of the test requests that are answered with a call that can be executed: JSON, functions, arguments."""
    return scores["valid"]


def best_exact(record: Record) -> float:
    """The number that re-runs of records compare: the largest share done right of a trial's nets."""
    return max(exact(scores) for _, scores in nets_of(record))


def nets_of(record: Record) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The name and the scores of each net of a trial: first the taught one, named like the arm."""
    yield record.arm, record.values["base"]
    yield from record.values["ways"].items()


class Runs(NamedTuple):
    """All runs of one net: its label, its records, and its scores for each seed."""

    label: str
    records: Mapping[int, Record]
    scores: dict[int, Mapping[str, Any]]

    def mean(self, metric: Metric) -> float:
        """Mean over seeds."""
        return float(np.mean([metric(one) for one in self.scores.values()]))


def nets(results: Results, arms: Mapping[str, CallArm]) -> dict[str, Runs]:
    """Name of each taught or tuned net -> its runs."""
    found = {}
    for arm, records in results.items():
        names = {arm: arms[arm].label} | {name: way.label for name, way in arms[arm].ways.items()}
        for name, label in names.items():
            scores = {seed: dict(nets_of(record))[name] for seed, record in records.items()}
            found[name] = Runs(label, records, scores)
    return found


def by_way(
    results: Results, arms: Mapping[str, CallArm], metric: Metric = exact, *, recorded: bool = False
) -> list[ArmResult]:
    """One entry for each net: its costs (means over seeds), with all that came before it, and its metric."""
    return [
        ArmResult(
            name=name,
            label=runs.label,
            params=int(_mean(runs, "params")),
            train_flops=flops(runs, name),
            infer_flops=_mean(runs, "infer_flops"),
            seconds=seconds(runs, name, arms),
            values={seed: metric(scores) for seed, scores in runs.scores.items()},
            recorded=recorded,
        )
        for name, runs in nets(results, arms).items()
    ]


def flops(runs: Runs, name: str) -> float:
    """FLOPs of the training of a net from the start, mean over seeds."""
    each = [run.values["way_flops"].get(name, run.values["train_flops"]) for run in runs.records.values()]
    return float(np.mean(each))


def seconds(runs: Runs, name: str, arms: Mapping[str, CallArm]) -> float:
    """CPU-seconds of the training of a net from the start, mean over seeds."""
    total = _mean(runs, "train_seconds")
    ways = arms[next(iter(runs.records.values())).arm].ways
    while name in ways:
        total += float(np.mean([run.values["way_seconds"][name] for run in runs.records.values()]))
        name = ways[name].after
    return total


def rows(results: Results, arms: Mapping[str, CallArm]) -> dict[str, dict[str, Any]]:
    """Label of each net -> shares of the test requests, distance to the taught net, costs; means over seeds."""
    return {
        runs.label: {
            "done right": runs.mean(exact),
            "of drawn calls": runs.mean(lambda one: one["drawn"]),
            "JSON": runs.mean(json),
            "valid call": runs.mean(valid),
            "KL to the taught net, nats": runs.mean(lambda one: one["kl"]),
            "TFLOP": flops(runs, name) / 1e12,
            "CPU-seconds": round(seconds(runs, name, arms)),
        }
        for name, runs in nets(results, arms).items()
    }


def preference_rows(results: Results, arms: Mapping[str, CallArm], kind: str) -> dict[str, dict[str, float]]:
    """Label -> what became of held-out pairs of a kind, "own" or "taught"; means over seeds."""
    parts = {
        "right call likelier": "prefers",
        "margin, nats": "margin",
        "log p(right), change": "right",
        "log p(wrong), change": "wrong",
    }
    return {
        runs.label: {
            shown: float(np.mean([one["preferences"][kind][part] for one in runs.scores.values()]))
            for shown, part in parts.items()
        }
        | {"done right": runs.mean(exact)}
        for runs in nets(results, arms).values()
    }


def kinds(results: Results, arms: Mapping[str, CallArm]) -> dict[str, dict[str, float]]:
    """Label -> kind of answer -> share of the test requests, mean over seeds."""
    table = {}
    for runs in nets(results, arms).values():
        words = dict.fromkeys(word for one in runs.scores.values() for word in one["words"])
        table[runs.label] = {
            word: float(np.mean([one["words"].get(word, 0.0) for one in runs.scores.values()]))
            for word in words
        }
    return table


def path(runs: Mapping[int, Record], way: str, name: str) -> dict[int, float]:
    """Optimizer step -> what was measured on the way, mean over seeds; `name` such as "exact" or "own right"."""
    paths = [run.values["ways"][way]["path"] for run in runs.values()]
    return {
        int(steps[0]["step"]): float(np.mean([one[name] for one in steps]))
        for steps in zip(*paths, strict=True)
    }


def _mean(runs: Runs, name: str) -> float:
    return float(np.mean([run.values[name] for run in runs.records.values()]))
