"""Verdicts follow from intervals alone."""

import json
from dataclasses import replace

import pytest

from recurse_lab.claims.arms import ArmResult
from recurse_lab.claims.claim import Claim
from recurse_lab.claims.verdict import MIMETYPE, judge, verdict_of
from recurse_lab.measure.statistics import Effect

CLAIM = Claim(
    id="99-test",
    chapter="99",
    statement="ours beats theirs",
    source="this test",
    published="nothing",
    metric="share",
    treatment="ours",
    controls=("small", "large"),
    margin=0.1,
)


def arm(name, values, recorded=False):
    return ArmResult(
        name=name,
        label=name,
        params=10,
        train_flops=1e6,
        infer_flops=1e3,
        seconds=1.0,
        values=dict(enumerate(values)),
        recorded=recorded,
    )


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.11, 0.5, "supported"),
        (0.1, 0.5, "inconclusive"),
        (-0.1, 0.0, "inconclusive"),
        (-0.5, -0.01, "contradicted"),
    ],
)
def test_verdict_follows_from_the_interval(low, high, word):
    assert verdict_of(Effect(mean=(low + high) / 2, low=low, high=high, seeds=5), 0.1) == word


def test_effect_is_paired_against_the_best_control_of_each_seed():
    arms = [arm("ours", [1.0, 1.0]), arm("small", [0.8, 0.2]), arm("large", [0.1, 0.9])]
    judgment = judge(CLAIM, arms)
    assert judgment.effect.mean == pytest.approx((0.2 + 0.1) / 2)
    assert judgment.seeds == (0, 1)


def test_smoke_is_never_judged():
    arms = [arm("ours", [1.0, 1.0]), arm("small", [0.0, 0.0]), arm("large", [0.0, 0.0])]
    assert judge(CLAIM, arms).verdict == "supported"
    assert judge(CLAIM, arms, judged=False).verdict is None


@pytest.mark.parametrize("claimed", [False, True])
@pytest.mark.parametrize("odd", ["ours", "small", "large"])
def test_a_verdict_rests_on_live_arms_or_on_recorded_ones_and_never_on_both(claimed, odd):
    claim = replace(CLAIM, recorded=claimed)
    values = {"ours": [1.0, 1.0], "small": [0.0, 0.0], "large": [0.0, 0.0]}
    right = [arm(name, scores, recorded=claimed) for name, scores in values.items()]
    assert judge(claim, right).verdict == "supported"
    mixed = [replace(one, recorded=claimed is not (one.name == odd)) for one in right]
    wanted = "recorded arms only" if claimed else "live arms only, not on recorded ones"
    with pytest.raises(ValueError, match=f"must rest on {wanted}: {odd}$") as caught:
        judge(claim, mixed)
    assert "\n" not in str(caught.value)


def test_arms_that_are_only_shown_may_be_of_either_kind():
    live = [arm("ours", [1.0, 1.0]), arm("small", [0.0, 0.0]), arm("large", [0.0, 0.0])]
    shown = judge(CLAIM, [*live, arm("huge", [0.9], recorded=True)])
    assert shown.verdict == "supported"
    recorded = [replace(one, recorded=True) for one in live]
    shown = judge(replace(CLAIM, recorded=True), [*recorded, arm("quick", [0.9])])
    assert shown.verdict == "supported"


def test_a_claim_picks_out_the_arms_that_it_names():
    arms = [arm(name, [1.0, 1.0]) for name in ("huge", "large", "ours", "tiny", "small")]
    assert [one.name for one in CLAIM.named(arms)] == ["large", "ours", "small"]
    assert CLAIM.named(arms[:1]) == []


@pytest.mark.parametrize("recorded", [False, True])
def test_claims_say_in_their_json_whether_they_are_recorded(recorded):
    assert not CLAIM.recorded
    arms = [arm(name, [1.0, 0.9], recorded) for name in ("ours", "small", "large")]
    data = json.loads(json.dumps(judge(replace(CLAIM, recorded=recorded), arms).to_json()))
    assert data["recorded"] is recorded
    assert [entry["recorded"] for entry in data["arms"]] == [recorded] * 3


def test_missing_arms_and_unpaired_seeds_are_refused():
    with pytest.raises(ValueError, match="no result for large"):
        judge(CLAIM, [arm("ours", [1.0, 1.0]), arm("small", [0.0, 0.0])])
    with pytest.raises(ValueError, match="small was not run on the same seeds"):
        judge(CLAIM, [arm("ours", [1.0, 1.0]), arm("small", [0.0]), arm("large", [0.0, 0.0])])


def test_claim_json_has_the_promised_keys_and_is_shown_in_three_forms():
    arms = [arm("ours", [1.0, 0.9]), arm("small", [0.0, 0.1]), arm("large", [0.0, 0.2])]
    shown = judge(CLAIM, arms)._repr_mimebundle_()
    data = json.loads(json.dumps(shown[MIMETYPE]))
    wanted = {
        "id",
        "chapter",
        "statement",
        "source",
        "published",
        "arms",
        "seeds",
        "effect",
        "interval",
        "margin",
    }
    assert wanted | {"verdict"} <= set(data)
    per_arm = {"name", "params", "train_flops", "infer_flops", "seconds", "values"}
    assert all(per_arm <= set(entry) for entry in data["arms"])
    assert data["arms"][0]["values"] == {"0": 1.0, "1": 0.9}
    assert "supported" in shown["text/plain"]
    assert "ours beats theirs" in shown["text/html"]
