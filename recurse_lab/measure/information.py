"""Relative information gain: how much of an answer some inputs tell, over all problems of a size.

Dziri et al. 2023, "Faith and Fate" (arXiv:2305.18654), section 3.2.1: (H(Y) - H(Y | X)) / H(Y).

Shape letters: N = M problems, all equally likely, K features.
"""

import torch
from jaxtyping import Int
from torch import Tensor


def relative_information(known_NK: Int[Tensor, "N K"], answer_N: Int[Tensor, " M"]) -> float:
    """Share of the entropy of the answer that the known features take away: 0 none, 1 all of it.

    An answer that never varies gives 1.

    Raises:
        ValueError: there is no problem, or the numbers of problems differ.
    """
    if len(known_NK) != len(answer_N) or not len(answer_N):
        raise ValueError(f"there must be an answer to each problem, not {len(answer_N)} to {len(known_NK)}")
    before = entropy(answer_N[:, None])
    both = entropy(torch.cat((known_NK, answer_N[:, None]), dim=1))
    # H(Y | X) = H(X, Y) - H(X)
    return 1 - (both - entropy(known_NK)) / before if before > 0 else 1.0


def entropy(values_NK: Int[Tensor, "N K"]) -> float:
    """Entropy in bits of the rows, each row of the table equally likely."""
    least_K = values_NK.amin(0)
    codes_N = torch.zeros(len(values_NK), dtype=torch.int64)
    # each row as one number, because rows are slow to sort
    for column_N, spread in zip(
        (values_NK - least_K).T, (values_NK.amax(0) - least_K + 1).tolist(), strict=True
    ):
        codes_N = codes_N * spread + column_N
    shares = codes_N.unique(return_counts=True)[1].double() / len(codes_N)
    return -(shares * shares.log2()).sum().item()
