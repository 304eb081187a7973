"""Prefix products and text: trials of a few steps, nets of equal size, own tests, and the search for rates."""

from dataclasses import replace

import pytest
import torch

from recurse_lab.chapters.ch05_deep_and_thin.arms import BLOCKS, SHAPES, SHARED, TEXT
from recurse_lab.experiments.group_products import arm as groups
from recurse_lab.experiments.group_products import inside, rates
from recurse_lab.experiments.group_products import scores as group_scores
from recurse_lab.experiments.group_products.trial import build, restore, trial
from recurse_lab.experiments.text import arm as texts
from recurse_lab.experiments.text import inside as text_inside
from recurse_lab.experiments.text import scores as text_scores
from recurse_lab.experiments.text.trial import restore as restore_text
from recurse_lab.experiments.text.trial import trial as text_trial
from recurse_lab.measure.cost import parameters
from recurse_lab.models.gru import GRUConfig
from recurse_lab.models.mobile_llm import MobileLLM, weights_of
from recurse_lab.records.record import Record
from recurse_lab.tasks.group_products import GroupProducts


def record(arm, seed, **values):
    named = dict.fromkeys(("digest", "commit", "lock", "machine", "command", "config", "trial"), "")
    return Record(arm=arm, seed=seed, versions={}, seconds=1.0, values=values, **named)


@pytest.mark.parametrize("name", ["two", "shared_over", "gru"])
def test_a_trial_on_products_is_whole_and_its_net_comes_back(name):
    arm = groups.at_profile(BLOCKS, "smoke")[name]
    values, weights = trial(arm, 3)
    net = restore(arm, weights)
    assert group_scores.accuracy(arm, net, 3)["exact"] == values["exact"]
    assert len(values["by_position"]) == arm.elements
    assert sum(values["by_position"]) / arm.elements == pytest.approx(values["cells"])
    assert len(values["changes"]) == arm.model.applications
    assert values["by_depth"]["cells"][-1] == pytest.approx(values["cells"])
    assert values["params"] == parameters(net)
    with pytest.raises(ValueError, match=f"^these weights are not those of {BLOCKS['one'].label}: Error"):
        restore(groups.at_profile(BLOCKS, "smoke")["one"], weights)


def test_a_trial_on_text_is_whole_and_its_net_comes_back():
    arm = texts.at_profile(TEXT, "smoke")["text_shared"]
    values, weights = text_trial(arm, 3)
    net = restore_text(arm, weights)
    assert text_scores.accuracy(arm, net, 3)["bits"] == pytest.approx(values["bits"])
    assert values["by_depth"]["bits"][-1] == values["bits"] < 9
    assert len(values["text"]) == 64
    assert text_inside.bits_by_depth(arm, net, 3) == pytest.approx(values["by_depth"]["bits"])
    said = text_inside.readings(net, text_scores.windows(arm, "test", 3), arm.model.applications)
    assert [len(text) for text in said] == [arm.context] * 9
    assert text_inside.shown([10, 72, 105, 200]) == "·Hi·"


def test_arms_that_are_called_equal_are_equal():
    for arms, weights in ((SHAPES | SHARED, groups.WEIGHTS), (TEXT, texts.WEIGHTS)):
        for arm in arms.values():
            assert weights_of(arm.model) == pytest.approx(weights, rel=0.01)
    flops = {name: group_scores.cost(arm, build(arm), arm.plan.steps) for name, arm in BLOCKS.items()}
    apart = {name: flops[name]["train_flops"] / flops["four"]["train_flops"] for name in BLOCKS}
    assert all(apart[name] == pytest.approx(1, rel=0.1) for name in SHAPES if name != "sixteen")
    assert apart["shared"] == pytest.approx(2, rel=0.01)
    assert apart["shared_half"] == pytest.approx(1, rel=0.01)
    assert flops["gru"]["params"] == 1830


def test_counted_flops_are_those_of_the_formula():
    arm = groups.GroupArm(label="", model=GRUConfig(), plan=groups.plan(1e-3, 10), batch=4)
    gates, head = 2 * 3 * 2 * 16 * 16, 2 * 16 * 6  # input and state, three gates
    assert group_scores.cost(arm, build(arm), 10)["infer_flops"] == 8 * (gates + head)


def test_each_seed_draws_its_own_rows_and_windows():
    arm = SHAPES["one"]
    one, same, other = (group_scores.rows(arm, "test", seed).inputs for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert len(one) == arm.test == 512
    assert len(torch.unique(one, dim=0)) > 500
    windows = [text_scores.windows(TEXT["text_one"], "test", seed).inputs for seed in (0, 1)]
    assert not torch.equal(*windows)


def test_views_inside_follow_a_net_that_is_right_up_to_some_position():
    arm = groups.at_profile(BLOCKS, "smoke")["two"]
    net = MobileLLM(arm.model)
    right = inside.right_by_depth(arm, net, 0)
    assert right.shape == (3, arm.elements)
    assert inside.reached(torch.tensor([[1, 0.95, 0.5, 1], [0.2, 1, 1, 1], [1, 1, 1, 0.9]]).numpy()) == [
        2,
        0,
        4,
    ]
    batch = inside.one_row(arm, 0)
    assert GroupProducts().verify(*batch).all()
    answers = inside.answers_by_depth(net, batch, 2)
    assert [len(row) for row in answers] == [arm.elements] * 3
    found = inside.updates(arm, net, 0)
    assert len(found.changes) == 2
    assert found.alignments[0][0] == pytest.approx(1, abs=1e-5)


def test_the_search_goes_beyond_an_edge_and_takes_the_best_mean():
    score = {
        ("a", 1): (0.2, 0.2),
        ("a", 2): (0.5, 0.7),
        ("a", 4): (0.9, 0.0),
        ("b", 1): (0.1, 0.1),
        ("b", 2): (0.4, 0.4),
    }
    found = {
        f"{name} at {rate:g}": {seed: record("", seed, score=each) for seed, each in enumerate(by_seed)}
        for (name, rate), by_seed in score.items()
    }
    assert rates.best_rates(found) == {"a": 2, "b": 2}
    assert rates.beyond_the_edge(found, "a") == set()
    assert rates.beyond_the_edge(found, "b") == {4}
    lowest = {name: runs for name, runs in found.items() if name != "b at 2"}
    lowest["b at 2"] = {0: record("", 0, score=0.0)}
    assert rates.beyond_the_edge(lowest, "b") == {0.5}
    tried = rates.at_rates({"one": SHAPES["one"]}, {"one": {1e-3, 2e-3}})
    assert {name: arm.plan.rate for name, arm in tried.items()} == {
        "one at 0.001": 1e-3,
        "one at 0.002": 2e-3,
    }
    assert replace(tried["one at 0.001"], plan=SHAPES["one"].plan) == SHAPES["one"]
