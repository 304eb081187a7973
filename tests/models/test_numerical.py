"""Numerical methods: their fixed points, rates of convergence, and errors for bad input."""

import numpy as np
import pytest
import torch

from recurse_lab.measure.jacobian import eigenvalues, spectral_radius
from recurse_lab.models.numerical import GradientDescent, Jacobi, NewtonRoot, PowerIteration
from recurse_lab.recurrence import settle, think
from recurse_lab.tasks.linear_systems import LinearSystems, parts

# when torch 2.13 loads forward-mode differentiation, it warns about its own use of torch.jit.script
forward_mode = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")


@pytest.fixture
def systems():
    return LinearSystems(condition=(2, 20)).systems(16, "train", torch.Generator().manual_seed(0)).double()


@forward_mode
@pytest.mark.parametrize("method", [GradientDescent(), GradientDescent(rate=1.5)])
def test_descent_solves_the_system_at_the_rate_of_its_spectral_radius(systems, method):
    matrix, b = parts(systems)
    solution = torch.linalg.solve(matrix, b)
    torch.testing.assert_close(settle(method, systems, 2000).output, solution)
    radius = (1 - method.rate * torch.linalg.eigvalsh(matrix)).abs().amax(1)
    state = settle(method, systems, 3).state
    found = spectral_radius(method, systems, state, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(found.double(), radius, rtol=2e-2, atol=0)
    near, far = (settle(method, systems, k).output - solution for k in (400, 300))
    bound = radius**100 * far.norm(dim=1)
    assert (near.norm(dim=1) <= 1.0001 * bound + 1e-13).all()


def test_the_kth_iterate_is_the_closed_form(systems):
    matrix, b = parts(systems)
    solution = torch.linalg.solve(matrix, b)
    left = torch.linalg.matrix_power(torch.eye(4).double() - matrix, 7) @ solution[..., None]
    torch.testing.assert_close(settle(GradientDescent(), systems, 7).output, solution - left[..., 0])


def test_jacobi_solves_a_dominant_system_and_is_gradient_descent_on_a_unit_diagonal():
    systems = torch.tensor([[[1.0, 0.2, 1.0], [0.2, 1.0, -1.0]]])
    torch.testing.assert_close(settle(Jacobi(), systems, 60).output, torch.tensor([[1.25, -1.25]]))
    both = [settle(method, systems, 5).output for method in (Jacobi(), GradientDescent())]
    torch.testing.assert_close(*both)
    with pytest.raises(ValueError, match="diagonal without zeros"):
        Jacobi().start(torch.tensor([[[0.0, 1.0, 1.0], [1.0, 1.0, 1.0]]]))


def test_newtons_root_doubles_its_digits():
    number = torch.tensor([[2.0], [100.0]]).double()
    errors = [(thought.output - number.sqrt()).abs() for thought in think(NewtonRoot(), number, 9, read=True)]
    assert errors[9].max() < 1e-13
    assert all((errors[k + 1] <= errors[k] ** 2 + 1e-14).all() for k in range(5))
    assert abs(eigenvalues(NewtonRoot(), number[:1], settle(NewtonRoot(), number[:1], 9).state)[0]) < 1e-12


def test_power_iteration_turns_to_the_longest_axis():
    matrix = torch.diag(torch.tensor([1.0, 3.0, 2.0]))[None]
    for generator in (None, torch.Generator().manual_seed(0)):
        found = settle(PowerIteration(), matrix, 60, generator=generator).output
        torch.testing.assert_close(found.abs(), torch.tensor([[0.0, 1.0, 0.0]]), rtol=0, atol=1e-5)
    radius = np.abs(eigenvalues(PowerIteration(), matrix, settle(PowerIteration(), matrix, 60).state))[0]
    assert radius == pytest.approx(2 / 3, abs=1e-4)


@pytest.mark.parametrize(
    ("method", "inputs", "said"),
    [
        (NewtonRoot(), torch.tensor([[-1.0]]), "numbers above 0"),
        (NewtonRoot(), torch.tensor([[torch.nan]]), "must be finite"),
        (GradientDescent(), torch.zeros(1, 3, 3), r"shape \(B, N, N\+1\)"),
        (GradientDescent(), torch.full((1, 2, 3), torch.inf), "must be finite"),
        (PowerIteration(), torch.full((1, 2, 2), torch.nan), "must be finite"),
    ],
)
def test_bad_input_is_refused(method, inputs, said):
    with pytest.raises(ValueError, match=said):
        method.start(inputs)
