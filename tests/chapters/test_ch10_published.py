"""Published numbers of chapter 10 stand beside ours, and its claims name arms that are recorded."""

from recurse_lab.chapters.ch10_compositionality.arms import EXPRESSIONS, LOOKUP, RECORDED
from recurse_lab.chapters.ch10_compositionality.claims import TESTED
from recurse_lab.chapters.ch10_compositionality.published import ROUTER, router, scan


def test_published_and_own_shares_stand_side_by_side():
    rows = router({"LSTM": 1.0, "universal, relative": 0.363})
    assert list(rows) == list(ROUTER)
    assert rows["LSTM"]["ours, forward, %"] == rows["LSTM"]["published, forward, %"] == 100
    assert rows["universal, relative"]["ours, forward, %"] == 36.3
    assert rows["universal"]["ours, forward, %"] == ""
    split = scan({"relative": {"length": 0.125}})
    assert split["ours: relative"] == {"add jump, %": "", "length, %": 12.5}
    assert split["MLC"]["length, %"] == 0
    assert len(split) == 6


def test_claims_are_about_recorded_arms_on_five_seeds():
    assert [len(one.arms) for one in RECORDED] == [11, 8, 18]
    for tested, arms in zip(TESTED, (EXPRESSIONS, LOOKUP), strict=True):
        assert tested.claim.recorded
        assert set(tested.claim.arms) < set(arms)
        assert tested.seeds == 5
    assert "tree_gru" in TESTED[0].claim.arms  # its order of evaluation is given
    assert "gru" not in TESTED[1].claim.arms  # it reads the row in that order: beside the claim
