"""The results of arms that a claim compares: the cost of each, and its metric for each seed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results


@dataclass(frozen=True, kw_only=True)
class ArmResult:
    """The cost and the scores of one arm; `values` maps each seed to the claim's metric."""

    name: str
    label: str
    params: int
    train_flops: float  # of one run
    infer_flops: float  # of one answer to one problem of the claim's metric
    seconds: float  # CPU-seconds of one training run, mean over seeds
    values: dict[int, float]
    recorded: bool = False  # True: from the reference records of the full profile; False: run live


@runtime_checkable
class Labeled(Protocol):
    """An arm's configuration; only its label is needed here."""

    @property
    def label(self) -> str: ...  # noqa: D102


def arm_results(
    results: Results,
    arms: Mapping[str, Labeled],
    metric: Callable[[Record], float],
    *,
    recorded: bool = False,
) -> list[ArmResult]:
    """The costs of each arm (means over seeds), and its metric for each seed."""
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
