"""Chapter 09: the search for the rate of the rounds.

Run the search: `python -m recurse_lab.chapters.ch09_generation_verification_gap.rates`. `nothing`,
`random` and `rules` have the best rate of their own, and of rates within .02 of the best the smallest; the other arms
have 8e-3, but for one that is at its ceiling at any rate. The rate of the training on labeled boards is that of
chapter 03.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recurse_lab.chapters.ch09_generation_verification_gap.arms import ROUNDS
from recurse_lab.experiments.group_products.rates import at_rates, score, search
from recurse_lab.experiments.self_training.rates import RATES, SEEDS, validate
from recurse_lab.records.rerun import Recorded

SEARCHED: Mapping[str, Any] = {name: ROUNDS[name] for name in ("nothing", "random", "rules")}
EVERY_RATE = {
    factor * 1e-3 for factor in (0.5, 1, 2, 4, 8, 16, 32)
}  # `search` goes beyond a best rate at the edge

RECORDED = (
    Recorded(trial=validate, arms=at_rates(SEARCHED, dict.fromkeys(SEARCHED, EVERY_RATE)), metric=score),
)


def search_all(cache: Path, **options: Any) -> None:
    """Search the rates of all arms; `options` go to `search`."""
    search(validate, SEARCHED, rates=RATES, seeds=SEEDS, cache=cache, **options)


if __name__ == "__main__":
    search_all(Path("build/cache"))
