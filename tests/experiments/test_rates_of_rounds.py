"""Chapter 09: the rates of the rounds are as good as the best of its recorded search."""

import pytest

from recurse_lab.chapters.ch09_generation_verification_gap import arms
from recurse_lab.chapters.ch09_generation_verification_gap.rates import SEARCHED
from recurse_lab.experiments.group_products.rates import scores
from recurse_lab.experiments.self_training.rates import SEEDS, validate
from recurse_lab.records.record import load_reference
from recurse_lab.records.store import reference_path
from recurse_lab.workbook.start import ROOT

ALIKE = 0.02  # of the boards: less than two seeds can tell apart


@pytest.fixture(scope="module")
def found():
    runs = {}
    for record in load_reference(reference_path(ROOT / "data", validate)):
        runs.setdefault(record.arm, {})[record.seed] = record
    return runs


@pytest.mark.parametrize("name", SEARCHED)
def test_no_rate_of_the_rounds_solves_clearly_more(name, found):
    table = scores(found)[name]
    assert table[arms.ROUNDS[name].plan.rate] >= max(table.values()) - ALIKE


def test_every_rate_was_tried_on_seeds_that_no_claim_uses(found):
    assert all(set(runs) == set(SEEDS) for runs in found.values())
    assert min(SEEDS) >= 100


def test_the_searched_arms_are_those_in_use_but_for_their_rate(found):
    for key, runs in found.items():
        arm = arms.ROUNDS[key.split(" at ")[0]]
        assert {run.values["base_rate"] for run in runs.values()} == {arm.base.rate}
        assert {len(run.values["solved"]) for run in runs.values()} == {arm.rounds + 1}
