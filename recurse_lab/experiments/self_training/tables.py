"""Recorded runs of self-training as numbers, arms, rows and points."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from recurse_lab.claims.arms import ArmResult
from recurse_lab.experiments.self_training.arm import SelfTrainingArm
from recurse_lab.experiments.self_training.scores import READS
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results


def solved(record: Record) -> list[float]:
    """Share of test boards solved before the first round and after each."""
    return [scores["test"]["right"] for scores in record.values["rounds"]]


def after_rounds(record: Record) -> float:
    """Share of test boards solved after the last round."""
    return solved(record)[-1]


def known_facts(record: Record) -> float:
    """Of the draws that the rules allow, the share that is right, after the last round."""
    last = record.values["rounds"][-1]
    return last["drawn"] / last["legal"] if last["legal"] else 0.0


def gained_facts(record: Record) -> float:
    """`known_facts` minus the same share before the first round."""
    first = record.values["rounds"][0]
    return known_facts(record) - (first["drawn"] / first["legal"] if first["legal"] else 0.0)


def round_against_loops(runs: Mapping[int, Record]) -> list[ArmResult]:
    """One round with a verifier, and the net before it: judged cycles, its best number of cycles up to 64, a choice.

    The best number of cycles and the best chooser are picked on the test itself, in favor of the net before.
    """
    first = {seed: run.values["rounds"][0] for seed, run in runs.items()}
    one = next(iter(runs.values())).values
    values = {
        "one_round": {seed: solved(run)[1] for seed, run in runs.items()},
        "no_round": {seed: solved(run)[0] for seed, run in runs.items()},
        "longer": {seed: max(scores["by_cycles"]) for seed, scores in first.items()},
        "chosen": {seed: max(scores["test_chosen"].values()) for seed, scores in first.items()},
    }
    labels = {
        "one_round": "one round with exact rules",
        "no_round": "no round",
        "longer": f"no round, best of 1 to {READS[-1]} cycles",
        "chosen": "no round, best of 8 draws by own probability, head or agreement",
    }
    return [
        ArmResult(
            name=name,
            label=labels[name],
            params=int(one["params"]),
            train_flops=one["train_flops"],
            infer_flops=one["infer_flops"],
            seconds=float(np.mean([run.values["train_seconds"] for run in runs.values()])),
            values=shares,
        )
        for name, shares in values.items()
    ]


def rows(results: Results, arms: Mapping[str, SelfTrainingArm]) -> dict[str, dict[str, Any]]:
    """Arm label -> shares of test boards solved by round, what was kept in round 1, costs; means over seeds."""
    return {
        arms[name].label: {
            **{_after(number): share for number, share in enumerate(_mean(map(solved, runs.values())))},
            **_first_kept(runs.values()),
            "a board's answers": np.mean([run.values["rounds"][-1]["distinct"] for run in runs.values()]),
            "seeds": len(runs),
        }
        for name, runs in results.items()
    }


def _after(number: int) -> str:
    return f"after round {number}" if number else "before"


def _first_kept(runs: Any) -> dict[str, Any]:
    first = [run.values["rounds"][0]["own"] for run in runs if "own" in run.values["rounds"][0]]
    if not first:
        return {"drawn right": "", "kept right": ""}
    return {
        "drawn right": float(np.mean([own["drawn"] for own in first])),
        "kept right": float(np.mean([own["precision"] for own in first])),
    }


def fact_rows(results: Results, arms: Mapping[str, SelfTrainingArm]) -> dict[str, dict[str, Any]]:
    """Arm label -> shares of draws that are legal, and of the legal ones that are right, before and after."""
    table = {}
    for name, runs in results.items():
        ends = [(run.values["rounds"][0], run.values["rounds"][-1]) for run in runs.values()]
        table[arms[name].label] = {
            "legal before": float(np.mean([before["legal"] for before, _ in ends])),
            "legal after": float(np.mean([after["legal"] for _, after in ends])),
            "right of the legal, before": float(
                np.mean([known_facts(run) - gained_facts(run) for run in runs.values()])
            ),
            "right of the legal, after": float(np.mean([known_facts(run) for run in runs.values()])),
            "seeds": len(runs),
        }
    return table


def verifier_rows(results: Results, number: int = 0) -> dict[str, dict[str, Any]]:
    """Verifier -> its gap, the two parts and its ranking, on the draws before round `number` + 1, means."""
    found = [run.values["rounds"][number]["verifiers"] for runs in results.values() for run in runs.values()]
    names = [name for name in found[0] if all(name in one for one in found)]
    columns = {
        "drawn": "drawn right",
        "gap": "gap",
        "between": "by choosing boards",
        "within": "by choosing answers",
        "ranking": "ranking",
        "ranking_within": "ranking in a board",
    }
    return {
        name: {
            label: float(np.nanmean([np.nan if one[name][key] is None else one[name][key] for one in found]))
            for key, label in columns.items()
        }
        for name in names
    }


def gains(results: Results, arms: Mapping[str, SelfTrainingArm]) -> dict[str, list[tuple[float, float]]]:
    """Arm label -> (gap of a round, change of the share of right draws by it), one point a round and seed."""
    found: dict[str, list[tuple[float, float]]] = {}
    for name, runs in results.items():
        for run in runs.values():
            rounds = run.values["rounds"]
            for before, after in pairwise(rounds):
                if "own" in before:
                    point = (before["own"]["gap"], after["drawn"] - before["drawn"])
                    found.setdefault(arms[name].label, []).append(point)
    return found


def curves(results: Results, arms: Mapping[str, SelfTrainingArm]) -> dict[str, dict[int, float]]:
    """Arm label -> round -> share of test boards solved, mean over seeds."""
    return {
        arms[name].label: dict(enumerate(_mean(map(solved, runs.values())))) for name, runs in results.items()
    }


def _mean(lists: Any) -> list[float]:
    return [float(value) for value in np.mean(list(lists), axis=0)]


def by_cycles(results: Results) -> dict[int, float]:
    """Number of cycles -> share of test boards solved before the first round, mean over all runs."""
    shares = _mean(run.values["rounds"][0]["by_cycles"] for runs in results.values() for run in runs.values())
    return dict(zip(READS, shares, strict=True))
