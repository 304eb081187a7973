"""Chapter 08: numbers that its text states hold in its nets, its task and its records."""

import pytest

from recurse_lab.chapters.ch08_sharper_signals import arms
from recurse_lab.chapters.ch08_sharper_signals.budget import PASSES, WHOLE
from recurse_lab.experiments.function_calls.tables import exact, nets
from recurse_lab.measure.cost import parameters
from recurse_lab.records.store import read_reference
from recurse_lab.tasks.function_calls_table import SITUATIONS, TABLE
from recurse_lab.workbook.start import ROOT

TAUGHT = arms.TAUGHT["taught"]


@pytest.fixture(scope="module")
def means():
    every = arms.TAUGHT | arms.ONCE | arms.LATE | arms.LARGER
    return {
        name: runs.mean(exact)
        for name, runs in nets(read_reference(ROOT / "data", arms.trial, every).results, every).items()
    }


def test_the_net_has_about_235_thousand_weights_and_the_table_21_functions():
    assert round(parameters(arms.build(TAUGHT)), -3) == 235_000
    assert len(TABLE) == 21
    assert len(SITUATIONS) == 16


def test_the_steps_of_the_ways():
    assert (PASSES, WHOLE, arms.EARLIER, TAUGHT.plan.steps) == (42_400, 1041, 950, 600)
    assert TAUGHT.ways["dpo_small"].plan.steps == 300
    assert TAUGHT.ways["both"].plan.steps == 441
    assert (TAUGHT.demos, TAUGHT.new, TAUGHT.test) == (1500, 1000, 1000)


def test_the_taught_net_does_about_two_thirds(means):
    assert means["taught"] == pytest.approx(2 / 3, abs=0.05)


def test_larger_nets_have_4_and_16_times_the_weights():
    small = parameters(arms.build(TAUGHT))
    four, sixteen = (parameters(arms.build(arm)) / small for arm in arms.LARGER.values())
    assert (four, sixteen) == (pytest.approx(4, abs=0.3), pytest.approx(16, abs=1))


def test_own_wrong_calls_do_a_little_better_than_useless_ones_and_right_halves_far_better(means):
    assert 0 < means["dpo_small"] - means["useless"] < 0.03
    assert means["right"] - means["dpo_small"] > 0.05


def test_what_the_text_says_of_the_losses_that_others_publish(means):
    assert means["dpo_small"] < means["right"]
    assert means["dpo"] < means["taught"] - 0.05
