"""Linear systems A x = b with a symmetric positive definite A of chosen condition number.

They are also least-squares problems: x minimizes x'Ax / 2 - b'x. A batch of systems is one tensor, [A | b].

Shape letters: B batch, N numbers (size of the system), T steps.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

from recurse_lab.tasks.base import Split, sample_split
from recurse_lab.tasks.judging import Numbers


@dataclass(frozen=True)
class LinearSystems(Numbers):
    """Draws systems, and judges vectors by their relative error |x - target| / |target|.

    `condition` is the range of the condition number kappa, drawn evenly on a logarithmic scale. The largest
    eigenvalue of A is 1, the smallest 1 / kappa, the others lie between them at random (evenly in their
    logarithm); the eigenvectors are random, and |b| = 1.

    Raises:
        ValueError: `numbers` is below 2, or the range does not begin at 1 or above and rise.
    """

    tolerance: float = 0.1
    every_step: bool = True
    numbers: int = 4  # N
    condition: tuple[float, float] = (10.0, 100.0)

    def __post_init__(self) -> None:
        low, high = self.condition
        if self.numbers < 2:
            raise ValueError(f"a system has 2 numbers or more, not {self.numbers}")
        if not 1 <= low <= high < float("inf"):
            raise ValueError(f"condition numbers range from 1 or above upward, not {self.condition}")

    def systems(self, count: int, split: Split, generator: Generator) -> Float[Tensor, "B N N+1"]:
        """Draw `count` systems [A | b] of one split. A hash of their bits gives the split, so none is in two splits."""
        drawn = sample_split(lambda number: self._draw(number, generator).view(torch.int32), count, split)
        return drawn.view(torch.float32)

    def _draw(self, count: int, generator: Generator) -> Float[Tensor, "B N N+1"]:
        low, high = self.condition
        kappa = low * (high / low) ** torch.rand(count, 1, generator=generator)
        place = torch.rand(count, self.numbers, generator=generator)
        place[:, 0], place[:, -1] = 0, 1
        values = kappa ** (place - 1)  # eigenvalues
        square = torch.randn(count, self.numbers, self.numbers, generator=generator)
        vectors = torch.linalg.qr(square).Q
        matrix = (vectors * values[:, None]) @ vectors.mT
        b = torch.randn(count, self.numbers, 1, generator=generator)
        return torch.cat((matrix, b / b.norm(dim=1, keepdim=True)), 2)

    def loss(self, outputs: Float[Tensor, "B N"], targets: Float[Tensor, "B N"]) -> Float[Tensor, ""]:
        """Mean over the problems of the squared relative error."""
        return relative_error(outputs, targets).square().mean()

    def right(self, outputs: Float[Tensor, "B N"], targets: Float[Tensor, "B N"]) -> Bool[Tensor, "B N"]:
        """True in all cells of a vector whose relative error is at most the tolerance."""
        return (relative_error(outputs, targets) <= self.tolerance)[:, None].expand(targets.shape)


def relative_error(outputs: Float[Tensor, "B N"], targets: Float[Tensor, "B N"]) -> Float[Tensor, " B"]:
    """|output - target| / |target| of each problem, Euclidean norms."""
    return (outputs - targets).norm(dim=1) / targets.norm(dim=1).clamp_min(1e-12)


def parts(systems: Float[Tensor, "..."]) -> tuple[Float[Tensor, "B N N"], Float[Tensor, "B N"]]:
    """A and b of systems [A | b].

    Raises:
        ValueError: the shape is not (B, N, N+1), or a number is not finite.
    """
    if systems.dim() != 3 or systems.shape[2] != systems.shape[1] + 1:
        raise ValueError(f"systems [A | b] must have the shape (B, N, N+1), not {tuple(systems.shape)}")
    if not torch.isfinite(systems).all():
        raise ValueError("every number of a system must be finite")
    return systems[:, :, :-1], systems[:, :, -1]
