"""Recorded runs on prefix sums as rows and curves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recurse_lab.claims.arms import arm_results
from recurse_lab.experiments.prefix_sums.arm import PrefixSumArm
from recurse_lab.measure.behavior import steps_needed
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results


def right_at_longest(record: Record) -> float:
    """The length claim's metric: share of the longest strings wholly right at the last reading."""
    by_length = record.values["exact"]
    by_step = by_length[max(by_length, key=int)]
    return by_step[max(by_step, key=int)]


def costs(results: Results, arms: Mapping[str, PrefixSumArm]) -> dict[str, dict[str, float]]:
    """Arm label -> parameters, FLOPs and CPU-seconds, means over seeds."""
    return {
        arm.label: {
            "parameters": arm.params,
            "training FLOPs": arm.train_flops,
            "FLOPs of one longest answer": arm.infer_flops,
            "CPU-seconds a seed": arm.seconds,
        }
        for arm in arm_results(results, arms, right_at_longest)
    }


def by_length(record: Record) -> dict[int, dict[int, float]]:
    """Length -> iteration -> share of strings wholly right, of one trial."""
    exact = record.values["exact"]
    return {int(bits): {int(step): share for step, share in steps.items()} for bits, steps in exact.items()}


def needed_by_length(runs: Mapping[int, Record]) -> tuple[list[int], dict[str, list[int | None]]]:
    """Lengths, and for each seed the first iteration from which 99 % of the strings stay right (None: never)."""
    needed = {
        f"seed {seed}": [_needed(curve) for curve in by_length(run).values()] for seed, run in runs.items()
    }
    return list(by_length(next(iter(runs.values())))), needed


def _needed(curve: dict[int, float]) -> int | None:
    return steps_needed(list(curve), list(curve.values()))


def share_right_by_step(
    results: Results, labels: Mapping[str, str], bits: int
) -> dict[str, dict[int, float]]:
    """Arm label -> iteration -> share of strings of one length wholly right, mean over seeds."""
    curves = {}
    for name, runs in results.items():
        by_seed = [by_length(run)[bits] for run in runs.values()]
        curves[labels[name]] = {
            step: float(np.mean([curve[step] for curve in by_seed])) for step in by_seed[0]
        }
    return curves


def share_right_by_length(results: Results, labels: Mapping[str, str]) -> dict[str, dict[int, list[float]]]:
    """Arm label -> length -> share of strings wholly right at the last reading, one entry a seed."""
    return {
        labels[name]: {
            bits: [list(by_length(run)[bits].values())[-1] for run in runs.values()]
            for bits in by_length(next(iter(runs.values())))
        }
        for name, runs in results.items()
    }


def every_seed(runs: Mapping[int, Record], bits: int) -> dict[str, dict[str, Any]]:
    """Seed -> share of strings right at the last reading, best share, iterations until 99 % stay right."""
    rows = {}
    for seed, run in runs.items():
        curve = by_length(run)[bits]
        rows[f"seed {seed}"] = {
            f"right after {max(curve)} iterations": curve[max(curve)],
            "best at any number": max(curve.values()),
            "iterations until 99 % stay right": _needed(curve),
        }
    return rows


def longest_solved(runs: Mapping[int, Record], share: float = 1.0) -> int:
    """Greatest length at which at least `share` of the strings are right on every seed (0: none)."""
    lengths = share_right_by_length({"": dict(runs)}, {"": ""})[""]
    return max((bits for bits, shares in lengths.items() if min(shares) >= share), default=0)


def extrapolated(lengths: Sequence[int], needed: Sequence[int | None], bits: int) -> float:
    """Iterations for `bits` by a straight line through the known lengths (nan: fewer than two lengths are known)."""
    known = [(length, step) for length, step in zip(lengths, needed, strict=True) if step is not None]
    if len(known) < 2:
        return float("nan")
    slope, intercept = np.polyfit([length for length, _ in known], [step for _, step in known], 1)
    return float(slope * bits + intercept)
