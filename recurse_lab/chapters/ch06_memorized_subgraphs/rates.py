"""Chapter 06: the arms of its search for learning rates.

Run the search: `python -m recurse_lab.chapters.ch06_memorized_subgraphs.rates`.
"""

from pathlib import Path
from typing import Any

from recurse_lab.chapters.ch06_memorized_subgraphs.arms import DEEPER, LINE, NULL, TREE, TREE_ABLATIONS
from recurse_lab.experiments.group_products.rates import at_rates, score, search
from recurse_lab.experiments.line_program.rates import RATES, SEEDS, validate
from recurse_lab.experiments.tree_program.rates import RATES as TREE_RATES
from recurse_lab.experiments.tree_program.rates import SEEDS as TREE_SEEDS
from recurse_lab.experiments.tree_program.rates import validate as validate_tree
from recurse_lab.records.rerun import Recorded

# The loop that is not asked for gains takes the rate of the one that is.
TAKEN = {"loop_taken": "loop"}
TREE_TAKEN = {"tree_taken": "tree_loop"}

LINE_NETS = {name: arm for name, arm in (LINE | DEEPER).items() if name not in TAKEN and name not in NULL}
TREE_NETS = {name: arm for name, arm in (TREE | TREE_ABLATIONS).items() if name not in TREE_TAKEN}

# `search` goes beyond a best rate at the edge; so far, it has tried these rates.
EVERY_RATE = {factor * 1e-3 for factor in (0.25, 0.5, 1, 2, 4, 8, 16)}

RECORDED = (
    Recorded(
        trial=validate,
        arms=at_rates(LINE_NETS, dict.fromkeys(LINE_NETS, EVERY_RATE)),
        metric=score,
    ),
    Recorded(
        trial=validate_tree,
        arms=at_rates(TREE_NETS, dict.fromkeys(TREE_NETS, EVERY_RATE)),
        metric=score,
    ),
)


def search_all(cache: Path, **options: Any) -> None:
    """Search the rates of all arms; `options` go to `search`."""
    search(validate, LINE_NETS, rates=RATES, seeds=SEEDS, cache=cache, **options)
    search(validate_tree, TREE_NETS, rates=TREE_RATES, seeds=TREE_SEEDS, cache=cache, **options)


if __name__ == "__main__":
    search_all(Path("build/cache"))
