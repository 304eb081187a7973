"""A claim with all that is needed to judge it anew on other seeds."""

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
    """What to train for a claim, and how the runs become the arms that it compares."""

    claim: Claim
    trial: Trial  # trains and measures one arm on one seed
    arms: Mapping[str, Any]  # name -> configuration: what is trained, not always what the claim compares
    measure: Callable[[Results], Sequence[ArmResult]]
    seeds: int  # how many the committed word rests on

    def __post_init__(self) -> None:
        if self.seeds < 2:
            raise ValueError(f"claim {self.claim.id}: an interval needs 2 seeds or more, not {self.seeds}")

    def judge(self, results: Results) -> Judgment:
        """The verdict on runs trained anew, which are live for a claim on recorded runs, too."""
        return judge(replace(self.claim, recorded=False), self.measure(results))


def by_metric(
    claim: Claim,
    trial: Trial,
    arms: Mapping[str, Labeled],
    metric: Callable[[Record], float],
    *,
    seeds: int,
) -> Tested:
    """The common case: the claim's own arms out of some, compared by one number of each record."""
    named = {name: arms[name] for name in claim.arms}
    measure = partial(arm_results, arms=named, metric=metric)
    return Tested(claim=claim, trial=trial, arms=named, measure=measure, seeds=seeds)
