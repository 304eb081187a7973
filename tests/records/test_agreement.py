"""The rule by which a re-run agrees with its record, and cases in which it does not."""

from dataclasses import replace

import made_records as made
import pytest

from recurse_lab.records.agreement import BITS, DIFFERS, SPREAD, VALUES, agreement

RECORD = made.record()


def word(again, record=RECORD, others=()):
    return agreement(record, again, made.right, others).word


def loss(first):
    return {"loss": [first, 1.0 / 3]}


def test_times_and_what_only_the_rerun_holds_do_not_count():
    assert word(RECORD) == BITS
    other = replace(RECORD, seconds=99.0, machine="another", commit="later", digest="0")
    assert word(made.altered(other, train_seconds=9.0, more=[1.0])) == BITS
    assert word(RECORD, made.altered(RECORD, more=1.0)) != BITS


def test_values_are_compared_as_json_has_them():
    keyed = made.altered(RECORD, grid={"16": {"4": [1.0, float("nan")]}})
    assert word(made.altered(RECORD, grid={16: {4: (1.0, float("nan"))}}), keyed) == BITS
    assert word(made.altered(RECORD, grid={16: {4: (1.1, float("nan"))}}), keyed) == SPREAD


CHANGES = [
    ({"right": 0.5 + 1e-7}, VALUES),
    ({"right": 0.5 + 9e-5}, VALUES),
    ({"right": 0.5 + 2e-4}, SPREAD),
    ({"right": 0.59}, SPREAD),
    ({"right": 0.41}, SPREAD),
    ({"right": 0.61}, DIFFERS),
    ({"right": 0.39}, DIFFERS),
    ({"right": float("nan")}, DIFFERS),
    ({"curve": loss(2.0 + 1e-5)}, VALUES),
    ({"curve": loss(2.019)}, SPREAD),
    ({"curve": loss(2.021)}, DIFFERS),
    ({"curve": {"loss": [2.0, 9.0]}}, SPREAD),  # later losses may differ: training amplifies rounding
    ({"curve": {"loss": [2.0]}}, SPREAD),
    ({"curve": {}}, DIFFERS),
    ({"params": 10}, DIFFERS),
]


@pytest.mark.parametrize(("change", "wanted"), CHANGES)
def test_the_rule(change, wanted):
    assert word(made.altered(RECORD, **change)) == wanted


def test_the_metric_may_differ_as_much_as_other_seeds_do():
    others = [made.altered(made.record(seed=seed), right=right) for seed, right in ((1, 0.2), (2, 0.5))]
    assert word(made.altered(RECORD, right=0.79), others=others) == SPREAD
    assert word(made.altered(RECORD, right=0.81), others=others) == DIFFERS
    found = agreement(RECORD, made.altered(RECORD, right=0.75), made.right, others)
    assert (found.by, found.allowed) == pytest.approx((0.25, 0.3))


def test_a_record_without_a_curve_is_compared_by_its_metric():
    bare = replace(RECORD, values={"right": 0.5})
    assert word(replace(RECORD, values={"right": 0.55}), bare) == SPREAD
    assert word(replace(RECORD, values={"right": 0.65}), bare) == DIFFERS
