"""Latents of a contraction approach their limit at its rate; paths, settling and accuracy equal tables by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from recurse_lab import think
from recurse_lab.measure.behavior import accuracy_grid, steps_needed
from recurse_lab.measure.latents import distance_to_limit, pca_path, relative_change, settling_step, trace
from recurse_lab.models.deep_thinking import DeepThinking, DeepThinkingConfig
from recurse_lab.state import latent
from recurse_lab.tasks.prefix_sums import PrefixSums
from recurse_lab.train.loop import seeded

seeds = st.integers(0, 2**31)


class Affine:
    """z <- A z + b; the answer to a cell is its sign."""

    def __init__(self, matrix, shift=0.0):
        self.matrix, self.shift = torch.as_tensor(matrix, dtype=torch.float32), shift

    def start(self, inputs, generator=None):
        return inputs.float(), None

    def step(self, state, context):
        return state @ self.matrix.T + self.shift

    def read(self, state):
        return torch.stack((-state, state), dim=-1)


class Revealing:
    """Computes prefix sums: one more bit is right after each step, and the state moves until all are."""

    def start(self, inputs, generator=None):
        return torch.zeros(len(inputs), 1), inputs.cumsum(1) % 2

    def step(self, state, context):
        self.answers = context
        return (state + 1).clamp(max=context.shape[1])

    def read(self, state):
        answers = getattr(self, "answers", torch.zeros(len(state), 4, dtype=torch.int64))
        right = torch.where(torch.arange(answers.shape[1]) < state, answers, 1 - answers)
        return torch.nn.functional.one_hot(right, 2) * 4.0


@given(seed=seeds, rate=st.sampled_from([0.3, 0.5, 0.8]))
def test_a_contraction_approaches_its_limit_at_its_rate(seed, rate):
    inputs = torch.randint(6, 20, (2, 4), generator=torch.Generator().manual_seed(seed))
    seen = trace(Affine(rate * torch.eye(4), shift=1.0), inputs, 90, keep_latents=True)
    assert (np.diff(seen.residual[:12], axis=0) < 0).all()
    moved = seen.residual * np.linalg.norm(seen.latents[1:], axis=-1)
    assert np.allclose(moved[1:6] / moved[:5], rate, rtol=1e-3)
    away = distance_to_limit(seen.latents)
    assert np.allclose(away[1:6] / away[:5], rate, rtol=1e-3)
    assert np.allclose(seen.latents[-1], 1 / (1 - rate), rtol=1e-4)


def test_distances_by_hand():
    latents = np.array([[[4.0, 8.0]], [[3.0, 4.0]], [[0.0, 5.0]]])
    assert distance_to_limit(latents)[:, 0] == pytest.approx([1.0, 10**0.5 / 5, 0.0])
    assert relative_change(torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0, 0.0]])).tolist() == [1.0]


def test_a_trace_by_hand():
    seen = trace(Affine(-0.5 * np.eye(2)), torch.tensor([[2, -4]]), 2, keep_latents=True)
    assert seen.latents[:, 0].tolist() == [[2, -4], [-1, 2], [0.5, -1]]
    assert seen.answers[:, 0].tolist() == [[1, 0], [0, 1], [1, 0]]
    assert seen.residual[:, 0].tolist() == pytest.approx([3.0, 3.0])
    p = 1 / (1 + np.exp(-2 * np.array([[2.0, 4.0], [1.0, 2.0], [0.5, 1.0]])))
    assert np.allclose(seen.confidence[:, 0], p, atol=1e-6)
    now, before = np.stack((p[1:], 1 - p[1:])), np.stack((1 - p[:-1], p[:-1]))
    assert np.allclose(seen.moved[:, 0], (now * np.log(now / before)).sum(0).mean(1), rtol=1e-4)


@given(seed=seeds)
def test_pca_keeps_the_distances_of_flat_paths(seed):
    random = np.random.default_rng(seed)
    flat = random.normal(size=(6, 2, 2)) @ np.linalg.qr(random.normal(size=(5, 5)))[0][:2] + 3
    points, shares = pca_path(flat)
    before, after = (p.reshape(12, -1)[:, None] - p.reshape(12, -1)[None] for p in (flat, points))
    assert points.shape == (6, 2, 2)
    assert np.allclose(np.linalg.norm(before, axis=-1), np.linalg.norm(after, axis=-1), atol=1e-6)
    assert shares.sum() == pytest.approx(1)
    assert shares[0] >= shares[1]


def test_settling_steps_by_hand():
    answers = np.array([[0, 0, 1], [1, 0, 1], [0, 0, 1], [0, 1, 1]])[:, None]
    assert settling_step(answers).tolist() == [[2, 3, 0]]
    assert settling_step(answers[:1]).tolist() == [[0, 0, 0]]


@pytest.mark.parametrize(
    ("exact", "expected"),
    [
        ([0.0, 1.0, 1.0, 1.0], 20),
        ([1.0, 0.5, 1.0, 0.99], 30),
        ([1.0, 1.0, 1.0, 0.98], None),
        ([1.0, 1.0, 1.0, 1.0], 10),
        ([0.0] * 4, None),
    ],
)
def test_steps_needed_by_hand(exact, expected):
    assert steps_needed([10, 20, 30, 40], exact) == expected


def test_accuracy_grid_of_a_model_that_reveals_bits():
    grid = accuracy_grid(Revealing(), PrefixSums(), (4, 6), {6, 2, 4}, count=3, seed=0)
    assert (grid.sizes, grid.steps) == ((4, 6), (2, 4, 6))
    assert grid.exact.tolist() == [[0, 1, 1], [0, 0, 1]]
    assert grid.cells == pytest.approx(np.array([[1 / 2, 1, 1], [1 / 3, 2 / 3, 1]]))


@pytest.mark.parametrize("steps", [[], [-1, 3]])
def test_accuracy_grid_refuses_impossible_steps(steps):
    with pytest.raises(ValueError, match="step numbers from 0 on"):
        accuracy_grid(Revealing(), PrefixSums(), (4,), steps, count=1, seed=0)


def test_measuring_leaves_thoughts_alone():
    inputs = torch.tensor([[0, 1, 1, 0]])
    with seeded(0):
        net = DeepThinking(DeepThinkingConfig(width=4, groups=2))
    seen = trace(net, inputs, 3, keep_latents=True)
    for row, thought in zip(seen.latents, think(net, inputs, 3), strict=True):
        assert np.array_equal(row, latent(thought.state).detach().numpy())
