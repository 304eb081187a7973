"""Paired effects and their t-intervals: the only statistics behind a verdict.

Shape letters: S sets of seeds, N seeds in a set.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Mean paired difference, and its interval at the chosen confidence level."""

    mean: float
    low: float
    high: float
    seeds: int
    problems: int  # number of test problems; each value is a share of them


def paired_effect(
    treatment: Sequence[float], control: Sequence[float], *, problems: int, level: float = 0.95
) -> Effect:
    """Mean of treatment minus control, pair by pair, with its t-interval over the pairs.

    Args:
        treatment: shares of test problems, one a seed.
        control: shares of the same test problems, on the same seeds.
        problems: number of test problems; each value is a share of them.
        level: confidence level of the interval.

    Raises:
        ValueError: the lengths differ, there are fewer than two pairs, or there is no test problem.
    """
    if len(treatment) != len(control):
        raise ValueError(f"pairs need two values each, not {len(treatment)} and {len(control)}")
    if len(treatment) < 2:
        raise ValueError(f"an interval needs 2 seeds or more, not {len(treatment)}")
    if problems < 1:
        raise ValueError(f"a share needs 1 test problem or more, not {problems}")
    differences = np.asarray(treatment, dtype=float) - np.asarray(control, dtype=float)
    low, high = t_intervals(differences[None], problems, level)
    return Effect(
        mean=float(differences.mean()),
        low=float(low[0]),
        high=float(high[0]),
        seeds=len(differences),
        problems=problems,
    )


def t_intervals(
    differences: Float[np.ndarray, "S N"], problems: int, level: float = 0.95
) -> tuple[Float[np.ndarray, " S"], Float[np.ndarray, " S"]]:
    """Lower and upper ends of the interval of each set's mean.

    mean ± max(t · s / √N, 1 / problems), with s the standard deviation of the N differences and t the
    quantile of Student's distribution with N - 1 degrees of freedom (Student 1908, The Probable Error of a
    Mean). The interval reaches at least one test problem to each side, also where the differences do not
    vary.
    """
    from scipy.stats import t  # imported here, because the import takes 0.3 s

    number = differences.shape[1]
    mean, spread = differences.mean(1), differences.std(1, ddof=1)
    half = np.maximum(t.ppf((1 + level) / 2, number - 1) * spread / np.sqrt(number), 1 / problems)
    return mean - half, mean + half
