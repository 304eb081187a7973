"""The learning rates of chapter 02 are the ones that its recorded search chose."""

from recurse_lab.chapters.ch02_looping.rates import ARMS, RECORDED
from recurse_lab.experiments.prefix_sums.rates import best_rates
from recurse_lab.records.store import read_reference
from recurse_lab.workbook.start import ROOT


def test_every_rate_in_use_is_the_one_that_validation_chose():
    (tried,) = RECORDED
    reference = read_reference(ROOT / "data", tried.trial, tried.arms)
    assert best_rates(reference.results, ARMS) == {name: arm.plan.rate for name, arm in ARMS.items()}
