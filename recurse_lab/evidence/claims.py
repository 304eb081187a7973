"""A claim is written down before it is run; its verdict is computed from paired seeds, never worded by hand.

The effect is the treatment's metric minus the best control's on the same seed. The verdict is `supported`
when the whole 95 % interval of the mean effect lies above the margin, `contradicted` when it lies below
zero, and else `inconclusive`.
"""

import html
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from recurse_lab.measure.stats import Effect, paired_effect

MIMETYPE = "application/vnd.recurse-lab.claim+json"  # how the report finds claims in a notebook's outputs
VERDICTS = ("supported", "inconclusive", "contradicted")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What is asserted, where it comes from, and by how much the treatment must win."""

    id: str  # chapter number and a word, for example 02-length
    chapter: str
    statement: str
    source: str  # who says so
    published: str  # the figure they give
    metric: str  # what is counted, in words and units
    treatment: str  # name of the arm that should win
    controls: tuple[str, ...]  # names of the arms that it should beat
    margin: float  # fixed before the claim is run; 0 or more
    # arms are too heavy, or need more seeds than can be trained live: rests on recorded runs alone, never mixed
    recorded: bool = False

    def __post_init__(self) -> None:
        if self.margin < 0:
            raise ValueError(f"claim {self.id}: margin must be 0 or more, not {self.margin}")
        if not self.controls or self.treatment in self.controls:
            raise ValueError(f"claim {self.id}: needs at least one control, and none may be the treatment")

    def named(self, arms: Iterable["ArmResult"]) -> list["ArmResult"]:
        """Those of some arms that the claim names, to show no others beside them."""
        return [arm for arm in arms if arm.name in (self.treatment, *self.controls)]


@dataclass(frozen=True, kw_only=True)
class ArmResult:
    """What one arm cost and scored; `values` maps each seed to the claim's metric."""

    name: str
    label: str
    params: int
    train_flops: float  # of one run
    infer_flops: float  # of one example at the claim's metric
    seconds: float  # CPU-seconds of one training run, mean over seeds
    values: dict[int, float]
    recorded: bool = False  # from the reference records of the full profile, not run live


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A claim with its arms, the paired effect and the verdict (None where nothing may be judged)."""

    claim: Claim
    arms: tuple[ArmResult, ...]
    effect: Effect
    seeds: tuple[int, ...]
    verdict: str | None

    def to_json(self) -> dict[str, Any]:
        """Plain data, as written to claims.json."""
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
        return {"text/plain": str(self), "text/html": _card(self), MIMETYPE: self.to_json()}


def judge(claim: Claim, arms: Sequence[ArmResult], *, judged: bool = True) -> Judgement:
    """Compare the treatment with its best control, seed by seed.

    Arms that the claim does not name are kept for display only. Live and recorded arms are never mixed in a verdict.

    Args:
        judged: False in the smoke profile: effect and interval are computed, the verdict is None.

    Raises:
        ValueError: an arm is missing, was not run on the treatment's seeds, or is recorded where the claim wants
            live ones, or the other way round.
    """
    by_name = {arm.name: arm for arm in arms}
    named = (claim.treatment, *claim.controls)
    if missing := [name for name in named if name not in by_name]:
        raise ValueError(f"claim {claim.id}: no result for {', '.join(missing)}; given: {', '.join(by_name)}")
    if mixed := [name for name in named if by_name[name].recorded != claim.recorded]:
        wanted = "recorded arms only" if claim.recorded else "live arms only, not on recorded ones"
        raise ValueError(f"claim {claim.id}: this verdict must rest on {wanted}: {', '.join(mixed)}")
    seeds = tuple(sorted(by_name[claim.treatment].values))
    for name in claim.controls:
        if tuple(sorted(by_name[name].values)) != seeds:
            raise ValueError(f"claim {claim.id}: arm {name} was not run on the same seeds {list(seeds)}")
    best_control = [max(by_name[name].values[seed] for name in claim.controls) for seed in seeds]
    effect = paired_effect([by_name[claim.treatment].values[seed] for seed in seeds], best_control)
    verdict = verdict_of(effect, claim.margin) if judged else None
    return Judgement(claim=claim, arms=tuple(arms), effect=effect, seeds=seeds, verdict=verdict)


def verdict_of(effect: Effect, margin: float) -> str:
    """One of the three words, from the interval alone."""
    if effect.low > margin:
        return "supported"
    return "contradicted" if effect.high < 0 else "inconclusive"


def _card(judgement: Judgement) -> str:
    """The claim as an HTML card: statement, verdict, effect, and a table of the arms."""
    claim, effect = judgement.claim, judgement.effect
    rows = "".join(
        f"<tr><td>{html.escape(arm.label)}{' (recorded)' if arm.recorded else ''}</td><td>{arm.params:,}</td>"
        f"<td>{arm.train_flops:.1e}</td><td>{arm.infer_flops:.1e}</td><td>{arm.seconds:.0f}</td>"
        f"<td>{' '.join(f'{value:.2f}' for value in arm.values.values())}</td></tr>"
        for arm in judgement.arms
    )
    verdict = judgement.verdict or "not judged"
    return (
        f'<div class="claim"><p><strong>{html.escape(claim.statement)}</strong></p>'
        f'<p><span class="verdict {verdict.replace(" ", "-")}">{verdict}</span> '
        f"effect {effect.mean:+.3f} [{effect.low:+.3f}, {effect.high:+.3f}], margin {claim.margin:.2f}, "
        f"{effect.seeds} seeds{', recorded runs' if claim.recorded else ''}. Metric: {html.escape(claim.metric)}.</p>"
        f"<table><thead><tr><th>arm</th><th>parameters</th><th>training FLOPs</th>"
        f"<th>FLOPs per answer</th><th>CPU-s a seed</th><th>value, seed by seed</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        f"<p>Source: {html.escape(claim.source)} Published: {html.escape(claim.published)}</p></div>"
    )
