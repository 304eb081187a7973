"""The chapters' claims are judged again with the arms, seeds and test problems of their committed verdicts."""

from dataclasses import replace
from inspect import signature

import pytest

from recurse_lab.claims import tested
from recurse_lab.claims.claim import Claim
from recurse_lab.commands.verify import claims_in, committed_claims
from recurse_lab.experiments.completions.arm import CompletionArm
from recurse_lab.experiments.expressions.arm import ExpressionArm
from recurse_lab.experiments.function_calls.arm import CallArm
from recurse_lab.experiments.group_products.arm import GroupArm
from recurse_lab.experiments.iterates.arm import IterateArm
from recurse_lab.experiments.line_program.arm import LineArm
from recurse_lab.experiments.prefix_sums.arm import LOOPED
from recurse_lab.experiments.prefix_sums.halting import compare_rules
from recurse_lab.experiments.prefix_sums.trial import HALTING_LENGTHS
from recurse_lab.experiments.self_training.arm import SelfTrainingArm
from recurse_lab.experiments.sudoku.arm import SudokuArm
from recurse_lab.experiments.sudoku.choosing import ChoosingArm
from recurse_lab.experiments.sudoku.trial import trial
from recurse_lab.experiments.table_lookup.arm import TableArm
from recurse_lab.experiments.text.arm import TextArm
from recurse_lab.experiments.tree_program.arm import TreeArm
from recurse_lab.records.record import Record
from recurse_lab.records.store import read_reference
from recurse_lab.workbook.execute import find_chapters
from recurse_lab.workbook.start import ROOT

COMMITTED = committed_claims(find_chapters().values())
TESTED = {one.claim.id: one for number in find_chapters() for one in claims_in(number)}
RECORDED = [name for name, one in TESTED.items() if one.claim.recorded]

# How many sizes of test problems the metric of a claim averages; at 64 nodes there are half as many trees.
SIZES = {"06-line-gru": 2, "06-line-loop": 2, "06-memorizer": 3, "06-signal": 3, "06-size": 1, "06-trees": 2}
SIZES |= {"06-trees-far": 1.5, "10-expressions": 2, "10-lookup": 5, "10-gate": 5}

CLAIM = Claim(
    id="99-test",
    chapter="99",
    statement="ours beats theirs",
    source="this test",
    published="nothing",
    metric="share",
    treatment="ours",
    controls=("theirs",),
    margin=0.1,
    problems=10,
    recorded=True,
)


class Named:
    label = "a net"


def record(arm, seed, share):
    words = dict.fromkeys(("trial", "config", "digest", "commit", "lock", "machine", "command"), "")
    costs = dict.fromkeys(("params", "train_flops", "infer_flops", "train_seconds"), 1)
    return Record(arm=arm, seed=seed, versions={}, seconds=0.0, values={"share": share} | costs, **words)


def test_a_recorded_claim_is_judged_anew_on_live_runs_of_its_own_arms():
    arms = {name: Named() for name in ("ours", "theirs", "others")}
    one = tested.by_metric(CLAIM, trial, arms, lambda run: run.values["share"], seeds=2)
    assert set(one.arms) == {"ours", "theirs"}
    shares = {"ours": 0.9, "theirs": 0.2}
    judgment = one.judge({arm: {s: record(arm, s, share) for s in (7, 8)} for arm, share in shares.items()})
    assert (judgment.verdict, judgment.seeds) == ("supported", (7, 8))
    assert judgment.effect.mean == pytest.approx(0.7)
    assert not judgment.claim.recorded


def test_one_seed_is_too_few():
    with pytest.raises(ValueError, match=r"^claim 99-test: an interval needs 2 seeds or more, not 1$"):
        tested.by_metric(CLAIM, trial, {"ours": Named(), "theirs": Named()}, float, seeds=1)


def test_every_committed_claim_can_be_judged_anew_and_no_other():
    assert TESTED.keys() == COMMITTED.keys()
    assert len(TESTED) == 50
    assert all(name.startswith(f"{one.claim.chapter}-") for name, one in TESTED.items())


