"""Numerical methods as recurrences: no weights, and an exact answer to compare with.

They obey the same protocol as the nets, so `think` iterates them, and every measurement of states applies.
Source of the methods and their rates: Golub & Van Loan, Matrix Computations, chapters 8 and 11.

Shape letters: B batch, N numbers, G generators of electric power.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor


def checked(inputs: Tensor, what: str) -> Tensor:
    """The inputs.

    Raises:
        ValueError: a number is not finite; `what` names the inputs in the error.
    """
    if not torch.isfinite(inputs).all():
        raise ValueError(f"every number of {what} must be finite")
    return inputs


class Reads:
    """Methods whose answer is their state."""

    def read(self, state: Tensor) -> Tensor:
        """The state itself."""
        return state


@dataclass(frozen=True)
class NewtonRoot(Reads):
    """Newton's method for the square root of a: x <- (x + a / x) / 2, from x = a. Inputs and states: (B, 1)."""

    def start(
        self, inputs: Float[Tensor, "B 1"], generator: Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """First state a, context a.

        Raises:
            ValueError: a number is not finite, or not above 0.
        """
        if not (checked(inputs, "the numbers") > 0).all():
            raise ValueError("a square root needs numbers above 0")
        return inputs, inputs

    def step(self, state: Float[Tensor, "B 1"], context: Float[Tensor, "B 1"]) -> Float[Tensor, "B 1"]:
        """The mean of x and a / x."""
        return (state + context / state) / 2


class System(NamedTuple):
    """A (B, N, N) and b (B, N) of systems A x = b."""

    matrix: Tensor
    b: Tensor

    def residual(self, x: Float[Tensor, "B N"]) -> Float[Tensor, "B N"]:
        """A x - b, which is also the gradient of x'Ax / 2 - b'x."""
        return (self.matrix @ x[..., None])[..., 0] - self.b


class Solves(Reads):
    """Methods for A x = b; inputs are systems [A | b] (B, N, N+1), states are vectors (B, N)."""

    def start(
        self, inputs: Float[Tensor, "..."], generator: Generator | None = None
    ) -> tuple[Float[Tensor, "B N"], System]:
        """First state 0; the context is the system.

        Raises:
            ValueError: the shape is wrong, or a number is not finite.
        """
        if inputs.dim() != 3 or inputs.shape[2] != inputs.shape[1] + 1:
            raise ValueError(f"systems [A | b] must have the shape (B, N, N+1), not {tuple(inputs.shape)}")
        system = System(checked(inputs, "a system")[:, :, :-1], inputs[:, :, -1])
        return torch.zeros_like(system.b), system


@dataclass(frozen=True)
class GradientDescent(Solves):
    """x <- x - rate (A x - b). The step's Jacobian is I - rate A: it contracts if 0 < rate < 2 / largest eigenvalue."""

    rate: float = 1.0  # eta; the best for eigenvalues from m to M is 2 / (m + M)

    def step(self, state: Float[Tensor, "B N"], context: System) -> Float[Tensor, "B N"]:
        """One step against the gradient."""
        return state - self.rate * context.residual(state)


@dataclass(frozen=True)
class Jacobi(Solves):
    """x <- x - (A x - b) / diagonal of A: each equation solved for its own unknown."""

    def start(
        self, inputs: Float[Tensor, "..."], generator: Generator | None = None
    ) -> tuple[Tensor, System]:
        """First state 0; the context is the system.

        Raises:
            ValueError: the shape is wrong, a number is not finite, or the diagonal of A has a zero.
        """
        state, system = super().start(inputs, generator)
        if (system.matrix.diagonal(dim1=1, dim2=2) == 0).any():
            raise ValueError("Jacobi's method needs a diagonal without zeros")
        return state, system

    def step(self, state: Float[Tensor, "B N"], context: System) -> Float[Tensor, "B N"]:
        """Solve each equation for its own unknown, with the other unknowns as they are."""
        return state - context.residual(state) / context.matrix.diagonal(dim1=1, dim2=2)


@dataclass(frozen=True)
class PowerIteration(Reads):
    """v <- A v / |A v|: turns toward the eigenvector of the largest eigenvalue. Inputs: (B, N, N), states: (B, N)."""

    def start(
        self, inputs: Float[Tensor, "B N N"], generator: Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """A first direction: random with a generator, all numbers equal without; the context is A.

        Raises:
            ValueError: a number is not finite.
        """
        matrix = checked(inputs, "the matrix")
        ones = torch.ones(matrix.shape[:2], dtype=matrix.dtype)
        first = ones if generator is None else torch.randn(ones.shape, generator=generator)
        return first / first.norm(dim=1, keepdim=True), matrix

    def step(self, state: Float[Tensor, "B N"], context: Float[Tensor, "B N N"]) -> Float[Tensor, "B N"]:
        """Multiply by A and scale to length 1."""
        v = (context @ state[..., None])[..., 0]
        return v / v.norm(dim=1, keepdim=True).clamp_min(1e-30)
