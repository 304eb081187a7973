"""Learning rates of chapters 06 and 10 are those of their recorded searches, for the nets that were searched."""

import pytest

from recurse_lab.chapters.ch06_memorized_subgraphs import arms as of_06
from recurse_lab.chapters.ch10_compositionality import arms as of_10
from recurse_lab.experiments.expressions.rates import validate as expressions
from recurse_lab.experiments.group_products.rates import best_rates
from recurse_lab.experiments.line_program.rates import validate as lines
from recurse_lab.experiments.scan.rates import validate as commands
from recurse_lab.records.record import load_reference
from recurse_lab.records.store import reference_path
from recurse_lab.workbook.start import ROOT

SEARCHED = {
    lines: of_06.RECURRENT | of_06.PLAIN | of_06.USUAL,
    expressions: {name: of_10.EXPRESSIONS[name] for name in ("loop", "plain_6", "plain_12", "plain_24")},
    commands: {name: arm for name, arm in of_10.SCAN.items() if name.startswith("length_")},
}
TIES = ("gru",)  # right on all lists at every rate


@pytest.mark.parametrize("validate", SEARCHED)
def test_every_rate_in_use_is_the_one_that_validation_chose(validate):
    found = {}
    for record in load_reference(reference_path(ROOT / "data", validate)):
        found.setdefault(record.arm, {})[record.seed] = record
    best = best_rates(found)
    for name, arm in SEARCHED[validate].items():
        if name not in TIES:
            assert arm.plan.rate == best[name], name
