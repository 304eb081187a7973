"""Recorded runs on Sudoku as shares by step and by use."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from recurse_lab.claims.arms import ArmResult, arm_results
from recurse_lab.experiments.sudoku.arm import JUDGED, SudokuArm
from recurse_lab.records.record import Record


def solved(record: Record) -> float:
    """The claims' metric: boards wholly right after 16 supervision steps, or after a plain net's last block."""
    shares = record.values["exact"]
    return shares.get(str(JUDGED), next(iter(shares.values())))


def by_steps(runs: Mapping[int, Record]) -> dict[int, float]:
    """Supervision steps -> share of boards solved, mean over seeds."""
    shares = [run.values["exact"] for run in runs.values()]
    return {int(step): sum(share[step] for share in shares) / len(shares) for step in shares[0]}


def by_use(runs: Mapping[int, Record], arm: SudokuArm) -> list[ArmResult]:
    """Each way to use a trained net with noisy runs as an arm: one run, the longest run, the head's choice."""
    one = arm_results({"one": dict(runs)}, {"one": arm}, solved)[0]
    last = str(arm.reads[-1])
    ways: dict[str, tuple[str, float, Callable[[Record], float]]] = {
        "one": (f"one run of {JUDGED} steps", 1, solved),
        "longer": (f"one run of {last} steps", arm.reads[-1] / JUDGED, lambda run: run.values["exact"][last]),
        "chosen": (
            f"{arm.draws} noisy runs, the head chooses",
            arm.draws,
            lambda run: run.values["draws"]["head"],
        ),
    }
    return [
        replace(
            one,
            name=name,
            label=label,
            infer_flops=one.infer_flops * times,
            values={seed: share(run) for seed, run in runs.items()},
        )
        for name, (label, times, share) in ways.items()
    ]
