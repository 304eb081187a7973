"""Intervals of paired effects: by hand, under shifts, and for differences that hardly vary."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recurse_lab.measure.statistics import paired_effect, t_intervals

values = st.lists(st.floats(-1, 1, width=32), min_size=3, max_size=8)
MANY = 10**9  # number of test problems; one of them is negligible


def test_the_t_interval_by_hand():
    # Student's t at 97.5 % and 4 degrees of freedom is 2.776; these differences have standard deviation 0.1
    differences = [0.5 + 0.1 * step for step in (-1, -1, 0, 1, 1)]
    assert np.std(differences, ddof=1) == pytest.approx(0.1)
    effect = paired_effect(differences, [0.0] * 5, problems=MANY)
    half = 2.776445 * 0.1 / 5**0.5
    found = (effect.mean, effect.low, effect.high)
    assert found == pytest.approx((0.5, 0.5 - half, 0.5 + half), abs=1e-6)
    assert (effect.seeds, effect.problems) == (5, MANY)


@given(treatment=values, shift=st.floats(-3, 3, width=32))
def test_intervals_are_centered_on_the_mean_and_move_with_a_shift(treatment, shift):
    control = [0.0] * len(treatment)
    effect = paired_effect(treatment, control, problems=64)
    assert effect.mean == pytest.approx(np.mean(treatment))
    assert (effect.low + effect.high) / 2 == pytest.approx(effect.mean, abs=1e-9)
    moved = paired_effect([value + shift for value in treatment], control, problems=64)
    for name in ("mean", "low", "high"):
        assert getattr(moved, name) == pytest.approx(getattr(effect, name) + shift, abs=1e-6)


@given(treatment=values)
def test_more_confidence_takes_a_wider_interval(treatment):
    assume(np.std(treatment) > 1e-3)
    control = [0.0] * len(treatment)
    usual = paired_effect(treatment, control, problems=MANY)
    wide = paired_effect(treatment, control, problems=MANY, level=0.99)
    assert wide.low < usual.low < usual.high < wide.high


@pytest.mark.parametrize("problems", [8, 256])
def test_differences_that_do_not_vary_have_one_test_problem_to_each_side(problems):
    control = [0.1, 0.9, 0.4, 0.7]
    effect = paired_effect([value + 0.25 for value in control], control, problems=problems)
    found = (effect.mean, effect.low, effect.high)
    assert found == pytest.approx((0.25, 0.25 - 1 / problems, 0.25 + 1 / problems), abs=1e-12)


def test_no_interval_reaches_less_than_one_test_problem_to_each_side():
    hardly = [1.0, 1.0, 1.0, 1.0, 255 / 256]
    free = paired_effect(hardly, [0.0] * 5, problems=MANY)
    assert free.mean - free.low < 1 / 256
    held = paired_effect(hardly, [0.0] * 5, problems=256)
    assert held.mean - held.low == pytest.approx(1 / 256)
    assert held.high - held.mean == pytest.approx(1 / 256)
    varied = [1.0, 0.9, 0.8, 0.9, 0.7]
    coarse, fine = (paired_effect(varied, [0.0] * 5, problems=number) for number in (256, MANY))
    assert (coarse.low, coarse.high) == (fine.low, fine.high)


def test_many_intervals_are_those_of_each_set():
    sets = np.random.default_rng(0).normal(0.3, 0.1, (4, 6))
    low, high = t_intervals(sets, 64)
    each = [paired_effect(row, [0.0] * 6, problems=64) for row in sets.tolist()]
    assert list(zip(low, high, strict=True)) == [(effect.low, effect.high) for effect in each]


def test_the_sign_is_treatment_minus_control():
    effect = paired_effect([1.0, 1.0, 0.9], [0.0, 0.1, 0.0], problems=10)
    assert effect.low > 0.5


@pytest.mark.parametrize(
    ("treatment", "control", "problems", "words"),
    [
        ([1.0], [0.0], 8, "an interval needs 2 seeds or more, not 1"),
        ([], [], 8, "an interval needs 2 seeds or more, not 0"),
        ([1.0, 2.0], [1.0], 8, "pairs need two values each, not 2 and 1"),
        ([1.0, 2.0], [1.0, 2.0], 0, "a share needs 1 test problem or more, not 0"),
    ],
)
def test_too_few_or_unpaired_values_are_refused(treatment, control, problems, words):
    with pytest.raises(ValueError, match=words):
        paired_effect(treatment, control, problems=problems)
