"""Halting rules by hand, and on a model whose state comes to rest once its answer is right."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from recurse_lab.measure.halting import features, head_halt, outcome_at, residual_halt, train_halting_head
from recurse_lab.measure.latents import Trace, trace
from recurse_lab.tasks.judging import IGNORE
from recurse_lab.tasks.prefix_sums import PrefixSums

RESIDUAL = np.array([[0.5, 0.001, 0.5], [0.05, 0.5, 0.5], [0.001, 0.5, 0.5]])


def seen(answers, residual=RESIDUAL):
    answers = np.array(answers)
    return Trace(
        answers=answers,
        right=(answers == TARGETS) | (TARGETS == IGNORE),
        confidence=np.full(answers.shape, 0.75),
        residual=residual,
        moved=np.full(residual.shape, 0.01),
    )


TARGETS = np.array([[1, 0], [0, 1], [IGNORE, 0]])
ANSWERS = [[[0, 0]] * 3, [[0, 1]] * 3, [[1, 1]] * 3, [[1, 0]] * 3]


@pytest.mark.parametrize(
    ("threshold", "expected"), [(0.01, [3, 1, 3]), (0.1, [2, 1, 3]), (0.05, [3, 1, 3]), (0.0, [3, 3, 3])]
)
def test_the_residual_rule_by_hand(threshold, expected):
    assert residual_halt(seen(ANSWERS), threshold).tolist() == expected


def test_outcomes_by_hand():
    assert outcome_at(seen(ANSWERS), np.array([3, 1, 3])).tolist() == [True, True, True]
    assert outcome_at(seen(ANSWERS), np.array([2, 2, 1])).tolist() == [False, False, False]
    assert outcome_at(seen(ANSWERS), np.array([0, 0, 0])).tolist() == [False, False, True]
    with pytest.raises(ValueError, match="give targets to `trace`"):
        outcome_at(replace(seen(ANSWERS), right=None), np.array([0, 0, 0]))


def test_features_by_hand():
    found = features(seen(ANSWERS))
    assert found.shape == (3, 3, 6)
    expected = [np.log10(0.5), -2, 0.75, 0.75, 0.5, np.log10(0.25)]
    assert found[0, 0].tolist() == pytest.approx(expected, abs=1e-4)


class Finishing:
    """One more bit is right after each step; once all are, the state rests and the answers are surer."""

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
    watched = trace(model, batch.inputs, 12, targets=batch.targets)
    halts = head_halt(head, watched, 0.5)
    assert outcome_at(watched, halts).all()
    assert set(halts.tolist()) == {6}
    again = train_halting_head(model, task, size=6, steps=12, seed=0, problems=16, updates=150)
    assert torch.equal(again(features(watched)), head(features(watched)))
