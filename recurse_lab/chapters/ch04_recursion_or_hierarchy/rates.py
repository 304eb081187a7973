"""Chapter 04: the search for learning rates, on validation puzzles, for as many steps as each arm has in use.

Run the search: `python -m recurse_lab.chapters.ch04_recursion_or_hierarchy.rates`. Every control of a claim has its own
best rate; the recursive net's was searched for chapter 03, and the arms that no claim compares keep it. The search of
the net without a carry begins at higher rates, which were best for it in an earlier search. Every rate is tried on the
first seed; if several come within .2 of the best, these are tried on the second one, too, and the best mean decides.
"""

from collections.abc import Mapping
from pathlib import Path

from recurse_lab.chapters.ch04_recursion_or_hierarchy.arms import CLAIMED
from recurse_lab.experiments.group_products.rates import (
    RATES,
    SEEDS,
    at_rates,
    best_rates,
    beyond_the_edge,
    score,
    scores,
)
from recurse_lab.experiments.sudoku.rates import validate
from recurse_lab.records.replicate import Results, replicate
from recurse_lab.records.rerun import Recorded
from recurse_lab.records.store import write_checksums, write_reference

SEARCHED = {name: CLAIMED[name] for name in ("hrm", "two_networks", "no_carry")}
FIRST = {"no_carry": (8e-3, 1.6e-2, 3.2e-2)}  # for the others, `RATES`
NEAR = 0.2  # of the puzzles

# `search` goes beyond a best rate at the edge.
EVERY_RATE = {factor * 1e-3 for factor in (0.5, 1, 2, 4, 8, 16, 32, 64)}

RECORDED = (
    Recorded(trial=validate, arms=at_rates(SEARCHED, dict.fromkeys(SEARCHED, EVERY_RATE)), metric=score),
)


def search_all(cache: Path, folder: Path = Path("data"), jobs: int = 2) -> None:
    """Search the rates of all arms, and write the records below `folder`."""
    found: Results = {}

    def run(wanted: Mapping[str, set[float]], seed: int) -> None:
        tried = at_rates({name: SEARCHED[name] for name in wanted}, wanted)
        for name, runs in replicate(validate, tried, (seed,), cache=cache, jobs=jobs).items():
            found.setdefault(name, {}).update(runs)

    wanted = {name: set(FIRST.get(name, RATES)) for name in SEARCHED}
    while any(wanted.values()):
        run(wanted, SEEDS[0])
        wanted = {name: beyond_the_edge(found, name) for name in SEARCHED}
    run(in_question(found), SEEDS[1])
    write_reference(folder, validate, found)
    write_checksums(folder)


def in_question(found: Results) -> dict[str, set[float]]:
    """Arm -> the rates whose first score comes within `NEAR` of the best, if there are several."""
    wanted = {}
    for name, by_rate in scores(found).items():
        near = {rate for rate, score in by_rate.items() if score >= max(by_rate.values()) - NEAR}
        if len(near) > 1:
            wanted[name] = near
    return wanted


def best(found: Results) -> dict[str, float]:
    """Arm -> the rate with the highest mean score; rates on both seeds go before rates on one."""
    twice = {name: runs for name, runs in found.items() if len(runs) == len(SEEDS)}
    return best_rates(found) | best_rates(twice)


if __name__ == "__main__":
    search_all(Path("build/cache"))
