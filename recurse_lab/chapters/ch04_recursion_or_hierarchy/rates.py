"""Chapter 04: the search for learning rates, on validation puzzles, for as many steps as each arm has in use.

Run the search: `python -m recurse_lab.chapters.ch04_recursion_or_hierarchy.rates`. Every control that a claim compares
at equal compute has its own best rate; the recursive net's was searched for chapter 03, and the other arms of the table
keep it. The search of the net without a carry begins at higher rates, which were best for it in an earlier search. Long
runs have the rate of the short ones.
"""

from pathlib import Path
from typing import Any

from recurse_lab.chapters.ch04_recursion_or_hierarchy.arms import CHANGES, CLAIMED
from recurse_lab.experiments.group_products.rates import RATES, SEEDS, at_rates, score, search
from recurse_lab.experiments.sudoku.rates import validate
from recurse_lab.records.rerun import Recorded

CARRIES = {name: CLAIMED[name] for name in ("hrm", "two_networks", "one_step", "one_latent")}
CARRIES["two_cycles"] = CHANGES["two_cycles"]
NO_CARRY = {"no_carry": CLAIMED["no_carry"]}
SEARCHED = CARRIES | NO_CARRY
FIRST = (8e-3, 1.6e-2, 3.2e-2)  # of the net without a carry

# `search` goes beyond a best rate at the edge.
EVERY_RATE = {factor * 1e-3 for factor in (0.5, 1, 2, 4, 8, 16, 32, 64)}

RECORDED = (
    Recorded(trial=validate, arms=at_rates(SEARCHED, dict.fromkeys(SEARCHED, EVERY_RATE)), metric=score),
)


def search_all(cache: Path, **options: Any) -> None:
    """Search the rates of all arms; `options` go to `search`."""
    search(validate, CARRIES, rates=RATES, seeds=SEEDS, cache=cache, **options)
    search(validate, NO_CARRY, rates=FIRST, seeds=SEEDS, cache=cache, **options)


if __name__ == "__main__":
    search_all(Path("build/cache"))
