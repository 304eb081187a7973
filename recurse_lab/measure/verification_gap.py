"""The gap between generating and verifying: how much better the answers kept are than the answers drawn.

Song et al. 2024 (Mind the Gap, arXiv:2412.02674), definitions 2.1 and 2.2, with utility 1 for a right answer, else 0.

Shape letters: S draws, B problems.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from recurse_lab.train.rounds import Kept


class Gap(NamedTuple):
    """Shares from 0 to 1; `gap` = `precision` - `drawn` = `within` + `between`."""

    drawn: float  # J(f): share of right answers among all draws
    precision: float  # J(f[w]): share of right answers among those kept
    gap: float
    within: float  # the part by choosing among the draws of a problem
    between: float  # the part by choosing problems whose draws are right more often


def gap(right_SB: Bool[Tensor, "S B"], kept: Kept) -> Gap:
    """The gap of what is kept, and its two parts.

    Raises:
        ValueError: nothing is kept.
    """
    if not len(kept.problem):
        raise ValueError("an empty round has no gap: no answer was kept")
    right = right_SB.float()
    drawn, precision = right.mean().item(), right[kept.draw, kept.problem].mean().item()
    of_kept = right[:, kept.problem].mean().item()
    return Gap(drawn, precision, precision - drawn, precision - of_kept, of_kept - drawn)


def ranking(score: Float[Tensor, "*S"], right: Bool[Tensor, "*S"]) -> float:
    """Chance that a right answer scores above a wrong one, equal scores counting half: the area under the ROC curve.

    NaN if all answers are right or all are wrong.
    """
    good, bad = score[right].double(), score[~right].double()
    if not len(good) or not len(bad):
        return float("nan")
    ordered = bad.sort().values
    below = torch.searchsorted(ordered, good) + torch.searchsorted(ordered, good, right=True)
    return (below.double().mean() / (2 * len(bad))).item()


def ranking_within(score_SB: Float[Tensor, "S B"], right_SB: Bool[Tensor, "S B"]) -> float:
    """`ranking` among the draws of one problem, mean over the problems with right and wrong draws; NaN without any."""
    mixed = right_SB.any(0) & ~right_SB.all(0)
    each = [ranking(score_SB[:, b], right_SB[:, b]) for b in mixed.nonzero()[:, 0].tolist()]
    return sum(each) / len(each) if each else float("nan")
