"""The learning rates of chapter 05 are the ones that its recorded searches chose."""

import pytest

from recurse_lab.chapters.ch05_deep_and_thin import rates
from recurse_lab.chapters.ch05_deep_and_thin.arms import BLOCKS, TEXT
from recurse_lab.experiments.group_products.rates import best_rates, beyond_the_edge
from recurse_lab.records.record import load_reference
from recurse_lab.records.store import reference_path
from recurse_lab.workbook.start import ROOT


@pytest.mark.parametrize(
    ("place", "arms", "searched", "taken"),
    [
        (0, BLOCKS, rates.DECODERS | rates.GRU, rates.TAKEN),
        (1, TEXT, rates.TEXT_DECODERS, rates.TEXT_TAKEN),
    ],
)
def test_every_rate_in_use_is_the_best_and_inside_the_rates_tried(place, arms, searched, taken):
    found = {}
    for record in load_reference(reference_path(ROOT / "data", rates.RECORDED[place].trial)):
        found.setdefault(record.arm, {})[record.seed] = record
    best = best_rates(found)
    assert {name: arms[name].plan.rate for name in searched} == best
    assert {name: arms[name].plan.rate for name in taken} == {
        name: best[other] for name, other in taken.items()
    }
    assert not any(beyond_the_edge(found, name) for name in searched)
