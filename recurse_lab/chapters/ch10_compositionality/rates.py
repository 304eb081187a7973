"""Chapter 10: the arms of its search for learning rates.

Run the search: `python -m recurse_lab.chapters.ch10_compositionality.rates`.
"""

from pathlib import Path
from typing import Any

from recurse_lab.chapters.ch10_compositionality.arms import EXPRESSIONS, HARDER, LOOKUP, SCAN, SCAN_WHOLE
from recurse_lab.experiments.expressions import rates as expressions
from recurse_lab.experiments.group_products.rates import at_rates, score, search
from recurse_lab.experiments.scan import rates as scan
from recurse_lab.experiments.table_lookup import rates as lookup
from recurse_lab.records.rerun import Recorded

# What shows an effect and stands in no claim takes the rate of the arm that is nearest to it.
TAKEN = {"root_only": "loop"}
TREES = {name: arm for name, arm in (EXPRESSIONS | HARDER).items() if name not in TAKEN}
# On SCAN the length split decides, for both splits and for the whole grammar.
COMMANDS = {name: arm for name, arm in SCAN.items() if name.startswith("length_")}
SCAN_TAKEN = {
    name: f"length_{name.split('_', 2 if name in SCAN_WHOLE else 1)[-1]}"
    for name in SCAN | SCAN_WHOLE
    if name not in COMMANDS
}

# `search` goes beyond a best rate at the edge.
EVERY_RATE = {factor * 1e-3 for factor in (0.25, 0.5, 1, 2, 4, 8, 16, 32)}

RECORDED = (
    Recorded(
        trial=expressions.validate, arms=at_rates(TREES, dict.fromkeys(TREES, EVERY_RATE)), metric=score
    ),
    Recorded(trial=lookup.validate, arms=at_rates(LOOKUP, dict.fromkeys(LOOKUP, EVERY_RATE)), metric=score),
    Recorded(trial=scan.validate, arms=at_rates(COMMANDS, dict.fromkeys(COMMANDS, EVERY_RATE)), metric=score),
)


def search_all(cache: Path, **options: Any) -> None:
    """Search the rates of all arms; `options` go to `search`."""
    search(
        expressions.validate,
        TREES,
        rates=expressions.RATES,
        seeds=expressions.SEEDS,
        cache=cache,
        **options,
    )
    search(lookup.validate, LOOKUP, rates=lookup.RATES, seeds=lookup.SEEDS, cache=cache, **options)
    search(scan.validate, COMMANDS, rates=scan.RATES, seeds=scan.SEEDS, cache=cache, **options)


if __name__ == "__main__":
    search_all(Path("build/cache"))
