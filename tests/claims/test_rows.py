"""Several judgments in one table: a row each, and all of them for the report."""

from dataclasses import replace
from types import SimpleNamespace

from recurse_lab.claims.arms import ArmResult
from recurse_lab.claims.claim import Claim
from recurse_lab.claims.rows import Rows
from recurse_lab.claims.verdict import MIMETYPE, judge
from recurse_lab.workbook.report import collect_claims

CLAIM = Claim(
    id="99-test",
    chapter="99",
    statement="ours < theirs",
    source="this test",
    published="nothing",
    metric="share",
    treatment="ours",
    controls=("theirs",),
    margin=0.1,
    problems=100,
)


def arm(name, share):
    costs = {"params": 1, "train_flops": 1.0, "infer_flops": 1.0, "seconds": 1.0}
    return ArmResult(name=name, label=name, values=dict.fromkeys(range(5), share), **costs)


def test_rows_show_every_judgment_and_hand_it_to_the_report():
    arms = [arm("ours", 0.9), arm("theirs", 0.2)]
    claims = [CLAIM, replace(CLAIM, id="99-other", treatment="theirs", controls=("ours",))]
    rows = Rows([judge(claim, arms) for claim in claims])
    shown = rows._repr_mimebundle_()
    assert shown["text/html"].count("<tr>") == 3
    assert "ours &lt; theirs" in shown["text/html"]
    assert [word in shown["text/html"] for word in (">supported<", ">contradicted<")] == [True, True]
    cell = {
        "cell_type": "code",
        "outputs": [{"data": shown}, {"data": judge(CLAIM, arms)._repr_mimebundle_()}],
    }
    notebook = SimpleNamespace(cells=[cell])
    assert [claim["id"] for claim in collect_claims(notebook)] == ["99-test", "99-other", "99-test"]
    assert shown[MIMETYPE][1]["verdict"] == "contradicted"
