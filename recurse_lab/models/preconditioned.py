"""A learned solver of linear systems: gradient descent with a learned preconditioner P.

    x <- x - P_k (A x - b)

Gatmiry et al. 2024 (arXiv:2410.08292) train looped linear transformers on regression problems in their context,
and prove that the best ones take steps of preconditioned gradient descent, with a preconditioner that fits the
distribution of the problems. The same here: the step, its few learned numbers, and that training sees the error
after all steps. Different: A is given, and not as examples (x, y) that attention multiplies.

The step's Jacobian is I - P A. The loop settles on the solution if its spectral radius is below 1.

Shape letters: B batch, N numbers, K distinct steps.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from recurse_lab.models.deep_thinking import Layered
from recurse_lab.models.numerical import Solves, System


class PreconditionedDescent(nn.Module):
    """Inputs are systems [A | b] (B, N, N+1), outputs vectors (B, N). The first P is `first` times the identity.

    Args:
        numbers: N.
        depth: K. 1 shares P among all steps; more repeat the last one.
        form: "full" learns N x N numbers a step, "scalar" one: the rate of plain gradient descent.
        first: must be below 2 / largest eigenvalue of A, or training starts where the loop diverges.

    Raises:
        ValueError: a size is below 1, `first` is not above 0, or the form is unknown.
    """

    def __init__(
        self,
        *,
        numbers: int = 8,
        depth: int = 1,
        form: Literal["full", "scalar"] = "full",
        first: float = 0.15,
    ) -> None:
        super().__init__()
        if min(numbers, depth) < 1 or not first > 0:
            raise ValueError(f"numbers, depth, first must be above 0, not {numbers}, {depth}, {first}")
        if form not in ("full", "scalar"):
            raise ValueError(f"form must be 'full' or 'scalar', not {form!r}")
        self.numbers, self.depth = numbers, depth
        shape = torch.eye(numbers).repeat(depth, 1, 1) if form == "full" else torch.ones(depth, 1, 1)
        self.p = nn.Parameter(first * shape)  # (K, N, N) or (K, 1, 1)

    def start(
        self, inputs: Float[Tensor, "B N N+1"], generator: Generator | None = None
    ) -> tuple[Layered, System]:
        """First state 0; the context is the system.

        Raises:
            ValueError: the shape is wrong, or a number is not finite.
        """
        zero, system = Solves().start(inputs)
        if zero.shape[1] != self.numbers:
            raise ValueError(f"systems must have {self.numbers} numbers, not {zero.shape[1]}")
        return Layered(zero, 0), system

    def step(self, state: Layered, context: System) -> Layered:
        """x <- x - P_k (A x - b)."""
        change = context.residual(state.z) @ self.preconditioner(state.layer).mT
        return Layered(state.z - change, state.layer + 1)

    def read(self, state: Layered) -> Float[Tensor, "B N"]:
        """The iterate."""
        return state.z

    def preconditioner(self, step: int = -1) -> Float[Tensor, "N N"]:
        """P of the step from `step`, counted from 0; -1: of the last distinct step, which repeats."""
        p = self.p[step if -1 <= step < self.depth else -1]
        return p if p.shape[0] == self.numbers else p * torch.eye(self.numbers)


@torch.no_grad()
def radii(model: PreconditionedDescent, systems: Float[Tensor, "B N N+1"]) -> Float[Tensor, " B"]:
    """Spectral radius of I - P A for each system, with the P that repeats; NaN if P is not finite."""
    jacobian = torch.eye(model.numbers) - model.preconditioner() @ systems[:, :, :-1]
    return torch.linalg.eigvals(jacobian.nan_to_num()).abs().amax(1)
