"""Verdicts: computed from runs on paired seeds by one rule, `verdict_of`, and never written by hand.

The effect is the metric of the treatment minus that of the best control on the same seed, mean over seeds.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from recurse_lab.claims.arms import ArmResult
from recurse_lab.claims.card import card
from recurse_lab.claims.claim import Claim
from recurse_lab.measure.statistics import Effect, paired_effect

MIMETYPE = "application/vnd.recurse-lab.claim+json"  # of claims in a notebook's outputs, for the report
ROUNDING = 1e-6  # error of a share: it is a mean in single precision
VERDICTS = ("supported", "inconclusive", "contradicted")


@dataclass(frozen=True, kw_only=True)
class Judgment:
    """A claim with its arms, the paired effect and the verdict (None in the smoke profile)."""

    claim: Claim
    arms: tuple[ArmResult, ...]
    effect: Effect
    seeds: tuple[int, ...]
    verdict: str | None

    def to_json(self) -> dict[str, Any]:
        """The judgment as plain data, as claims.json holds it."""
        claim = asdict(self.claim)
        kept = (
            "id",
            "chapter",
            "statement",
            "source",
            "published",
            "metric",
            "treatment",
            "controls",
            "margin",
            "problems",
            "recorded",
        )
        arms = [asdict(arm) | {"values": {str(k): v for k, v in arm.values.items()}} for arm in self.arms]
        return {key: claim[key] for key in kept} | {
            "controls": list(self.claim.controls),
            "arms": arms,
            "seeds": list(self.seeds),
            "effect": self.effect.mean,
            "interval": [self.effect.low, self.effect.high],
            "verdict": self.verdict,
        }

    def __str__(self) -> str:
        effect = self.effect
        words = self.verdict or "not judged (smoke profile)"
        return (
            f"{self.claim.id}: {words}. Effect {effect.mean:+.3f}, 95 % interval "
            f"[{effect.low:+.3f}, {effect.high:+.3f}], margin {self.claim.margin:.2f}, {effect.seeds} seeds"
            f"{' (recorded)' if self.claim.recorded else ''}"
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {
            "text/plain": str(self),
            "text/html": card(self.claim, self.arms, self.effect, self.verdict),
            MIMETYPE: self.to_json(),
        }


def judge(claim: Claim, arms: Sequence[ArmResult], *, judged: bool = True) -> Judgment:
    """Compare the treatment with the best control of each seed.

    Arms that the claim does not name are kept for display only. A verdict never mixes live and recorded arms.

    Args:
        judged: False in the smoke profile: the effect and its interval are computed, the verdict is None.

    Raises:
        ValueError: an arm is missing; a control has other seeds than the treatment; an arm is recorded where
            the claim needs live ones, or live where it needs recorded ones; there are fewer than two seeds.
    """
    by_name = {arm.name: arm for arm in arms}
    if missing := [name for name in claim.arms if name not in by_name]:
        raise ValueError(f"claim {claim.id}: no result for {', '.join(missing)}; given: {', '.join(by_name)}")
    if mixed := [name for name in claim.arms if by_name[name].recorded != claim.recorded]:
        wanted = "recorded arms only" if claim.recorded else "live arms only, not on recorded ones"
        raise ValueError(f"claim {claim.id}: this verdict must rest on {wanted}: {', '.join(mixed)}")
    seeds = tuple(sorted(by_name[claim.treatment].values))
    for name in claim.controls:
        if tuple(sorted(by_name[name].values)) != seeds:
            raise ValueError(f"claim {claim.id}: arm {name} was not run on the same seeds {list(seeds)}")
    best_control = [max(by_name[name].values[seed] for name in claim.controls) for seed in seeds]
    treatment = [by_name[claim.treatment].values[seed] for seed in seeds]
    effect = paired_effect(treatment, best_control, problems=claim.problems)
    verdict = verdict_of(effect, claim.margin) if judged else None
    return Judgment(claim=claim, arms=tuple(arms), effect=effect, seeds=seeds, verdict=verdict)


def verdict_of(effect: Effect, margin: float) -> str:
    """The verdict, from the effect's 95 % interval, the margin and the number of test problems.

    - `supported`: the interval lies above the margin by more than one test problem (the share 1 / problems).
    - `contradicted`: the interval lies below zero by more than one test problem.
    - `inconclusive`: neither. The distance of one test problem keeps the verdict the same when another
      machine answers a single problem differently.
    """
    problem = 1 / effect.problems + ROUNDING
    if effect.low > margin + problem:
        return "supported"
    return "contradicted" if effect.high < -problem else "inconclusive"
