"""Verdicts follow from intervals, margins and test problems, and rest on live arms or on recorded ones."""

import json
from dataclasses import replace

import numpy as np
import pytest

from recurse_lab.claims.arms import ArmResult
from recurse_lab.claims.claim import Claim
from recurse_lab.claims.verdict import MIMETYPE, judge, verdict_of
from recurse_lab.measure.statistics import Effect, paired_effect

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
    problems=10,
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
        (0.21, 0.5, "supported"),
        (0.2, 0.5, "inconclusive"),  # within one test problem of the margin
        (0.11, 0.5, "inconclusive"),
        (-0.5, -0.1, "inconclusive"),  # within one test problem of zero
        (-0.5, -0.01, "inconclusive"),
        (-0.5, -0.11, "contradicted"),
        (-0.5, 0.5, "inconclusive"),
    ],
)
def test_verdict_follows_from_the_interval_and_one_test_problem(low, high, word):
    effect = Effect(mean=(low + high) / 2, low=low, high=high, seeds=5, problems=10)
    assert verdict_of(effect, 0.1) == word


@pytest.mark.parametrize("problems", [3, 8, 10, 100, 256])
@pytest.mark.parametrize("margin", [0.0, 0.1, 0.25])
def test_differences_that_do_not_vary_need_more_than_two_test_problems_beyond_the_margin(problems, margin):
    def word(beyond):  # shares in single precision, as measurements give them
        values = [float(np.float32(margin + beyond / problems))] * 5
        return verdict_of(paired_effect(values, [0.0] * 5, problems=problems), margin)

    assert [word(beyond) for beyond in (1, 2, 3)] == ["inconclusive", "inconclusive", "supported"]
    below = [-margin * problems - beyond for beyond in (1, 2, 3)]
    assert [word(beyond) for beyond in below] == ["inconclusive", "inconclusive", "contradicted"]


def test_effect_is_paired_against_the_best_control_of_each_seed():
    arms = [arm("ours", [1.0, 1.0]), arm("small", [0.8, 0.2]), arm("large", [0.1, 0.9])]
    judgment = judge(CLAIM, arms)
    assert judgment.effect.mean == pytest.approx((0.2 + 0.1) / 2)
    assert judgment.seeds == (0, 1)


def test_the_interval_is_that_of_the_claims_own_test_problems():
    arms = [arm("ours", [1.0, 1.0]), arm("small", [0.5, 0.5]), arm("large", [0.0, 0.0])]
    for problems, word in ((5, "inconclusive"), (8, "supported")):
        effect = judge(replace(CLAIM, problems=problems), arms).effect
        assert (effect.low, effect.high) == pytest.approx((0.5 - 1 / problems, 0.5 + 1 / problems))
        assert judge(replace(CLAIM, problems=problems), arms).verdict == word


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
    arms = [arm("ours", [1.0, 0.9]), arm("small", [0.0, 0.0]), arm("large", [0.1, 0.0])]
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
        "problems",
    }
    assert wanted | {"verdict"} <= set(data)
    per_arm = {"name", "params", "train_flops", "infer_flops", "seconds", "values"}
    assert all(per_arm <= set(entry) for entry in data["arms"])
    assert data["arms"][0]["values"] == {"0": 1.0, "1": 0.9}
    assert "supported" in shown["text/plain"]
    assert data["problems"] == 10
    assert "ours beats theirs" in shown["text/html"]
    assert "2 seeds, 10 test problems" in shown["text/html"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"margin": -0.1}, "margin must be 0 or more, not -0.1"),
        ({"problems": 0}, "needs 1 test problem or more, not 0"),
        ({"controls": ()}, "needs at least one control"),
        ({"controls": ("small", "ours")}, "none may be the treatment"),
    ],
)
def test_a_claim_that_cannot_be_judged_is_refused(change, words):
    with pytest.raises(ValueError, match=f"^claim 99-test: .*{words}"):
        replace(CLAIM, **change)
