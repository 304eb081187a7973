"""Linear systems of one family: they share an ill-conditioned part, which a solver can learn.

    A = C^(1/2) W C^(1/2)

C has a fixed basis, and eigenvalues from 1 / sqrt(kappa) to sqrt(kappa) in equal ratios. W is well conditioned
and drawn anew for each system. With P = C^-1, P A has the eigenvalues of W: C^-1 is the family's preconditioner
(Golub & Van Loan, Matrix Computations, section 11.5).

Shape letters: B batch, N numbers (size of the system).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

from recurse_lab.tasks.base import Batch, Split, sample_split
from recurse_lab.tasks.judging import Numbers
from recurse_lab.tasks.linear_systems import parts, relative_error


@dataclass(frozen=True)
class SystemFamily(Numbers):
    """Draws systems of a family, and judges vectors by their relative error |x - target| / |target|.

    Raises:
        ValueError: a size or a range is out of bounds.
    """

    tolerance: float = 0.01
    numbers: int = 8  # N
    basis: int | None = 0  # seed of C's basis; None: every system has a basis of its own
    condition: float = 30.0  # kappa of C
    own: tuple[float, float] = (0.5, 1.5)  # eigenvalues of W, drawn evenly

    def __post_init__(self) -> None:
        low, high = self.own
        if self.numbers < 2 or not 1 <= self.condition < float("inf"):
            raise ValueError(f"numbers must be 2 or more and condition 1 or more, not {self}")
        if not 0 < low <= high < float("inf"):
            raise ValueError(f"eigenvalues of W range from above 0 upward, not {self.own}")

    def sample(self, count: int, split: Split, generator: Generator) -> Batch:
        """Systems [A | b] (B, N, N+1) with |b| = 1, and their solutions (B, N). Splits share no system."""
        drawn = sample_split(lambda number: self._draw(number, generator).view(torch.int32), count, split)
        systems = drawn.view(torch.float32)
        matrix, b = parts(systems.double())
        return Batch(systems, torch.linalg.solve(matrix, b).float())

    def shared(self) -> Float[Tensor, "N N"]:
        """C, the part that all systems of the family share.

        Raises:
            ValueError: every system has a basis of its own.
        """
        if self.basis is None:
            raise ValueError("these systems share no basis; give the family a seed for it")
        basis = orthogonal(1, self.numbers, Generator().manual_seed(self.basis))
        return ((basis * self._values()) @ basis.mT)[0]

    def _values(self) -> Float[Tensor, " N"]:
        return self.condition ** torch.linspace(-0.5, 0.5, self.numbers)

    def _draw(self, count: int, generator: Generator) -> Float[Tensor, "B N N+1"]:
        if self.basis is None:
            basis = orthogonal(count, self.numbers, generator)
        else:
            basis = orthogonal(1, self.numbers, Generator().manual_seed(self.basis))
        root = (basis * self._values().sqrt()) @ basis.mT
        low, high = self.own
        values = low + (high - low) * torch.rand(count, 1, self.numbers, generator=generator)
        vectors = orthogonal(count, self.numbers, generator)
        matrix = root @ ((vectors * values) @ vectors.mT) @ root
        b = torch.randn(count, self.numbers, 1, generator=generator)
        return torch.cat((matrix, b / b.norm(dim=1, keepdim=True)), 2)

    def loss(self, outputs: Float[Tensor, "B N"], targets: Float[Tensor, "B N"]) -> Float[Tensor, ""]:
        """Mean over the systems of the squared relative error."""
        return relative_error(outputs, targets).square().mean()

    def right(self, outputs: Float[Tensor, "B N"], targets: Float[Tensor, "B N"]) -> Bool[Tensor, "B N"]:
        """True in all cells of a vector whose relative error is at most the tolerance."""
        return (relative_error(outputs, targets) <= self.tolerance)[:, None].expand(targets.shape)


def orthogonal(count: int, numbers: int, generator: Generator) -> Float[Tensor, "B N N"]:
    """Random orthonormal bases."""
    return torch.linalg.qr(torch.randn(count, numbers, numbers, generator=generator)).Q
