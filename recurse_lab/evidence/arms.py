"""Runs as a claim wants them: each arm with its costs and its metric seed by seed."""

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

from recurse_lab.evidence.claims import ArmResult
from recurse_lab.evidence.records import Record
from recurse_lab.evidence.replicate import Results


@runtime_checkable
class Labelled(Protocol):
    """An arm's configuration, of which only the label is needed here."""

    @property
    def label(self) -> str: ...  # noqa: D102


def arm_results(
    results: Results,
    arms: Mapping[str, Labelled],
    metric: Callable[[Record], float],
    *,
    recorded: bool = False,
) -> list[ArmResult]:
    """Each arm's costs (means over seeds) and its metric seed by seed."""
    return [
        ArmResult(
            name=name,
            label=arms[name].label,
            params=int(_mean(runs, "params")),
            train_flops=_mean(runs, "train_flops"),
            infer_flops=_mean(runs, "infer_flops"),
            seconds=_mean(runs, "train_seconds"),
            values={seed: metric(record) for seed, record in runs.items()},
            recorded=recorded,
        )
        for name, runs in results.items()
    ]


def _mean(runs: Mapping[int, Record], key: str) -> float:
    return sum(record.values[key] for record in runs.values()) / len(runs)
