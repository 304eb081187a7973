"""Chapter 03: the search for learning rates and norms of its plain nets, on validation puzzles.

Run the search: `python -m recurse_lab.chapters.ch03_tiny_recursive_model.rates`. Every net is tried for as many steps
as it has in use, on one seed. Not searched, for their cost: the nets for 9x9; norms before the branches (pre-norm),
except for two nets; the rate of blocks that are asked at the end, which have that of the same blocks asked after each.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from recurse_lab.chapters.ch03_tiny_recursive_model.arms import EQUAL, plain
from recurse_lab.experiments.group_products.rates import at_rates, score, search
from recurse_lab.experiments.sudoku.arm import SudokuArm
from recurse_lab.experiments.sudoku.rates import validate
from recurse_lab.models.feed_forward import FeedForwardConfig
from recurse_lab.records.rerun import Recorded

RATES = (4e-3, 8e-3, 1.6e-2)
SEEDS = (100,)

# Two more shapes of equal training compute were tried: fewer blocks, and more.
MORE = {
    "narrow_compute": plain("eight narrow blocks, asked after each (1x)", 8, 16, rate=8e-3, steps=2_070),
    "narrow_deepest": plain("32 narrow blocks, asked after each (4x)", 32, 16, rate=8e-3, steps=517),
}


def pre_norm(arm: SudokuArm) -> SudokuArm:
    """The same plain net with norms before its branches."""
    assert isinstance(arm.model, FeedForwardConfig)
    return replace(arm, model=replace(arm.model, norm="pre"))


IN_USE = ("thin", "narrow_deep", "narrow_deeper", "twelve", "wide")
SEARCHED = {
    **{f"{name}, post-norm": EQUAL[name] for name in IN_USE},
    "narrow_deep, pre-norm": pre_norm(EQUAL["narrow_deep"]),
    "narrow_compute, pre-norm": pre_norm(MORE["narrow_compute"]),
    **{f"{name}, post-norm": arm for name, arm in MORE.items()},
}

# `search` goes beyond a best rate at the edge.
EVERY_RATE = {factor * 1e-3 for factor in (1, 2, 4, 8, 16, 32)}

RECORDED = (
    Recorded(trial=validate, arms=at_rates(SEARCHED, dict.fromkeys(SEARCHED, EVERY_RATE)), metric=score),
)


def search_all(cache: Path, **options: Any) -> None:
    """Search the rates of all nets; `options` go to `search`."""
    search(validate, SEARCHED, rates=RATES, seeds=SEEDS, cache=cache, **options)


if __name__ == "__main__":
    search_all(Path("build/cache"))
