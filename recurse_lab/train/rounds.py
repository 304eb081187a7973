"""One round of self-training: which of a model's own answers are kept to learn from.

Rejection sampling as in Song et al. 2024 (Mind the Gap, arXiv:2412.02674, section 2), with a fixed number kept.

Shape letters: S draws, B problems, K kept.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor


class Kept(NamedTuple):
    """The problems that are kept, best first, and the draw that answers each of them."""

    problem: Int[Tensor, " K"]
    draw: Int[Tensor, " K"]


def best_first(score_SB: Float[Tensor, "S B"], count: int, generator: Generator) -> Kept:
    """Keep the best draw of each problem, of the `count` problems whose best draw scores highest.

    Equal scores are put in random order. A draw with score -infinity is never kept, so fewer may be kept.

    Raises:
        ValueError: `count` is below 1, there are no draws, or a score is NaN or +infinity.
    """
    if score_SB.dim() != 2 or not score_SB.numel():
        raise ValueError(f"scores must be (draws, problems), 1 or more each, not {tuple(score_SB.shape)}")
    if count < 1:
        raise ValueError(f"count must be 1 problem or more, not {count}")
    if score_SB.isnan().any() or (score_SB == torch.inf).any():
        raise ValueError("scores must be numbers or -infinity, not NaN or +infinity")
    shuffled_S = torch.randperm(score_SB.shape[0], generator=generator)
    best_B, place_B = score_SB[shuffled_S].max(0)
    shuffled_B = torch.randperm(score_SB.shape[1], generator=generator)
    order_B = shuffled_B[best_B[shuffled_B].argsort(descending=True, stable=True)]
    kept = order_B[best_B[order_B] > -torch.inf][:count]
    return Kept(kept, shuffled_S[place_B[kept]])


def other_draws(kept: Kept, draws: int, generator: Generator) -> Kept:
    """The same problems, each answered by a draw chosen at random among all of its draws."""
    return Kept(kept.problem, torch.randint(draws, kept.draw.shape, generator=generator))
