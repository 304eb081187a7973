"""Halting rules by hand and on a stream that says when it is done; intervals that behave like intervals."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from recurse_lab.measure.halting import features, head_halt, outcome_at, residual_halt, train_halting_head
from recurse_lab.measure.latents import Trace, trace
from recurse_lab.measure.statistics import paired_effect
from recurse_lab.tasks.prefix_sums import PrefixSums

RESIDUAL = np.array([[0.5, 0.001, 0.5], [0.05, 0.5, 0.5], [0.001, 0.5, 0.5]])


def seen(answers, residual=RESIDUAL):
    answers = np.array(answers)
    return Trace(
        answers=answers,
        confidence=np.full(answers.shape, 0.75),
        residual=residual,
        moved=np.full(residual.shape, 0.01),
    )


ANSWERS = [[[0, 0]] * 3, [[0, 1]] * 3, [[1, 1]] * 3, [[1, 0]] * 3]


@pytest.mark.parametrize(
    ("threshold", "expected"), [(0.01, [3, 1, 3]), (0.1, [2, 1, 3]), (0.05, [3, 1, 3]), (0.0, [3, 3, 3])]
)
def test_the_residual_rule_by_hand(threshold, expected):
    assert residual_halt(seen(ANSWERS), threshold).tolist() == expected


def test_outcomes_by_hand():
    targets = np.array([[1, 0], [0, 1], [-100, 0]])
    assert outcome_at(seen(ANSWERS), targets, np.array([3, 1, 3])).tolist() == [True, True, True]
    assert outcome_at(seen(ANSWERS), targets, np.array([2, 2, 1])).tolist() == [False, False, False]
    assert outcome_at(seen(ANSWERS), targets, np.array([0, 0, 0])).tolist() == [False, False, True]


def test_features_by_hand():
    found = features(seen(ANSWERS))
    assert found.shape == (3, 3, 6)
    expected = [np.log10(0.5), -2, 0.75, 0.75, 0.5, np.log10(0.25)]
    assert found[0, 0].tolist() == pytest.approx(expected, abs=1e-4)


class Finishing:
    """Gets one more bit right at each step, comes to rest once it has them all, and is surer then."""

    def start(self, inputs, generator=None):
        right = (inputs.cumsum(1) % 2).float()
        return torch.stack((right, torch.zeros_like(right)), dim=1), right

    def step(self, state, context):
        done = (state[:, 1] + 1).clamp(max=context.shape[1])
        return torch.stack((context, done), dim=1)

    def read(self, state):
        cells = torch.arange(state.shape[-1])
        sign = torch.where(cells < state[:, 1], 1.0, -1.0) * (2 * state[:, 0] - 1)
        sure = 1 + 2 * (state[:, 1] == state.shape[-1])
        return torch.stack((-sign * sure, sign * sure), dim=-1)


def test_a_trained_head_learns_when_answers_are_right():
    before = torch.get_rng_state()
    model, task = Finishing(), PrefixSums()
    head = train_halting_head(model, task, size=6, steps=12, seed=0, problems=16, updates=150)
    assert torch.equal(torch.get_rng_state(), before)
    batch = task.sample(16, 6, "test", torch.Generator().manual_seed(1))
    watched = trace(model, batch.inputs, 12)
    halts = head_halt(head, watched, 0.5)
    assert outcome_at(watched, batch.targets.numpy(), halts).all()
    assert set(halts.tolist()) == {6}
    again = train_halting_head(model, task, size=6, steps=12, seed=0, problems=16, updates=150)
    assert torch.equal(again(features(watched)), head(features(watched)))


values = st.lists(st.floats(-1, 1, width=32), min_size=3, max_size=8)


@given(treatment=values, shift=st.floats(-3, 3, width=32))
def test_intervals_hold_the_mean_and_move_with_a_shift(treatment, shift):
    control = [0.0] * len(treatment)
    effect = paired_effect(treatment, control)
    assert effect.low - 1e-9 <= effect.mean <= effect.high + 1e-9
    assert effect.mean == pytest.approx(np.mean(treatment))
    assert effect.seeds == len(treatment)
    moved = paired_effect([value + shift for value in treatment], control)
    for name in ("mean", "low", "high"):
        assert getattr(moved, name) == pytest.approx(getattr(effect, name) + shift, abs=1e-6)


@given(treatment=values)
def test_intervals_are_as_wide_as_resampled_means(treatment):
    assume(np.std(treatment) > 1e-3)
    effect = paired_effect(treatment, [0.0] * len(treatment))
    random = np.random.default_rng(1)
    means = random.choice(treatment, (20_000, len(treatment))).mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    spread = np.std(treatment)
    assert effect.low == pytest.approx(low, abs=0.25 * spread)
    assert effect.high == pytest.approx(high, abs=0.25 * spread)
    wide = paired_effect(treatment, [0.0] * len(treatment), level=0.99)
    assert wide.low <= effect.low <= effect.high <= wide.high


def test_identical_pairs_have_no_width_and_pairs_are_paired():
    control = [0.1, 0.9, 0.4, 0.7]
    effect = paired_effect([value + 0.25 for value in control], control)
    assert (effect.mean, effect.low, effect.high) == pytest.approx((0.25, 0.25, 0.25), abs=1e-12)


def test_the_sign_is_treatment_minus_control():
    effect = paired_effect([1.0, 1.0, 0.9], [0.0, 0.1, 0.0])
    assert effect.low > 0.5


@pytest.mark.parametrize(
    ("treatment", "control", "words"),
    [
        ([1.0], [0.0], "an interval needs 2 seeds or more, not 1"),
        ([], [], "an interval needs 2 seeds or more, not 0"),
        ([1.0, 2.0], [1.0], "pairs need two values each, not 2 and 1"),
    ],
)
def test_too_few_or_unpaired_values_are_refused(treatment, control, words):
    with pytest.raises(ValueError, match=words):
        paired_effect(treatment, control)
