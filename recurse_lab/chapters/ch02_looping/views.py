"""Chapter 02: data for its figures and tables."""

from collections.abc import Mapping
from dataclasses import replace

from recurse_lab.claims.arms import ArmResult, arm_results
from recurse_lab.experiments.mazes.inside import maze_net, show_case
from recurse_lab.experiments.mazes.tables import solved_share
from recurse_lab.experiments.prefix_sums.arm import LOOPED
from recurse_lab.experiments.prefix_sums.halting import mean_tradeoff, right_by_rule
from recurse_lab.experiments.prefix_sums.inside import spectra, undertrained
from recurse_lab.experiments.prefix_sums.tables import (
    by_length,
    costs,
    every_seed,
    extrapolated,
    longest_solved,
    needed_by_length,
    right_at_longest,
    share_right_by_length,
    share_right_by_step,
)
from recurse_lab.measure.starts import four_starts
from recurse_lab.records.record import Record

__all__ = [
    "by_length",
    "costs",
    "every_seed",
    "extrapolated",
    "four_starts",
    "halting_results",
    "longest_solved",
    "maze_net",
    "mean_tradeoff",
    "needed_by_length",
    "right_at_longest",
    "share_right_by_length",
    "share_right_by_step",
    "show_case",
    "solved_share",
    "spectra",
    "undertrained",
]


def halting_results(runs: Mapping[int, Record]) -> list[ArmResult]:
    """The three halting rules as arms of the same nets; `infer_flops` is that of one answer of the greatest length."""
    looped = arm_results({"looped": dict(runs)}, {"looped": LOOPED}, right_at_longest)[0]
    labels = {"residual": "residual below 0.001", "fixed": "fixed number", "head": "learned halting head"}
    return [
        replace(
            looped,
            name=rule,
            label=label,
            values={seed: right_by_rule(rule)(run) for seed, run in runs.items()},
        )
        for rule, label in labels.items()
    ]
