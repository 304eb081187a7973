"""Initial weights, and checked look-ups in embedding tables.

Shape letters: *B batch, D width.
"""

import math

from jaxtyping import Float, Int
from torch import Tensor, nn


def lecun_normal_(weight: Tensor, std: float | None = None) -> Tensor:
    """Fill `weight` in place from a normal cut at two of its deviations, scaled to standard deviation `std`.

    None sets `std` to 1 / sqrt(fan in), the fan in being the last axis of `weight`.
    """
    wanted = weight.shape[-1] ** -0.5 if std is None else std
    density = math.exp(-2) / math.sqrt(2 * math.pi)
    # a standard normal cut at -2 and 2 has variance 1 - 4 phi(2) / (2 Phi(2) - 1)
    uncut = wanted / math.sqrt(1 - 4 * density / math.erf(math.sqrt(2)))
    return nn.init.trunc_normal_(weight, std=uncut, a=-2 * uncut, b=2 * uncut)


def looked_up(table: nn.Embedding, rows: Int[Tensor, "*B"], what: str) -> Float[Tensor, "*B D"]:
    """Look up rows (*B) of a table; `what` names them in the error.

    Raises:
        ValueError: the table has no such row. Only a CPU reports this; other devices fail later.
    """
    try:
        return table(rows)
    except IndexError:
        raise ValueError(f"{what} must be numbers from 0 to {table.num_embeddings - 1}") from None
