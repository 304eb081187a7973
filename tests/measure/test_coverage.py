"""How often intervals miss the true mean: bounds on both tails, which the percentile bootstrap breaks."""

import numpy as np
import pytest

from recurse_lab.measure.coverage import DIFFERENCES, coverage

# (differences, seeds) -> largest allowed share of intervals above and below the true mean; nominal: .025 each
BOUNDS = {
    ("normal", 5): (0.03, 0.03),
    ("normal", 10): (0.03, 0.03),
    ("shares near 1", 5): (0.11, 0.01),
    ("shares near 1", 10): (0.09, 0.01),
    ("treatment fails on 3 of 10", 5): (0.18, 0.01),
    ("treatment fails on 3 of 10", 10): (0.055, 0.015),
    ("control fails on 3 of 10", 5): (0.01, 0.18),
    ("control fails on 3 of 10", 10): (0.015, 0.055),
}


def bootstrapped(differences, seeds, sets=4_000, resamples=1_000):
    """Shares of percentile bootstrap intervals (Efron and Tibshirani 1993) above and below the true mean."""
    random = np.random.default_rng(0)
    drawn = differences.draw(random, (sets, seeds))
    chosen = random.multinomial(seeds, [1 / seeds] * seeds, size=resamples) / seeds
    low, high = np.quantile(drawn @ chosen.T, (0.025, 0.975), axis=1)
    return (low > differences.mean).mean(), (high < differences.mean).mean()


def test_every_kind_of_difference_has_its_bounds():
    assert {name for name, _ in BOUNDS} == set(DIFFERENCES)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_the_stated_mean_is_that_of_what_is_drawn(name):
    differences = DIFFERENCES[name]
    drawn = differences.draw(np.random.default_rng(1), (1_000, 500))
    assert drawn.mean() == pytest.approx(differences.mean, abs=2e-3)
    assert drawn.std() > 0.05


@pytest.mark.parametrize(("name", "seeds"), BOUNDS)
def test_both_tails_keep_their_bounds_and_the_bootstrap_would_not(name, seeds):
    most_above, most_below = BOUNDS[name, seeds]
    found = coverage(DIFFERENCES[name], seeds)
    assert found.above <= most_above
    assert found.below <= most_below
    assert sum(found) == pytest.approx(1)
    above, below = bootstrapped(DIFFERENCES[name], seeds)
    assert above > most_above or below > most_below


def test_the_same_seed_gives_the_same_shares_and_another_one_nearly_so():
    normal = DIFFERENCES["normal"]
    first, again, other = (coverage(normal, 5, seed=seed) for seed in (0, 0, 1))
    assert first == again != other
    assert first == pytest.approx(other, abs=0.01)


def test_a_coarse_test_widens_the_intervals():
    fine, coarse = (coverage(DIFFERENCES["normal"], 5, problems=number) for number in (256, 4))
    assert coarse.holds > fine.holds + 0.02