@pytest.mark.parametrize("name", TESTED)
def test_the_claim_is_the_committed_one_on_as_many_seeds(name):
    one, committed = TESTED[name], COMMITTED[name]
    assert one.seeds == len(committed["seeds"])
    for word in ("statement", "metric", "treatment", "margin"):
        assert getattr(one.claim, word) == committed[word]
    assert one.claim.recorded is committed.get("recorded", False)
    assert list(one.claim.controls) == committed["controls"]
    labels = {arm["name"]: arm["label"] for arm in committed["arms"]}
    # no trained arms: halting rules and ways to draw or to tune share one net; 06-size is about two kinds of lists,
    # 09-loops about one net before and after a round
    shared = name.startswith(("07-", "08-")) or name in ("06-size", "09-loops")
    if one.arms.keys() != {"looped"} and not shared:
        assert {arm: config.label for arm, config in one.arms.items()} == {
            arm: labels[arm] for arm in one.claim.arms
        }


@pytest.mark.parametrize("name", TESTED)
def test_committed_values_are_whole_numbers_of_the_claims_test_problems(name):
    arm = next(iter(TESTED[name].arms.values()))
    if isinstance(arm, CompletionArm):
        assert all(0 <= value <= 1 for one in COMMITTED[name]["arms"] for value in one["values"].values())
        return  # means of shares: boards differ in the number of their solutions
    if name == "09-facts":
        return  # a difference of two shares of legal draws, whose number differs
    # a share of bytes: every window has as many
    problems = TESTED[name].claim.problems * (arm.context if isinstance(arm, TextArm) else 1)
    problems = 512 if name == "06-trees-far" else problems  # a mean of 256 trees and of 128, each half of it
    shares = [value for arm in COMMITTED[name]["arms"] for value in arm["values"].values()]
    assert all(share * problems == pytest.approx(round(share * problems), abs=1e-6) for share in shares)


def problems_of(name, arm):
    """Test problems of a claim's size that an arm is measured on."""
    match arm:
        case SudokuArm():
            return arm.puzzles.test
        case ChoosingArm():
            return arm.net.puzzles.test
        case IterateArm() | CompletionArm() | ExpressionArm() | TableArm():
            return arm.problems * SIZES.get(name, 1)
        case GroupArm() | TextArm() | LineArm() | TreeArm() | CallArm():
            return arm.test * SIZES.get(name, 1)
        case SelfTrainingArm():
            return arm.boards.pool if arm.boards.facts else arm.boards.problems
    if name == "02-length":
        return LOOPED.strings // 8  # test problems of each length beyond 128 bits
    return signature(compare_rules).parameters["strings"].default * HALTING_LENGTHS


@pytest.mark.parametrize("name", TESTED)
def test_the_number_of_test_problems_is_that_of_the_arms(name):
    one = TESTED[name]
    assert {problems_of(name, arm) for arm in one.arms.values()} == {one.claim.problems}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_runs_give_the_committed_values(name):
    one = TESTED[name]
    runs = read_reference(ROOT / "data", one.trial, one.arms).results
    found = {arm.name: {str(seed): value for seed, value in arm.values.items()} for arm in one.measure(runs)}
    committed = {arm["name"]: arm["values"] for arm in COMMITTED[name]["arms"]}
    assert found == {arm: committed[arm] for arm in one.claim.arms}
    judged = one.judge(runs)
    assert judged.effect.mean == pytest.approx(COMMITTED[name]["effect"])
    assert replace(judged.claim, recorded=True) == one.claim


def test_the_halting_rules_are_measured_on_one_net():
    shares = {"residual": 0.9, "fixed": 0.5, "head": 0.7}
    run = record("looped", 3, 0.0)
    run.values.update(halting={"equal": shares}, exact={"16": {"104": 1.0}})
    for name in ("02-halting", "02-learned-halting"):
        arms = TESTED[name].measure({"looped": {3: run}})
        assert {arm.name: arm.values for arm in arms} == {rule: {3: share} for rule, share in shares.items()}
