"""The parts that several models share: normalisation, rotary attention, gated MLP, convolution block.

Shape letters: B batch, C cells, D width, H heads, K width of a head, J = K / 2.
"""

from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class Attention(nn.Module):
    """Multi-head self-attention with rotary positions (Su et al. 2021, RoFormer, eq. 34)."""

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
    """Cosines and sines (C, J) of the angles by which rotary positions turn the pairs (x_j, x_{j + J}) of a head."""

    cos: Tensor
    sin: Tensor


@lru_cache(maxsize=32)
def turn(cells: int, width: int, dtype: torch.dtype, device: torch.device, base: float = 10_000.0) -> Turn:
    """Angles i / base^(2 j / K) of cell i and pair j, for heads of some width K; computed in float32."""
    with torch.inference_mode(False):  # so that whoever asks first, gradients may flow through what it turns
        frequency_J = 1 / base ** (torch.arange(0, width, 2, device=device) / width)
        angle_CJ = torch.outer(torch.arange(cells, device=device), frequency_J)
        return Turn(angle_CJ.cos().to(dtype), angle_CJ.sin().to(dtype))


def rotate(x_BHCK: Float[Tensor, "B H C K"]) -> Float[Tensor, "B H C K"]:
    """Turn each pair of numbers by an angle that grows with the cell's position (rotate-half form)."""
    C, K = x_BHCK.shape[-2:]
    precise = x_BHCK.dtype if x_BHCK.dtype == torch.float64 else torch.float32
    cos_CJ, sin_CJ = turn(C, K, precise, x_BHCK.device)
    a, b = x_BHCK.chunk(2, dim=-1)
    return torch.cat((a * cos_CJ - b * sin_CJ, b * cos_CJ + a * sin_CJ), dim=-1).to(x_BHCK.dtype)


class GatedMLP(nn.Module):
    """SwiGLU: down(silu(gate x) * up x) (Shazeer 2020, GLU variants, eq. 6)."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gate_up = nn.Linear(width, 2 * hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x: Float[Tensor, "... D"]) -> Float[Tensor, "... D"]:
        """Transform each cell on its own."""
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class SandwichBlock(nn.Module):
    """Transformer block with a norm before each branch and one after each sum.

    Geiping et al. 2025 (Huginn), section 3.2: the outer norm keeps a state bounded however often the
    block is applied.
    """

    def __init__(self, width: int, heads: int, causal: bool = False) -> None:
        super().__init__()
        self.attention = Attention(width, heads, causal)
        self.mlp = GatedMLP(width, 8 * width // 3)
        self.norms = nn.ModuleList(nn.RMSNorm(width, eps=1e-6) for _ in range(4))

    def forward(self, x_BCD: Float[Tensor, "B C D"]) -> Float[Tensor, "B C D"]:
        """Attention, then MLP."""
        x_BCD = self.norms[1](x_BCD + self.attention(self.norms[0](x_BCD)))
        return self.norms[3](x_BCD + self.mlp(self.norms[2](x_BCD)))


def conv(dims: int, wide_in: int, wide_out: int, dilation: int = 1) -> nn.Module:
    """A 3-wide convolution without bias over 1 or 2 dimensions that keeps the number of cells."""
    if dims not in (1, 2):
        raise ValueError(f"dims must be 1 or 2, not {dims}")
    kind = nn.Conv1d if dims == 1 else nn.Conv2d
    return kind(wide_in, wide_out, 3, padding=dilation, dilation=dilation, bias=False)


class ResidualConv(nn.Module):
    """Two convolutions, each followed by group norm (left out when `groups` is 0), around a skip.

    He et al. 2016 with the group norm of Wu and He 2018; the block of Schwarzschild et al. 2021.
    """

    def __init__(self, dims: int, width: int, groups: int, dilation: int = 1) -> None:
        super().__init__()
        self.convs = nn.ModuleList(conv(dims, width, width, dilation) for _ in range(2))
        self.norms = nn.ModuleList(nn.GroupNorm(groups, width) if groups else nn.Identity() for _ in range(2))

    def forward(self, x: Float[Tensor, "B D *C"]) -> Float[Tensor, "B D *C"]:
        """ReLU inside, and after the sum."""
        inner = self.norms[0](self.convs[0](x)).relu()
        return (x + self.norms[1](self.convs[1](inner))).relu()


def conv_head(dims: int, width: int, classes: int) -> nn.Sequential:
    """Three convolutions that turn a state into logits, narrowing by half on the way."""
    sizes = (width, width, width // 2, classes)
    layers: list[nn.Module] = []
    for wide_in, wide_out in pairwise(sizes):
        layers += [conv(dims, wide_in, wide_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
