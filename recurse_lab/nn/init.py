"""First weights, and rows of tables.

Shape letters: *B batch, D width.
"""

import math

from jaxtyping import Float, Int
from torch import Tensor, nn


def lecun_normal_(weight: Tensor, std: float | None = None) -> Tensor:
    """Fill with a normal cut off at two deviations that still has deviation `std` (1 / sqrt(fan in) if None)."""
    wanted = weight.shape[-1] ** -0.5 if std is None else std
    density = math.exp(-2) / math.sqrt(2 * math.pi)
    # a standard normal cut at -2 and 2 has variance 1 - 4 phi(2) / (2 Phi(2) - 1)
    uncut = wanted / math.sqrt(1 - 4 * density / math.erf(math.sqrt(2)))
    return nn.init.trunc_normal_(weight, std=uncut, a=-2 * uncut, b=2 * uncut)


def looked_up(table: nn.Embedding, rows: Int[Tensor, "*B"], what: str) -> Float[Tensor, "*B D"]:
    """Rows of a table.

    Raises:
        ValueError: there is no such row. That is on a CPU; other devices report it later.
    """
    try:
        return table(rows)
    except IndexError:
        raise ValueError(f"{what} must be numbers from 0 to {table.num_embeddings - 1}") from None
