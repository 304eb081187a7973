"""Two other ways to repeat: a feed-forward net called on what is left, and a step fitted by least squares.

Both are controls of chapter 01, and both obey the protocol of the loops.

Shape letters: B batch, N numbers of the system, Q products.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from recurse_lab.models.numerical import GradientDescent, Reads, Solves, System
from recurse_lab.recurrence import Recurrence, settle, think


class Repeated(Reads):
    """A net for `every` steps of gradient descent from 0, called again on what is left of the problem.

    Gradient descent is linear in b. So `every` steps from x are `every` steps from 0 on the residual b - A x,
    added to x. The net sees the residual scaled to length 1. Steps between two calls leave x as it is.
    """

    def __init__(self, net: Recurrence, every: int) -> None:
        self.net, self.every = net, every

    def start(
        self, inputs: Float[Tensor, "B N N+1"], generator: Generator | None = None
    ) -> tuple[tuple[Tensor, int], System]:
        """First state 0 and no step taken; the context is the system."""
        x, system = GradientDescent().start(inputs, generator)
        return (x, 0), system

    def step(self, state: tuple[Tensor, int], context: System) -> tuple[Tensor, int]:
        """Count; at every `every`-th step, x <- x + |r| net(A, r / |r|) with r = b - A x."""
        x, taken = state
        if (taken + 1) % self.every:
            return x, taken + 1
        left = -context.residual(x)
        size = left.norm(dim=1, keepdim=True).clamp_min(1e-30)
        problem = torch.cat((context.matrix, (left / size)[..., None]), 2)
        return x + size * settle(self.net, problem, self.every).output, taken + 1

    def read(self, state: Any) -> Float[Tensor, "B N"]:
        """x."""
        return state[0]


class FittedStep(Solves):
    """x <- x + products([x, A, b, 1]) C, with the coefficients C (Q, N) of a least-squares fit."""

    def __init__(self, coefficients: Float[Tensor, "Q N"]) -> None:
        self.coefficients = coefficients

    def step(self, state: Float[Tensor, "B N"], context: System) -> Float[Tensor, "B N"]:
        """Add the fitted change."""
        return state + products(state, context) @ self.coefficients


def products(x: Float[Tensor, "B N"], system: System) -> Float[Tensor, "B Q"]:
    """All products of two of the numbers x, A (on and above its diagonal), b and 1."""
    rows, columns = torch.triu_indices(x.shape[1], x.shape[1]).tolist()
    s = torch.cat((x, system.matrix[:, rows, columns], system.b, torch.ones_like(x[:, :1])), 1)
    first, second = torch.triu_indices(s.shape[1], s.shape[1]).tolist()
    return s[:, first] * s[:, second]


def fitted_products(systems: Float[Tensor, "B N N+1"], steps: int = 8) -> FittedStep:
    """Fit a step to the changes of the first iterates of gradient descent on these systems, by least squares."""
    method = GradientDescent()
    seen, changes = [], []
    for thought in think(method, systems, steps - 1):
        seen.append(products(thought.state, thought.context))
        changes.append(method.step(thought.state, thought.context) - thought.state)
    solved = torch.linalg.lstsq(torch.cat(seen).double(), torch.cat(changes).double(), driver="gelsd")
    return FittedStep(solved.solution.float())
