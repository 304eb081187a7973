"""The root-mean-square norm without gain.

This norm after every sum keeps all states at the same size, no matter how often a block is applied
(Wang et al. 2025, HRM; Jolicoeur-Martineau 2025, TRM). Shape letter: D width.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def rms(x: Float[Tensor, "... D"]) -> Float[Tensor, "... D"]:
    """x / sqrt(mean x^2 + eps) over the last axis, in float32 or better, without gain."""
    x32 = x if x.dtype == torch.float64 else x.float()
    return (x32 * torch.rsqrt(x32.square().mean(-1, keepdim=True) + EPS)).to(x.dtype)


EPS = 1e-5  # eps of the norm, as in the code of both papers
