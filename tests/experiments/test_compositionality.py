"""Table lookup, expressions and SCAN: short trials, arms alike where they should be, own tests, views inside."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Generator

from recurse_lab.chapters.ch10_compositionality import arms as chapter
from recurse_lab.chapters.ch10_compositionality import rates
from recurse_lab.experiments.expressions import inside
from recurse_lab.experiments.expressions import scores as tree_scores
from recurse_lab.experiments.expressions.rates import validate as validate_trees
from recurse_lab.experiments.expressions.trial import build as build_tree
from recurse_lab.experiments.scan import scores as scan_scores
from recurse_lab.experiments.scan.episodes import OWN, drawn_meanings, renamed, studied
from recurse_lab.experiments.scan.rates import validate as validate_scan
from recurse_lab.experiments.scan.sources import Windows
from recurse_lab.experiments.scan.trial import build as build_scan
from recurse_lab.experiments.table_lookup import scores as table_scores
from recurse_lab.experiments.table_lookup.rates import validate as validate_tables
from recurse_lab.experiments.table_lookup.trial import build as build_table
from recurse_lab.measure.cost import parameters
from recurse_lab.tasks.expression_trees import subtrees
from recurse_lab.tasks.expressions import Expressions
from recurse_lab.tasks.scan import END
from recurse_lab.tasks.scan_grammar import meaning
from recurse_lab.train.loop import seeded

TREES = chapter.expressions_at_profile(chapter.EXPRESSIONS | chapter.HARDER, "smoke")
TABLES = chapter.tables_at_profile(chapter.LOOKUP, "smoke")
SCAN = chapter.scan_at_profile(chapter.SCAN, "smoke")


@pytest.mark.parametrize("name", ["loop", "plain_6", "gru", "tree_gru", "root_only", "tokens", "gru_tokens"])
def test_a_trial_on_expressions_is_whole_and_its_net_comes_back(name):
    arm = TREES[name]
    values, weights = chapter.expression_trial(arm, 3)
    net = chapter.restore_expressions(arm, weights)
    again = tree_scores.accuracy(arm, net, 3)
    np.testing.assert_equal({key: values[key] for key in again}, again)
    assert values["beyond"] == pytest.approx(sum(values["roots"][2:]) / 2)
    assert len(values["by_height"]) == 7
    assert values["params"] == parameters(net)
    with pytest.raises(ValueError, match=f"^these weights are not those of {TREES['plain_12'].label}: Error"):
        chapter.restore_expressions(TREES["plain_12"], weights)


@pytest.mark.parametrize("name", ["router", "universal_absolute", "plain", "gru"])
def test_a_trial_on_tables_is_whole_and_its_net_comes_back(name):
    values, weights = chapter.table_trial(TABLES[name], 3)
    again = table_scores.accuracy(TABLES[name], chapter.restore_table(TABLES[name], weights), 3)
    assert {key: values[key] for key in again} == again
    assert values["beyond"] == pytest.approx(sum(values["by_functions"][4:]) / 5)


@pytest.mark.parametrize("name", ["length_relative", "jump_gru", "jump_episodes"])
def test_a_trial_on_scan_is_whole_and_its_net_comes_back(name):
    values, weights = chapter.scan_trial(SCAN[name], 3)
    again = scan_scores.accuracy(SCAN[name], chapter.restore_scan(SCAN[name], weights), 3)
    assert {key: values[key] for key in again} == again
    assert values["commands"] == 16


def test_each_seed_draws_its_own_problems():
    for one, other in (
        [tree_scores.trees(TREES["loop"], 3, "test", seed).inputs[..., 0] for seed in (0, 1)],
        [table_scores.rows(TABLES["router"], 6, "test", seed).inputs for seed in (0, 1)],
    ):
        assert one.shape != other.shape or not torch.equal(one, other)
    scan = [scan_scores.asked(chapter.SCAN["length_relative"], "test", seed) for seed in (0, 1)]
    assert scan[0] != scan[1]
    assert len(set(scan[0])) == 512


def test_arms_that_are_called_equal_are_equal():
    trees = {
        name: tree_scores.cost(arm, build_tree(arm), arm.plan.steps)
        for name, arm in chapter.EXPRESSIONS.items()
    }
    assert trees["gru"]["params"] == pytest.approx(trees["loop"]["params"], rel=0.25)
    for name, times in (("plain_12", 5.84), ("gru_5x", 5.59)):
        assert trees[name]["train_flops"] == pytest.approx(trees["loop"]["train_flops"], rel=0.15)
        assert trees[name]["params"] == pytest.approx(times * trees["loop"]["params"], rel=0.02)
    tables = {name: table_scores.cost(arm, build_table(arm), 1) for name, arm in chapter.LOOKUP.items()}
    assert tables["plain"]["params"] == pytest.approx(tables["router"]["params"], rel=0.15)
    assert tables["plain_7x"]["params"] == pytest.approx(7.2 * tables["router"]["params"], rel=0.1)
    assert tables["plain_7x"]["train_flops"] == pytest.approx(tables["router"]["train_flops"], rel=0.2)


def test_the_search_asks_validation_problems_and_names_every_arm():
    assert 0 <= validate_trees(TREES["loop"], 100)[0]["score"] <= 1
    assert 0 <= validate_tables(TABLES["router"], 100)[0]["score"] <= 1
    assert validate_scan(SCAN["length_relative"], 100)[0]["trained"] <= 1
    assert set(rates.TREES) | set(rates.TAKEN) == set(TREES)
    assert set(rates.COMMANDS) | set(rates.SCAN_TAKEN) == set(chapter.SCAN | chapter.SCAN_WHOLE)
    assert set(rates.SCAN_TAKEN.values()) <= set(rates.COMMANDS)


@pytest.mark.parametrize("name", ["length_relative", "length_gru"])
def test_exact_under_teacher_forcing_is_exact_in_greedy_decoding(name):
    arm = SCAN[name]
    with seeded(0):
        net = build_scan(arm)
    commands = Windows(arm, Generator().manual_seed(0)).ordered[:64]
    taught, batch = arm.task.encoded(commands[:32]), arm.task.encoded(commands)
    optimizer = torch.optim.AdamW(net.parameters(), lr=4e-3)
    for _ in range(40):
        optimizer.zero_grad()
        arm.objective(net, arm.task, taught, None, 0.0, Generator()).loss.backward()
        optimizer.step()
    decoded = scan_scores.greedy(net, arm.model.applications, batch.inputs[:, :9], batch.targets.shape[1])
    wholly = ((decoded == batch.targets) | (batch.targets < 0)).all(1)
    assert torch.equal(wholly, scan_scores.right(arm, net, commands))
    assert 0 < wholly.float().mean() < 1


def test_episodes_rename_verbs_and_hide_the_usual_meaning_of_jump():
    walk_is_jump = (3, 1, 2, 0)
    command = ("walk", "left", "and", "jump")
    assert renamed(meaning(command), walk_is_jump) == ("LEFT", "JUMP", "WALK")
    assert renamed(meaning(command), OWN) == meaning(command)
    assert len(studied(OWN)) == 9
    jump, length, g = chapter.SMALL_JUMP, chapter.SMALL_LENGTH, Generator().manual_seed(0)
    assert len({drawn_meanings(jump, "train", g) for _ in range(400)} - {OWN}) == 23
    assert OWN not in {drawn_meanings(jump, "train", g) for _ in range(400)}
    assert OWN in {drawn_meanings(length, "train", g) for _ in range(400)}
    assert drawn_meanings(jump, "test", g) == OWN
    arm = SCAN["jump_episodes"]
    drawn = Windows(arm, g).draw()
    assert (drawn.inputs[:, 18] == END).all()
    assert drawn.inputs.max() < arm.model.symbols


def test_windows_hold_commands_of_similar_length_and_a_tenth_of_jump():
    drawn = [Windows(chapter.SCAN["length_relative"], Generator().manual_seed(0)) for _ in range(2)]
    first, second = (source.draw().inputs for source in drawn)
    assert torch.equal(first, second)
    jump = Windows(chapter.SCAN["jump_relative"], Generator().manual_seed(0))
    rows = torch.cat([jump.draw().inputs[:, :9] for _ in range(30)])
    alone = torch.tensor([4] + [0] * 8)
    assert (rows == alone).all(1).float().mean() == pytest.approx(0.1, abs=0.03)
    assert ((rows == 4).any(1) == (rows == alone).all(1)).all()


def test_views_inside_follow_nodes_by_height():
    answers = torch.tensor([[[1, 2, 0]], [[1, 3, 5]], [[1, 2, 5]], [[1, 2, 5]]])
    assert inside.final_at(answers).tolist() == [[0, 2, 1]]
    arm = TREES["loop"]
    net = build_tree(arm)
    task, text = Expressions(seed=3), "(a (b 3 1) 5)"
    heights = tree_scores.heights(task.encoded([task.parse(text), task.parse("7")]).inputs)
    assert heights.tolist() == [[2, 1, 0, 0, 0], [0, -1, -1, -1, -1]]
    nodes = inside.one_expression(arm, net, text, 3, steps=6)
    assert [node.text for node in nodes] == [text, "(b 3 1)", "3", "1", "5"]
    assert [node.parent for node in nodes] == [-1, 0, 1, 1, 0]
    assert [node.value for node in nodes] == [task.evaluate(part) for part in subtrees(task.parse(text))]
    assert all(len(node.answers) == 7 and len(node.residual) == 6 for node in nodes)
    order = inside.evaluation_order(arm, net, 3, depth=3, steps=6)
    assert all(0 <= step <= 6 for step in order["mean"])
    right, residual = inside.right_by_height(arm, net, 3, depth=3, steps=6)
    assert right.shape == (4, 7)
    assert residual.shape == (4, 6)
    example = inside.example(arm, 3, 3)
    assert example == inside.example(arm, 3, 3)


def test_a_probe_reads_a_leaf_from_its_embedding_and_not_yet_an_operator():
    arm = replace(TREES["loop"], problems=64)
    with seeded(0):
        net = build_tree(arm)
    tables = inside.probes(arm, net, 3, depth=3, steps=2)
    own = tables["own value"]
    assert own.shape == (4, 3)
    assert own[0, 0] == 1
    assert own[3, 0] < 0.6
    assert np.isnan(tables["left argument"][0]).all()
