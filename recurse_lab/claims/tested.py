"""A claim, with its trial, arms and measure: enough to judge it again on other seeds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from recurse_lab.claims.arms import ArmResult, Labeled, arm_results
from recurse_lab.claims.claim import Claim
from recurse_lab.claims.verdict import Judgment, judge
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results, Trial


@dataclass(frozen=True, kw_only=True)
class Tested:
    """What to train for a claim, and how its runs become the arms that it compares.

    Raises:
        ValueError: fewer than two seeds.
    """

    claim: Claim
    trial: Trial  # trains and measures one arm on one seed
    arms: Mapping[str, Any]  # name -> configuration of each trained arm; the claim may compare others
    measure: Callable[[Results], Sequence[ArmResult]]
    seeds: int  # number of seeds behind the committed verdict

    def __post_init__(self) -> None:
        if self.seeds < 2:
            raise ValueError(f"claim {self.claim.id}: an interval needs 2 seeds or more, not {self.seeds}")

    def judge(self, results: Results) -> Judgment:
        """Judge new runs; they count as live, also for a claim on recorded runs."""
        return judge(replace(self.claim, recorded=False), self.measure(results))


def by_metric(
    claim: Claim,
    trial: Trial,
    arms: Mapping[str, Labeled],
    metric: Callable[[Record], float],
    *,
    seeds: int,
) -> Tested:
    """The common case: train the arms that the claim names, and compare them by one number of each record."""
    named = {name: arms[name] for name in claim.arms}
    measure = partial(arm_results, arms=named, metric=metric)
    return Tested(claim=claim, trial=trial, arms=named, measure=measure, seeds=seeds)
