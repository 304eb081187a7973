"""Chapter 03: the rates of its plain nets are the best of their recorded search, and no net of the search is ahead."""

import pytest

from recurse_lab.chapters.ch03_tiny_recursive_model.arms import EQUAL
from recurse_lab.chapters.ch03_tiny_recursive_model.rates import IN_USE, MORE, SEARCHED
from recurse_lab.experiments.group_products.rates import scores
from recurse_lab.experiments.sudoku.rates import validate
from recurse_lab.records.record import load_reference
from recurse_lab.records.store import reference_path
from recurse_lab.workbook.start import ROOT

ALIKE = 0.02  # of 200 puzzles: four, less than one seed can tell apart


@pytest.fixture(scope="module")
def table():
    runs = {}
    for record in load_reference(reference_path(ROOT / "data", validate)):
        runs.setdefault(record.arm, {})[record.seed] = record
    return scores(runs)


@pytest.mark.parametrize("name", IN_USE)
def test_the_rate_in_use_is_the_best_of_the_search(name, table):
    tried = table[f"{name}, post-norm"]
    rate = EQUAL[name].plan.rate
    assert tried[rate] == max(tried.values())
    if tried[rate] > 0:  # the wide blocks solve nothing at any rate
        assert min(tried) < rate < max(tried)


def test_every_net_of_the_search_was_tried(table):
    assert table.keys() >= SEARCHED.keys()


def test_nets_that_are_not_in_use_were_not_clearly_ahead(table):
    used = max(max(table[f"{name}, post-norm"].values()) for name in IN_USE)
    for name in MORE:
        assert max(table[f"{name}, post-norm"].values()) <= used
    deep = [max(table[f"narrow_deep, {norm}-norm"].values()) for norm in ("pre", "post")]
    assert abs(deep[0] - deep[1]) <= ALIKE


def test_arms_without_a_search_have_the_rate_of_a_like_net():
    assert EQUAL["narrow"].plan.rate == MORE["narrow_compute"].plan.rate
    assert EQUAL["narrow_deep_end"].plan.rate == EQUAL["narrow_deep"].plan.rate
