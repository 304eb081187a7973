"""Chapter 04: one change a row, at equal training compute; rates of the search; and what its tables count."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from recurse_lab.chapters.ch04_recursion_or_hierarchy import arms, by_hand, claims, views
from recurse_lab.chapters.ch04_recursion_or_hierarchy import rates as search
from recurse_lab.experiments.sudoku.arm import CARRIED, RECURSIVE, STEPS, TINY, Puzzles, smoke
from recurse_lab.experiments.sudoku.problems import pool, puzzles
from recurse_lab.experiments.sudoku.rates import validate
from recurse_lab.experiments.sudoku.scores import training_flops
from recurse_lab.experiments.sudoku.trial import build
from recurse_lab.measure.cost import forward_flops, parameters
from recurse_lab.nn.blocks import AttentionBlock
from recurse_lab.records.record import Record, load_reference
from recurse_lab.records.store import reference_path
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import CLASSES
from recurse_lab.train.loop import seeded
from recurse_lab.workbook.start import ROOT

EQUAL = arms.CLAIMED | arms.CHANGES | arms.LOOPS
SMOKE = {name: replace(arm, batch=8) for name, arm in smoke(EQUAL).items()}
L = 36


def record(arm, seed, **values):
    words = dict.fromkeys(("trial", "config", "digest", "commit", "lock", "machine", "command"), "")
    return Record(arm=arm, seed=seed, versions={}, seconds=0.0, values=values, **words)


def shares(arm, *solved):
    cost = {"params": 7, "train_flops": 1.0, "infer_flops": 2.0, "train_seconds": 1.0}
    return {seed: record(arm, seed, exact={"16": share}, **cost) for seed, share in enumerate(solved)}


@pytest.mark.parametrize(
    ("changes", "cycles", "blocks"),
    [
        ({}, 1, 18),  # 2 x 2 + 2 blocks, all with gradient
        ({}, 2, 6 + 18),
        ({"refinements": 1}, 1, 3 * 4),
        ({"refinements": 4}, 3, 2 * 10 + 30),
        ({"layers": (1, 2)}, 1, 3 * (2 + 2)),
        ({"layers": (1, 2)}, 2, 4 + 12),
        ({"gradient": "last"}, 1, 2 + 3 * 4),
        ({"gradient": "last", "layers": (2, 2)}, 2, 6 + 2 + 12),
        ({"gradient": "last", "layers": (3, 1), "refinements": 5}, 1, 4 * 3 + 3 * 4),
    ],
)
def test_blocks_paid_by_hand(changes, cycles, blocks):
    assert arms.blocks_paid(replace(TINY, **changes), cycles) == blocks


@pytest.mark.parametrize("name", EQUAL)
def test_blocks_paid_are_those_that_run(name):
    arm = SMOKE[name]
    model, paid = build(arm), []
    for part in model.modules():
        if isinstance(part, AttentionBlock):
            part.register_forward_hook(lambda *_: paid.append(3 if torch.is_grad_enabled() else 1))
    batch = Batch(*(part[:2] for part in pool(arm.puzzles, "train", 7)))
    outcome = arm.objective(model, CLASSES, batch, None, 0.0, torch.Generator().manual_seed(0))
    assert outcome.loss.requires_grad
    assert sum(paid) == arms.blocks_paid(arm.model, arm.cycles)


@pytest.mark.parametrize("name", EQUAL)
def test_arms_cost_the_same_training(name):
    arm = EQUAL[name]
    assert arm.plan.steps * arms.blocks_paid(arm.model, arm.cycles) == pytest.approx(STEPS * 18, rel=0.01)
    assert (arm.batch, arm.puzzles) == (RECURSIVE.batch, Puzzles())
    assert arm.plan == replace(RECURSIVE.plan, steps=arm.plan.steps, rate=arm.plan.rate)
    if name not in search.SEARCHED:
        assert arm.plan.rate == RECURSIVE.plan.rate
    if name not in ("hrm", "one_step"):  # in these, biases are a part of the graph too
        board = torch.zeros(1, L, dtype=torch.int64)
        paid = [
            each.plan.steps * training_flops(each, forward_flops(build(each), board))
            for each in (arm, RECURSIVE)
        ]
        assert paid[0] == pytest.approx(paid[1], rel=0.05)


def test_every_row_but_hrms_form_changes_one_thing():
    base = arms.CLAIMED["recursive"]
    assert base is RECURSIVE
    for name, changes in {
        "two_networks": {"layers": (2, 2)},
        "one_step": {"gradient": "last"},
        "one_latent": {"latents": 1},
    }.items():
        assert EQUAL[name].model == replace(TINY, **changes)
        assert EQUAL[name].objective == CARRIED
    for name, changes in {
        "no_carry": {"max_age": 1},
        "loops_2": {"max_age": 2},
        "loops_4": {"max_age": 4},
        "two_cycles": {"cycles": 2},
    }.items():
        assert EQUAL[name].model == TINY
        assert EQUAL[name].objective == replace(CARRIED, **changes)
    hrm = EQUAL["hrm"]  # networks, gradient and cycles
    plain = {**vars(TINY), "layers": (2, 2), "gradient": "last"}
    assert vars(hrm.model) == plain
    assert hrm.objective == replace(CARRIED, cycles=2)
    assert len({arm.label for arm in EQUAL.values()}) == len(EQUAL)


def test_two_networks_have_twice_the_weights():
    sizes = {name: parameters(build(arms.CLAIMED[name])) for name in ("recursive", "hrm", "two_networks")}
    assert sizes["hrm"] == sizes["two_networks"] == pytest.approx(2 * sizes["recursive"], rel=0.05)


def test_long_runs_are_those_of_the_claim_for_longer():
    for name in ("recursive", "hrm"):
        short, long = arms.CLAIMED[name], arms.LONG_RUNS[f"{name}_long"]
        assert (long.plan.steps, long.plan.decay_last) == (2_000, 0.3)
        plan = replace(long.plan, steps=short.plan.steps, decay_last=0.0)
        assert replace(long, plan=plan) == short
    cost = [
        arms.blocks_paid(arms.CLAIMED[name].model, arms.CLAIMED[name].cycles) for name in ("hrm", "recursive")
    ]
    assert cost[0] / cost[1] == pytest.approx(1 + 1 / 9)  # as the text says


# Claims


def test_claims_compare_the_recursive_net_on_ten_seeds():
    for one in claims.TESTED:
        assert one.claim.treatment == "recursive"
        assert one.seeds == 10
        assert one.claim.recorded
    assert [one.claim.margin for one in claims.TESTED] == [0, 0, 0.25]


def test_the_chapter_says_what_the_verdicts_say():
    for sentences in claims.SENTENCES.values():
        assert set(sentences) == {"supported", "inconclusive", "contradicted"}
    results = {
        "recursive": shares("recursive", *(0.9, 0.91) * 5),
        "two_networks": shares("two_networks", *(0.91, 0.9) * 5),
        "no_carry": shares("no_carry", *(0.1, 0.12) * 5),
    }
    judged = claims.judged(results)
    assert [one.verdict for one in judged.values()] == ["inconclusive", "supported"]
    said = claims.believed(judged.values())
    assert said == f"{claims.ROLES['inconclusive']} {claims.CARRIED_ON['supported']}"
    assert claims.believed(claims.judged(results, words=False).values()) == ""


def test_what_long_runs_add_depends_on_every_seed():
    said = [claims.longer(leads) for leads in ([-0.05, -0.01], [-0.01, 0.05, 0.02], [0.05, 0.01])]
    assert "still ahead on every seed, by 0.03" in said[0]
    assert "from seed to seed (HRM's form +0.02" in said[1]
    assert "*ahead* on every seed, by 0.03" in said[2]
    assert all("After 2,000 steps" in one for one in said)
    assert "on 3 seeds" in said[1]


# Rates


def test_rates_in_question_are_those_near_the_best_if_there_are_several():
    tried = {"a at 0.002": 0.5, "a at 0.004": 0.9, "a at 0.008": 0.69, "b at 0.002": 0.8, "b at 0.004": 0.84}
    found = {name: {100: record(name, 100, score=share)} for name, share in tried.items()}
    assert search.in_question(found) == {"b": {2e-3, 4e-3}}
    assert search.best(found) == {"a": 4e-3, "b": 4e-3}
    for name, share in {"b at 0.002": 0.9, "b at 0.004": 0.8}.items():
        found[name][101] = record(name, 101, score=share)
    assert search.best(found) == {"a": 4e-3, "b": 2e-3}


def test_every_searched_rate_in_use_is_the_best_of_the_recorded_search():
    found = {}
    for one in load_reference(reference_path(ROOT / "data", validate)):
        if one.arm.split(" at ")[0] in search.SEARCHED:
            found.setdefault(one.arm, {})[one.seed] = one
    assert len(found) == 9
    assert search.best(found) == {name: arms.CLAIMED[name].plan.rate for name in search.SEARCHED}
    assert set(search.in_question(found)) <= {
        n.split(" at ")[0] for n, runs in found.items() if len(runs) == 2
    }
    assert {seed for runs in found.values() for seed in runs} <= {100, 101}


# Tables


def test_changes_stand_beside_the_base_on_the_same_seeds_and_beside_published_figures():
    results = {"recursive": shares("recursive", 0.5, 0.75, 1.0), "hrm": shares("hrm", 0.25, 0.5)}
    table = views.changes(results, arms.CLAIMED, "recursive")
    base, hrm = (table[arms.CLAIMED[name].label] for name in results)
    assert (base["minus base [95 %]"], base["published, %"]) == ("–", "87.4")
    assert hrm["minus base [95 %]"].startswith("-0.250 [")
    assert views.minus(results, "hrm", "recursive") == -0.25
    assert (hrm["boards solved"], hrm["least"], hrm["most"], hrm["seeds"]) == (0.375, 0.25, 0.5, 2)
    assert (hrm["weights"], hrm["published, %"]) == (7, "55.0")


def test_rows_lie_apart_only_if_all_seeds_do():
    results = {
        "recursive": shares("recursive", 0.5, 0.5),
        "hrm": shares("hrm", 0.4, 0.3),
        "two_networks": shares("two_networks", 0.6, 0.4),
        "no_carry": shares("no_carry", 0.6),
    }
    label = {name: arms.CLAIMED[name].label for name in results}
    assert views.apart(results, arms.CLAIMED, "recursive") == {
        "below": [label["hrm"]],
        "above": [label["no_carry"]],
        "overlapping": [label["two_networks"]],
    }


def nets():
    with seeded(1):
        return {name: build(SMOKE[name]).eval() for name in ("recursive", "hrm")}


def test_every_board_is_settled_or_moving_and_right_or_wrong():
    batch = puzzles(SMOKE["hrm"], "test", 0)
    rows = views.settled_rows(SMOKE, nets(), batch, 3)
    assert [sum(row.values()) for row in rows.values()] == [len(batch.inputs)] * 2
    moved = views.moved_by_step(SMOKE["hrm"], nets()["hrm"], batch.inputs, 3)[-1]
    row = rows[SMOKE["hrm"].label]
    assert row["settled and right"] + row["settled and wrong"] == (moved < views.SETTLED).sum()


def test_networks_are_exchanged_in_a_copy():
    net, arm = nets()["hrm"], SMOKE["hrm"]
    batch = puzzles(arm, "test", 0)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    found = views.swapped(arm, net, batch)
    assert list(found) == [
        "as trained",
        "exchanged",
        "the fast one in both roles",
        "the slow one in both roles",
    ]
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    net.nets[1].load_state_dict(net.nets[0].state_dict())
    assert len(set(views.swapped(arm, net, batch).values())) == 1


def test_gradients_point_the_same_way_where_nothing_is_cut():
    arm, net = SMOKE["one_step"], nets()["recursive"]
    single = replace(arm, model=replace(arm.model, refinements=1))
    batch = views.some(arm, 0, 8)
    with seeded(2):
        short = build(single).eval()
    rows = views.angles({"a": single}, {"a": short}, batch, 0, (1, 3))
    assert [round(cosine, 5) for row in rows.values() for cosine in row.values()] == [1.0] * 4
    rows = views.angles({"a": SMOKE["recursive"]}, {"a": net}, batch, 0, (2,))
    assert all(-1 <= row["step 2"] < 0.999 for row in rows.values())


def test_the_arc_task_is_shown_whole_without_the_answer():
    task = views.chosen(arms.ARC)[0]
    shown, asked = by_hand.arc_example(task)
    assert len(shown) == 2 * len(task.demonstrations)
    assert [title for title, _ in asked] == ["test: input"]
    assert np.array_equal(asked[0][1], task.tests[0].input)


def test_published_figures_are_of_arms_that_exist():
    assert views.PUBLISHED.keys() <= EQUAL.keys()
