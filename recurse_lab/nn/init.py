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


def uniform_(weight: Tensor, fans: int, gain: float = 1.0) -> Tensor:
    """Fill `weight` in place uniformly with standard deviation gain sqrt(2 / fans), `fans` = fan in + fan out.

    Glorot and Bengio 2010, eq. 16.
    """
    bound = gain * math.sqrt(6 / fans)
    return nn.init.uniform_(weight, -bound, bound)


def check_heads(width: int, heads: int) -> None:
    """Check that the heads divide the width.

    Raises:
        ValueError: `heads` is below 1, or `width` is not a multiple of `heads`.
    """
    if heads < 1 or width < 1 or width % heads:
        raise ValueError(f"width must be a multiple of heads (1 or more), not {width} with {heads} heads")
