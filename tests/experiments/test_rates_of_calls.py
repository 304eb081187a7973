"""Chapter 08: rates and forms in use are as good as the best of its recorded search; budgets are equal in FLOPs."""

from functools import cache

import numpy as np
import pytest

from recurse_lab.chapters.ch08_sharper_signals import arms, views
from recurse_lab.chapters.ch08_sharper_signals.budget import COSTS, TOTAL, steps_of
from recurse_lab.chapters.ch08_sharper_signals.rates import SEARCHED, SEEDS_OF, TUNED
from recurse_lab.experiments.function_calls.arm import ROWS, CallArm, net, plan
from recurse_lab.experiments.function_calls.rates import validate
from recurse_lab.experiments.function_calls.scores import row_flops
from recurse_lab.experiments.function_calls.trial import build
from recurse_lab.records.store import read_reference
from recurse_lab.workbook.start import ROOT

WAYS = arms.TAUGHT["taught"].ways
# Name of a way in use -> its setting in the search; `dpo` has the common rate on purpose.
IN_USE = {
    "again": "demonstrations, rate 0.002",
    "right": "right halves, rate 0.002",
    "both": "demonstrations and right halves, rate 0.002",
    "dpo_small": "DPO, rate 1e-05",
    "useless": "DPO, useless wrong halves, rate 1e-05",
}
FORM = "after 950 steps, DPO, guard 50, rate 0.0001"
FAMILIES = {  # way -> what the settings of its family begin with
    "again": ("demonstrations, ",),
    "right": ("right halves, ",),
    "both": ("demonstrations and right halves, ",),
    "dpo_small": ("DPO, rate", "DPO, beta", "DPO, two rounds"),
    "useless": ("DPO, useless",),
}
ALIKE = 0.02  # of the requests: less than the search can tell apart


@cache
def found():
    return views.searched(read_reference(ROOT / "data", validate, SEARCHED).results)


def score(name):
    """On the seed that all settings were tried on."""
    return found()[name][100]


def test_the_search_was_run_on_its_own_seeds():
    results = read_reference(ROOT / "data", validate, SEARCHED).results
    for name, runs in results.items():
        assert tuple(runs) == tuple(SEEDS_OF.get(name, (100,)))


@pytest.mark.parametrize("name", IN_USE)
def test_a_way_in_use_is_the_one_that_was_searched(name):
    one, searched = WAYS[name], TUNED[IN_USE[name]]
    assert vars(one) | {"label": ""} == vars(searched) | {"label": ""}


@pytest.mark.parametrize("name", IN_USE)
def test_no_setting_of_a_family_does_clearly_more(name):
    family = [other for other in found() if other.startswith(FAMILIES[name])]
    assert len(family) > 1
    assert score(IN_USE[name]) >= max(map(score, family)) - ALIKE


def test_the_best_form_of_dpo_is_the_best_that_was_tried_on_both_seeds():
    forms = [name for name in found() if "DPO" in name or "IPO" in name]
    means = {name: np.mean(list(found()[name].values())) for name in forms if len(found()[name]) == 2}
    assert len(means) > 10
    assert max(means, key=lambda name: means[name]) == FORM == "after 950 steps, DPO, guard 50, rate 0.0001"
    form = arms.LATE["late"].ways[arms.FORM]
    assert vars(form) | {"label": ""} == vars(SEARCHED["late 950"].ways[FORM]) | {"label": ""}


@pytest.mark.parametrize(
    ("name", "arm"),
    [("once", arms.ONCE["once"]), ("four", arms.LARGER["four"]), ("sixteen", arms.LARGER["sixteen"])],
)
def test_no_rate_of_a_net_from_the_start_does_clearly_more(name, arm):
    tried = [other for other in found() if other.startswith(f"{name} at ")]
    assert len(tried) >= 3
    assert score(f"{name} at {arm.plan.rate:g}") >= max(map(score, tried)) - ALIKE


def test_the_taught_net_has_its_best_rate():
    rate = arms.TAUGHT["taught"].plan.rate
    assert rate == 2e-3
    assert score("taught") >= max(score("taught at 0.0014"), score("taught at 0.003")) - ALIKE


@pytest.mark.parametrize("width", COSTS)
def test_nets_of_every_size_cost_the_same_flops(width):
    arm = CallArm(label="", model=net(width), plan=plan(1, 1e-3), demos=60, new=40)
    small = CallArm(label="", model=net(96), plan=plan(1, 1e-3), demos=60, new=40)
    ratio = row_flops(arm, build(arm), 0) / row_flops(small, build(small), 0)
    assert ratio == pytest.approx(COSTS[width], rel=0.01)
    spent = steps_of(width) * 3 * ROWS * ratio
    assert 0.98 * TOTAL < spent <= 1.005 * TOTAL


def test_teaching_and_each_way_cost_as_much_as_one_whole_training():
    taught = arms.TAUGHT["taught"]
    each = [taught.plan.steps * 3 * ROWS + one.passes(taught.new) for one in WAYS.values()]
    late = arms.LATE["late"]
    each += [late.plan.steps * 3 * ROWS + one.passes(late.new) for one in late.ways.values()]
    each += [arms.ONCE["once"].plan.steps * 3 * ROWS]
    assert np.ptp(each) < 0.002 * TOTAL
    assert max(each) <= TOTAL
