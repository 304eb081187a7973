"""How often a claim's interval misses the true mean, simulated for typical differences between two arms.

Shape letters: S sets of seeds, N seeds in a set.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.random import Generator

from recurse_lab.measure.statistics import t_intervals

Shape = tuple[int, int]


class Differences(NamedTuple):
    """How the difference of two arms varies from seed to seed."""

    draw: Callable[[Generator, Shape], Float[np.ndarray, "S N"]]
    mean: float  # the true mean, which an interval should hold


class Coverage(NamedTuple):
    """Shares of simulated intervals; the three add up to 1."""

    holds: float  # the true mean lies inside
    above: float  # the whole interval lies above the true mean: it promises too much
    below: float  # the whole interval lies below the true mean


def coverage(
    differences: Differences, seeds: int, *, sets: int = 20_000, problems: int = 256, seed: int = 0
) -> Coverage:
    """Shares of intervals that hold the true mean, lie above it, and lie below it.

    Cost: a tenth of a second. Expected: 95 % intervals lie above in 2.5 % of the sets, and below in 2.5 %.

    Args:
        differences: distribution to draw from.
        seeds: N, number of seeds behind each interval.
        sets: S, number of intervals.
        problems: number of test problems; a value is a share of them.
        seed: seed of the draws.
    """
    drawn_SN = differences.draw(np.random.default_rng(seed), (sets, seeds))
    low_S, high_S = t_intervals(drawn_SN, problems)
    above, below = float((low_S > differences.mean).mean()), float((high_S < differences.mean).mean())
    return Coverage(holds=1 - above - below, above=above, below=below)


def _sometimes_failing(random: Generator, shape: Shape) -> Float[np.ndarray, "S N"]:
    return np.where(random.random(shape) < 0.3, random.beta(2, 18, shape), random.beta(18, 2, shape))


_SUCCESS = 0.3 * 0.1 + 0.7 * 0.9  # true mean share of a net that fails on 3 seeds of 10

DIFFERENCES = {
    "normal": Differences(lambda random, shape: random.normal(0.3, 0.1, shape), 0.3),
    "shares near 1": Differences(lambda random, shape: random.beta(9, 1, shape), 0.9),
    "treatment fails on 3 of 10": Differences(_sometimes_failing, _SUCCESS),
    "control fails on 3 of 10": Differences(
        lambda random, shape: 1 - _sometimes_failing(random, shape), 1 - _SUCCESS
    ),
}
