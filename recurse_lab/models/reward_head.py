"""A small head that scores an answer from the state behind it; the recursion does not learn from it.

The latent process reward model of Baek et al. 2026 (GRAM), eq. 16, for the last state only.

Shape letters: B batch, C tokens, D width.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from recurse_lab.models.trm import answer


class RewardHead(nn.Module):
    """State of a tiny recursive model -> logit (B,) of "this answer is right"; the state gets no gradient."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.cell = nn.Sequential(
            nn.Linear(width, 2 * width), nn.SiLU(), nn.Linear(2 * width, width), nn.SiLU()
        )
        self.out = nn.Linear(2 * width, 1)

    def forward(self, state: Any) -> Float[Tensor, " B"]:
        """A net for each cell, then the mean and the least of each number over all cells, then a linear map."""
        h_BCD = self.cell(answer(state).detach())
        return self.out(torch.cat((h_BCD.mean(1), h_BCD.amin(1)), dim=-1))[:, 0]
