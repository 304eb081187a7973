"""Chapter 06: claims name arms that exist, metrics are those stated, and one net is compared on two kinds of lists."""

from dataclasses import replace

import pytest

from recurse_lab.chapters.ch06_memorized_subgraphs import claims
from recurse_lab.chapters.ch06_memorized_subgraphs.arms import LINE, PLAIN, TREE, TREE_ABLATIONS, USUAL
from recurse_lab.chapters.ch06_memorized_subgraphs.rates import LINE_NETS, TAKEN, TREE_NETS, TREE_TAKEN
from recurse_lab.experiments.line_program import tables as lines
from recurse_lab.experiments.tree_program import tables as trees
from recurse_lab.models.data_router import DataRouter
from recurse_lab.records.record import Record
from recurse_lab.train.objectives.every_step import EveryStep

COSTS = {"params": 10, "train_flops": 1.0, "infer_flops": 1.0, "train_seconds": 1.0}
NAMES = ("6", "8", "12", "15", "16", "24", "novel", "hard")


def record(arm, seed, **values):
    named = dict.fromkeys(("digest", "commit", "lock", "machine", "command", "config", "trial"), "")
    return Record(arm=arm, seed=seed, versions={}, seconds=1.0, values=COSTS | values, **named)


def line_runs(arm, shares):
    exact = dict(zip(NAMES, shares, strict=True))
    errors = {"local": [0.0, 0.5], "correct": [1.0, 0.5]}
    return {
        seed: record(arm, seed, exact=exact, twice={}, errors=errors, curve={"accuracy": [0.5, seed]})
        for seed in range(2)
    }


LINE_RESULTS = {"plain_4": line_runs("plain_4", (1.0, 0.9, 0.6, 0.5, 0.3, 0.1, 0.9, 0.2))}


def test_metrics_are_those_that_the_claims_state():
    run = LINE_RESULTS["plain_4"][0]
    assert lines.long_right(run) == pytest.approx((0.5 + 0.1) / 2)
    assert lines.beyond_right(run) == pytest.approx((0.9 + 0.6 + 0.3) / 3)
    assert lines.novel_right(run) == 0.9
    assert lines.right_at(16, run) == 0.3
    tree = record("tree_loop", 0, exact={"16": 0.9, "24": 0.7, "40": 0.5, "64": 0.2})
    assert trees.right_at_two_and_three(tree) == pytest.approx(0.8)
    assert trees.right_at_five_and_eight(tree) == pytest.approx(0.35)


def test_one_net_is_compared_on_novel_and_on_longer_lists():
    (tested,) = (one for one in claims.TESTED if one.claim is claims.SIZE)
    novel, longer = tested.measure(LINE_RESULTS)
    assert (novel.name, set(novel.values.values())) == ("novel", {0.9})
    assert (longer.name, set(longer.values.values())) == ("longer", {0.6})
    assert tested.judge(LINE_RESULTS).effect.mean == pytest.approx(0.3)


def test_every_claim_can_be_judged_again_and_rests_on_records_of_five_seeds():
    ids = [tested.claim.id for tested in claims.TESTED]
    assert len(set(ids)) == 7
    for tested in claims.TESTED:
        assert tested.claim.recorded
        assert tested.seeds == 5
        assert set(tested.arms) <= set(LINE | TREE)
    assert set(claims.TREES.controls) == set(TREE) - {"tree_loop"}


def test_controls_have_the_same_signal_and_the_usual_net_has_less():
    loop = LINE["loop"]
    for name in (*PLAIN, "gru"):
        assert (LINE[name].questions, LINE[name].plan.steps, LINE[name].batch) == (
            2,
            loop.plan.steps,
            loop.batch,
        )
    assert all(isinstance(arm.signal, EveryStep) for arm in PLAIN.values())
    usual = USUAL["plain_4_usual"]
    assert (usual.questions, usual.signal.steps) == (1, 8)
    assert usual.model == replace(PLAIN["plain_4"].model, questions=1, classes=2)
    DataRouter(usual.model)


def test_the_search_covers_every_net_once():
    assert set(LINE) - set(LINE_NETS) == {*TAKEN, "memorizer"}
    assert set(TREE | TREE_ABLATIONS) - set(TREE_NETS) == set(TREE_TAKEN)
    assert all(near in LINE_NETS for near in TAKEN.values())


def test_tables_of_lists_are_means_over_seeds():
    arms = {"plain_4": LINE["plain_4"]}
    label = arms["plain_4"].label
    assert lines.by_size(LINE_RESULTS, arms)[label] == pytest.approx(
        {6: 1.0, 8: 0.9, 12: 0.6, 15: 0.5, 16: 0.3, 24: 0.1}
    )
    assert lines.cost_of_novelty(LINE_RESULTS, "plain_4") == pytest.approx({0: 0.1, 1: 0.1})
    assert lines.costs(LINE_RESULTS, arms)[label]["novel"] == pytest.approx(0.9)
    assert lines.kinds_by_depth(LINE_RESULTS, "plain_4")["local"] == [0.0, 0.5]
    assert lines.every_seed(LINE_RESULTS, arms, "hard") == {label: {"seed 0": 0.2, "seed 1": 0.2}}
    assert lines.curves(LINE_RESULTS, arms) == {label: [[0.5, 0], [0.5, 1]]}


def test_tables_of_trees_weigh_heights_by_their_nodes():
    def settled(seed, heights, taken, nodes):
        settling = {
            "heights": heights,
            "taken": taken,
            "gains": taken,
            "nodes": nodes,
            "correlation": seed / 2,
        }
        exact = {"16": 1.0, "24": seed / 2}
        return record("tree_loop", seed, exact=exact, later={"2": exact}, settling=settling)

    results = {"tree_loop": {0: settled(0, [0, 1], [1.0, 3.0], [4, 2]), 1: settled(1, [0], [2.0], [12])}}
    assert trees.settling_by_height(results, "tree_loop")["gains"] == pytest.approx({0: 1.75, 1: 3.0})
    assert trees.correlations(results, "tree_loop") == {0: 0.0, 1: 0.5}
    assert trees.by_size(results, TREE)[TREE["tree_loop"].label] == pytest.approx({16: 1.0, 24: 0.25})
    assert trees.later(results, "tree_loop")["2 n"] == pytest.approx({16: 1.0, 24: 0.25})
    assert trees.costs(results, TREE)[TREE["tree_loop"].label]["24 nodes"] == pytest.approx(0.25)
