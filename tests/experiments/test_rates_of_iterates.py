"""The learning rates of chapter 01 are the ones that its recorded search chose."""

from recurse_lab.chapters.ch01_iterate.rates import SEARCHED
from recurse_lab.experiments.iterates.rates import chosen_rate, tried, validate
from recurse_lab.records.record import load_reference
from recurse_lab.records.store import reference_path
from recurse_lab.workbook.start import ROOT


def test_every_rate_in_use_is_the_one_that_validation_chose():
    results = {}
    for record in load_reference(reference_path(ROOT / "data", validate)):
        results.setdefault(record.arm, {})[record.seed] = record
    chosen = {name: chosen_rate(tried(results, name)) for name in SEARCHED}
    assert chosen == {name: arm.plan.rate for name, arm in SEARCHED.items()}


def test_the_largest_of_nearly_equal_rates_is_used():
    assert chosen_rate({0.002: 0.3, 0.006: 0.9, 0.02: 0.89, 0.06: 0.2}) == 0.02
    assert chosen_rate({0.002: 0.3, 0.006: 0.9, 0.02: 0.5}) == 0.006
    assert chosen_rate({0.002: 0.1, 0.006: 0.1, 0.02: 0.1, 0.06: 0.5}) == 0.06
