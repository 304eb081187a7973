"""The step's eigenvalues and spectral radius equal numpy's on linear maps, for real and complex spectra."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from recurse_lab import settle
from recurse_lab.measure.jacobian import LARGEST, eigenvalues, spectral_radius
from recurse_lab.models.deep_thinking import DeepThinking, DeepThinkingConfig
from recurse_lab.train.loop import seeded

# when torch 2.13 loads forward-mode differentiation, it warns about its own use of torch.jit.script
forward_mode = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")


class Linear:
    """z <- A z."""

    def __init__(self, matrix):
        self.matrix = torch.as_tensor(matrix, dtype=torch.float32)

    def start(self, inputs, generator=None):
        return inputs.float(), None

    def step(self, state, context):
        return state @ self.matrix.T

    def read(self, state):
        return state[..., None]


ROTATION = 0.9 * np.array([[np.cos(1.0), -np.sin(1.0)], [np.sin(1.0), np.cos(1.0)]])
NON_NORMAL = np.array([[0.5, 100.0], [0.0, 0.8]])


def radius(matrix, **options):
    inputs = torch.ones(2, len(matrix), dtype=torch.int64)
    generator = torch.Generator().manual_seed(0)
    return spectral_radius(Linear(matrix), inputs, inputs.float(), generator=generator, **options)


GROWING = np.array([[1.2, 0.3, 0.0], [-0.3, 1.2, 0.5], [0.0, 0.1, -0.2]])


@forward_mode
@pytest.mark.parametrize("matrix", [ROTATION, NON_NORMAL, GROWING])
def test_spectral_radius_of_complex_and_of_non_normal_maps(matrix):
    expected = np.abs(np.linalg.eigvals(matrix)).max()
    assert radius(matrix).tolist() == pytest.approx([expected] * 2, rel=0.01)


@given(seed=st.integers(0, 2**31))
def test_spectra_of_linear_maps_are_those_of_numpy(seed):
    matrix = np.random.default_rng(seed).normal(size=(5, 5)).astype(np.float32) / 2
    expected = np.linalg.eigvals(matrix.astype(np.float64))
    found = eigenvalues(Linear(matrix), torch.ones(1, 5), torch.ones(1, 5))
    assert np.allclose(np.sort_complex(found), np.sort_complex(expected), atol=1e-5)
    assert (np.diff(np.abs(found)) < 1e-6).all()


@forward_mode
def test_spectra_of_a_state_with_a_layer_counter():
    with seeded(0) as generator:
        net, inputs = DeepThinking(DeepThinkingConfig(width=4, groups=2)), torch.tensor([[0, 1, 1]])
    state = settle(net, inputs, 3).state
    z = state.z.detach().requires_grad_()
    context = net.start(inputs)[1]
    jacobian = torch.autograd.functional.jacobian(lambda flat: net.step(state._replace(z=flat), context).z, z)
    expected = np.linalg.eigvals(jacobian.reshape(12, 12).double().numpy())
    found = eigenvalues(net, inputs, state)
    assert np.allclose(np.abs(found), np.sort(np.abs(expected))[::-1], atol=1e-4)
    estimate = spectral_radius(net, inputs, state, generator=generator, iterations=100)
    assert estimate.item() == pytest.approx(np.abs(expected).max(), rel=0.05)


@pytest.mark.parametrize("shape", [(2, 3), (1, LARGEST + 1)])
def test_exact_spectra_refuse_what_would_take_minutes(shape):
    with pytest.raises(ValueError, match="at most 4096 numbers"):
        eigenvalues(Linear(0.5), torch.ones(shape), torch.ones(shape))


@pytest.mark.parametrize("wrong", [{"iterations": 0}, {"burn_in": -1}])
def test_impossible_numbers_of_iterations_are_refused(wrong):
    with pytest.raises(ValueError, match="iterations must be 1 or more"):
        radius(ROTATION, **wrong)
