"""Chapter 10: its tables by hand, and what its text says of the splits."""

import pytest

from recurse_lab.chapters.ch10_compositionality import arms, splits, views
from recurse_lab.experiments.expressions.trial import build
from recurse_lab.measure.cost import parameters
from recurse_lab.records.record import Record


def scored(exact):
    """A record that holds the share of commands right, and nothing else."""
    blank = dict.fromkeys(("trial", "arm", "config", "digest", "commit", "lock", "machine", "command"), "")
    return Record(**blank, seed=0, versions={}, seconds=0.0, values={"exact": exact})


def test_test_expressions_are_new_wholes_of_known_parts():
    rows = splits.split_rows(3)
    assert {row["seen as a whole"] for row in rows.values()} == {0}
    assert {row["its parts of depth 1 seen"] for row in rows.values()} == {1}
    assert rows["depth 6"]["nodes (mean)"] == pytest.approx(36, abs=1.5)  # as the predictions say


def test_the_text_says_what_the_arms_are():
    weights = {name: parameters(build(arms.EXPRESSIONS[name])) for name in ("loop", "plain_24")}
    assert {name: round(count, -3) for name, count in weights.items()} == {
        "loop": 21_000,
        "plain_24": 247_000,
    }
    assert {arm.plan.steps for arm in (arms.EXPRESSIONS | arms.HARDER).values()} == {1200}
    assert {arm.batch for arm in arms.EXPRESSIONS.values()} == {64}
    router = arms.LOOKUP["router"]
    assert (round(256 / router.model.width), 30_000 // router.plan.steps) == (5, 25)
    assert arms.SCAN["jump_episodes"].plan.steps == 2 * arms.SCAN["jump_relative"].plan.steps


def test_every_net_of_scan_has_one_row_with_all_its_splits():
    runs = {name: {0: scored(0.25)} for name in arms.SCAN}
    runs["jump_looped"][1] = scored(0.75)
    rows = views.scan_rows(runs, arms.SCAN)
    assert len(rows) == 6
    assert rows["looped, relative places"]["with jump"] == "0.500 (0.250 to 0.750, 2 seeds)"
    assert rows["absolute places"] == {"longer": "0.250 (1 seed)", "with jump": "0.250 (1 seed)"}
    runs |= {name: {0: scored(0.25)} for name in arms.SCAN_WHOLE}
    rows = views.scan_rows(runs, arms.SCAN | arms.SCAN_WHOLE)
    assert [list(row.values()).count("not run") for row in rows.values()] == [0, 2, 2, 2, 2, 2]


def test_commands_are_shown_with_their_side_of_each_split():
    rows = views.commands_shown()
    assert rows["jump"]["jump"] == "training"
    assert rows["jump twice"] == {
        "actions": "JUMP JUMP",
        "longer (whole grammar)": "training",
        "jump": "test",
    }
    assert {row["longer (whole grammar)"] for row in rows.values()} == {"training", "test"}


def test_nodes_are_drawn_with_their_answers_by_step():
    nodes = [
        views.Node("(a 1 2)", "a", -1, 7, 1, [0, 7], 1, [0.5]),
        views.Node("1", "1", 0, 1, 0, [1, 1], 0, [0.5]),
    ]
    parents, names, values, answers = views.drawn(nodes)
    assert (parents, names, values, answers.tolist()) == ([-1, 0], ["a", "1"], [7, 1], [[0, 1], [7, 1]])
