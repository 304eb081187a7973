"""Chapter 05: the arms of its search for learning rates.

Run the search: `python -m recurse_lab.chapters.ch05_deep_and_thin.rates`.
"""

from pathlib import Path

from recurse_lab.chapters.ch05_deep_and_thin.arms import BLOCKS, TEXT
from recurse_lab.experiments.group_products.rates import RATES, SEEDS, at_rates, score, search, validate
from recurse_lab.experiments.text.rates import RATES as TEXT_RATES
from recurse_lab.experiments.text.rates import SEEDS as TEXT_SEEDS
from recurse_lab.experiments.text.rates import validate as validate_text
from recurse_lab.records.rerun import Recorded

# The order of repeats and the deepest shape take the rate of the arm that is nearest to them.
TAKEN = {"shared_over": "shared", "sixteen": "eight"}
TEXT_TAKEN = {"text_shared": "text_four"}

SEARCHED = {name: arm for name, arm in BLOCKS.items() if name not in TAKEN}
TEXT_SEARCHED = {name: arm for name, arm in TEXT.items() if name not in TEXT_TAKEN}

# `search` goes beyond a best rate at the edge; so far, it has tried these rates.
EVERY_RATE = {factor * rate for rate in RATES for factor in (0.25, 0.5, 1, 2, 4)}

RECORDED = (
    Recorded(trial=validate, arms=at_rates(SEARCHED, dict.fromkeys(SEARCHED, EVERY_RATE)), metric=score),
    Recorded(
        trial=validate_text,
        arms=at_rates(TEXT_SEARCHED, dict.fromkeys(TEXT_SEARCHED, EVERY_RATE)),
        metric=score,
    ),
)

if __name__ == "__main__":
    cache = Path("build/cache")
    search(validate, SEARCHED, rates=RATES, seeds=SEEDS, cache=cache)
    search(validate_text, TEXT_SEARCHED, rates=TEXT_RATES, seeds=TEXT_SEEDS, cache=cache)
