"""Chapter 05: the arms of its search for learning rates.

Run the search: `python -m recurse_lab.chapters.ch05_deep_and_thin.rates`.
"""

from pathlib import Path
from typing import Any

from recurse_lab.chapters.ch05_deep_and_thin.arms import BLOCKS, GRU, TEXT
from recurse_lab.experiments.group_products.rates import RATES, SEEDS, at_rates, score, search, validate
from recurse_lab.experiments.text.rates import RATES as TEXT_RATES
from recurse_lab.experiments.text.rates import SEEDS as TEXT_SEEDS
from recurse_lab.experiments.text.rates import validate as validate_text
from recurse_lab.records.rerun import Recorded

# The other order of repeats and the deepest net take the rate of the arm that is nearest to them.
TAKEN = {"shared_over": "shared", "sixteen": "eight"}
TEXT_TAKEN = {"text_shared": "text_four"}

FIRST = (1e-3, 2e-3, 4e-3)  # on products; 8e-3 was the worst for one and two blocks in a first search
DECODERS = {name: arm for name, arm in BLOCKS.items() if name not in TAKEN and name not in GRU}
TEXT_DECODERS = {name: arm for name, arm in TEXT.items() if name not in TEXT_TAKEN}

# `search` goes beyond a best rate at the edge; so far, it has tried these rates.
EVERY_RATE = {factor * 1e-3 for factor in (0.25, 0.5, 1, 2, 4, 8, 16, 32)}

RECORDED = (
    Recorded(
        trial=validate,
        arms=at_rates(DECODERS | GRU, dict.fromkeys(DECODERS | GRU, EVERY_RATE)),
        metric=score,
    ),
    Recorded(
        trial=validate_text,
        arms=at_rates(TEXT_DECODERS, dict.fromkeys(TEXT_DECODERS, EVERY_RATE)),
        metric=score,
    ),
)


def search_all(cache: Path, **options: Any) -> None:
    """Search the rates of all arms; `options` go to `search`."""
    search(validate, DECODERS, rates=FIRST, seeds=SEEDS, cache=cache, **options)
    search(validate, GRU, rates=RATES, seeds=SEEDS, cache=cache, **options)
    search(validate_text, TEXT_DECODERS, rates=TEXT_RATES, seeds=TEXT_SEEDS, cache=cache, **options)


if __name__ == "__main__":
    search_all(Path("build/cache"))
