"""Chapter 07: the search for learning rates, for strengths of noise and for the latent's place and beta.

Run the search: `python -m recurse_lab.chapters.ch07_noise_or_objective.rates`. An arm has the best place, beta and
strength at any rate, and of the rates within .02 of the best the smallest. Not searched here, for their cost or because
they found a tenth at best: strengths of trained noise (.3, 1 and 3; dropout .1 and .4; tried on seed 100 at three
rates), and the rate of `best_of_8` (seed 100, 500 updates: .75 at 2e-3, .71 at 4e-3).
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from recurse_lab.chapters.ch07_noise_or_objective.arms import BROKEN, NOISE, ORDER, VARIATIONAL
from recurse_lab.experiments.completions.arm import CompletionArm, Way
from recurse_lab.experiments.completions.rates import RATES, SEEDS, validate
from recurse_lab.experiments.group_products.rates import at_rates, score, search
from recurse_lab.records.rerun import Recorded

TRIED: Mapping[str, tuple[float, ...]] = {
    "start": (2.0, 3.0, 4.0, 8.0),
    "every_step": (0.5, 1.0, 1.2, 2.0),
    "dropout": (0.2, 0.4, 0.5, 0.6),
}
TEMPERATURES = (0.3, 0.5, 0.7, 1.0, 1.5)


def _in_use(name: str, size: float) -> Way:
    noise: dict[str, Any] = {name: size}
    return Way(**noise)


# Every noise in use, on one net.
IN_USE = {f"{name} {size:g}": _in_use(name, size) for name, sizes in TRIED.items() for size in sizes} | {
    f"temperature {size:g}": Way(kind="by itself", temperature=size) for size in TEMPERATURES
}


def _searched(arm: CompletionArm, **model: Any) -> CompletionArm:
    """An arm of the search: no reward head, one way to draw, `model` changed."""
    name = "order_2" if "order_2" in arm.ways else next(iter(arm.ways))
    return replace(arm, model=replace(arm.model, **model), ways={name: arm.ways[name]}, head_steps=0)


SEARCHED = {
    "plain": replace(NOISE["plain"], ways=IN_USE, head_steps=0),
    "start": _searched(NOISE["start_trained"]),
    "noise": _searched(NOISE["noise_trained"]),
    "dropout": _searched(NOISE["dropout_trained"]),
    **{f"inside, beta {beta:g}": _searched(VARIATIONAL["latent"], beta=beta) for beta in (0.5, 1.0, 2.0)},
    **{f"end, beta {beta:g}": _searched(BROKEN["end"], beta=beta) for beta in (0.1, 0.3, 1.0)},
    "end_two": _searched(BROKEN["end_two"]),
    "order": _searched(ORDER["order"]),
}

# `search` goes beyond a best rate at the edge.
EVERY_RATE = {factor * 1e-3 for factor in (0.25, 0.5, 1, 2, 4, 8, 16)}

RECORDED = (
    Recorded(trial=validate, arms=at_rates(SEARCHED, dict.fromkeys(SEARCHED, EVERY_RATE)), metric=score),
)


def search_all(cache: Path, **options: Any) -> None:
    """Search the rates of all arms; `options` go to `search`."""
    search(validate, SEARCHED, rates=RATES, seeds=SEEDS, cache=cache, **options)


if __name__ == "__main__":
    search_all(Path("build/cache"))
