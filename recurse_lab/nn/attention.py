"""Self-attention with positions from rotation, from learned relations between cells, or without positions.

Shape letters: B batch, C cells (prefix first), D width, H heads, K width of a head, J = K / 2, R relations.
"""

from functools import lru_cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class Attention(nn.Module):
    """Multi-head self-attention with rotary positions (Su et al. 2021, RoFormer, eq. 34).

    Raises:
        ValueError: `heads` is below 1, or `width` is not a multiple of 2 `heads`.
    """

    def __init__(self, width: int, heads: int, causal: bool = False) -> None:
        super().__init__()
        if heads < 1 or width % (2 * heads):
            raise ValueError(
                f"width must be a multiple of 2 x heads (1 or more), not {width} with {heads} heads"
            )
        self.heads, self.causal = heads, causal
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, x_BCD: Float[Tensor, "B C D"]) -> Float[Tensor, "B C D"]:
        """Mix the cells of each example."""
        B, C, D = x_BCD.shape
        q, k, v = self.qkv(x_BCD).view(B, C, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k = rotate(q), rotate(k)
        mixed_BHCK = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.out(mixed_BHCK.transpose(1, 2).reshape(B, C, D))


class Turn(NamedTuple):
    """Cosines and sines (C, J) of the rotary angles for the pairs (x_j, x_{j + J}) of a head."""

    cos: Tensor
    sin: Tensor


@lru_cache(maxsize=32)
def turn(cells: int, width: int, dtype: torch.dtype, device: torch.device, base: float = 10_000.0) -> Turn:
    """Cosines and sines of the angles i / base^(2 j / K), in radians, of cell i and pair j.

    `width` is the head width K. The angles are float32; the result has `dtype`.
    """
    with torch.inference_mode(False):  # cache normal tensors; inference tensors cannot be saved for backward
        frequency_J = 1 / base ** (torch.arange(0, width, 2, device=device) / width)
        angle_CJ = torch.outer(torch.arange(cells, device=device), frequency_J)
        return Turn(angle_CJ.cos().to(dtype), angle_CJ.sin().to(dtype))


def rotate(x_BHCK: Float[Tensor, "B H C K"]) -> Float[Tensor, "B H C K"]:
    """Rotate each pair (x_j, x_{j + J}) by the angle of its cell (rotate-half form), in float32 or better."""
    C, K = x_BHCK.shape[-2:]
    precise = x_BHCK.dtype if x_BHCK.dtype == torch.float64 else torch.float32
    cos_CJ, sin_CJ = turn(C, K, precise, x_BHCK.device)
    a, b = x_BHCK.chunk(2, dim=-1)
    return torch.cat((a * cos_CJ - b * sin_CJ, b * cos_CJ + a * sin_CJ), dim=-1).to(x_BHCK.dtype)


RELATION_SCALE = 8.0  # Adam moves each weight by about its learning rate; the factor 8 speeds up learning


class PlacedAttention(Attention):
    """Attention with rotary positions, learned weights per head and relation of two cells, both, or neither."""

    def __init__(self, width: int, heads: int, rotary: bool = True, relations: int = 0) -> None:
        super().__init__(width, heads)
        self.rotary = rotary
        self.relation = nn.Parameter(torch.zeros(heads, relations)) if relations else None

    def bias(self, relations_RCC: Float[Tensor, "R C C"] | None) -> Float[Tensor, "H C C"] | None:
        """8 sum_r w_hr relation_r(i, j), added to the score of query cell i and key cell j; None without relations."""
        if self.relation is None or relations_RCC is None:
            return None
        return RELATION_SCALE * torch.einsum("hr,rij->hij", self.relation, relations_RCC)

    def turn(self, x_BCD: Float[Tensor, "B C D"]) -> Turn | None:
        """Cosines and sines (C, J) that rotate queries and keys; None without rotary positions."""
        C, D = x_BCD.shape[1:]
        return turn(C, D // self.heads, x_BCD.dtype, x_BCD.device) if self.rotary else None

    def forward(
        self, x_BCD: Float[Tensor, "B C D"], bias_HCC: Float[Tensor, "H C C"] | None = None
    ) -> Float[Tensor, "B C D"]:
        """Mix the cells of each example."""
        B, C, D = x_BCD.shape
        H = self.heads
        qkv_BGCK = self.qkv(x_BCD).view(B, C, 3 * H, -1).transpose(1, 2)
        qk, v = qkv_BGCK[:, : 2 * H], qkv_BGCK[:, 2 * H :]
        q, k = (rotate(qk) if self.rotary else qk).chunk(2, dim=1)
        mixed_BHCK = attend(q, k, v, bias_HCC)
        return self.out(mixed_BHCK.transpose(1, 2).reshape(B, C, D))


def attend(
    q_BHCK: Float[Tensor, "B H C K"],
    k_BHCK: Float[Tensor, "B H C K"],
    v_BHCK: Float[Tensor, "B H C K"],
    bias_HCC: Float[Tensor, "H C C"] | None,
) -> Float[Tensor, "B H C K"]:
    """softmax(q k' / sqrt(K) + bias) v."""
    if bias_HCC is None:
        return F.scaled_dot_product_attention(q_BHCK, k_BHCK, v_BHCK)
    # Torch has no fused kernel for a learned bias, and its guard against rows of -inf costs 30 % more time.
    scores_BHCC = (q_BHCK * q_BHCK.shape[-1] ** -0.5) @ k_BHCK.mT + bias_HCC
    return scores_BHCC.softmax(-1) @ v_BHCK
