"""The blocks of tiny recursive models: mix the cells, then work on each cell, with a norm after each sum.

A norm without gain after every sum gives every state the same size, however often the block is applied
(Wang et al. 2025, HRM; Jolicoeur-Martineau 2025, TRM).

Shape letters: B batch, C cells (prefix first), D width, H heads, K width of a head, R relations.
"""

import math
from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from recurse_lab.backward import EPS
from recurse_lab.layers import Attention, GatedMLP, Turn, rotate, turn
from recurse_lab.whole_blocks import Attentive, How, TokenMixing

RELATION_SCALE = 8.0  # learned numbers move by the optimiser's step size; times 8 they get somewhere in time


def written_out(part: nn.Module, x: Tensor) -> bool:
    """Whether `part` is in training or inference mode, in a precision for which the written-out passes are made."""
    exact = x.dtype in (torch.float32, torch.float64) and not torch.is_autocast_enabled(x.device.type)
    return exact and (part.training or torch.is_inference_mode_enabled())


def rms(x: Float[Tensor, "... D"]) -> Float[Tensor, "... D"]:
    """x / sqrt(mean x^2 + eps) over the last axis, in float32 or better, without gain."""
    x32 = x if x.dtype == torch.float64 else x.float()
    return (x32 * torch.rsqrt(x32.square().mean(-1, keepdim=True) + EPS)).to(x.dtype)


def hidden_width(width: int, expansion: float = 4.0, multiple: int = 256) -> int:
    """SwiGLU's inner width: 2/3 of `expansion` x width, rounded up to a multiple."""
    return math.ceil(round(expansion * width * 2 / 3) / multiple) * multiple


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


class PlacedAttention(Attention):
    """Attention that knows places by rotation, by a learned number for each relation of two cells, or not at all."""

    def __init__(self, width: int, heads: int, rotary: bool = True, relations: int = 0) -> None:
        super().__init__(width, heads)
        self.rotary = rotary
        self.relation = nn.Parameter(torch.zeros(heads, relations)) if relations else None

    def bias(self, relations_RCC: Float[Tensor, "R C C"] | None) -> Float[Tensor, "H C C"] | None:
        """8 sum_r w_hr relation_r(i, j): what is added to the scores of cell i looking at cell j."""
        if self.relation is None or relations_RCC is None:
            return None
        return RELATION_SCALE * torch.einsum("hr,rij->hij", self.relation, relations_RCC)

    def turn(self, x_BCD: Float[Tensor, "B C D"]) -> Turn | None:
        """By which angles queries and keys are turned."""
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
    # written out: with a learned bias torch has no fused kernel, and guards against rows of -inf for 30 % more time
    scores_BHCC = (q_BHCK * q_BHCK.shape[-1] ** -0.5) @ k_BHCK.mT + bias_HCC
    return scores_BHCC.softmax(-1) @ v_BHCK


class AttentionBlock(nn.Module):
    """Attention, then a gated MLP."""

    norm: Literal["post", "pre"] = "post"

    def __init__(self, attention: PlacedAttention, mlp: GatedMLP) -> None:
        super().__init__()
        self.attention, self.mlp = attention, mlp

    def forward(
        self, h_BCD: Float[Tensor, "B C D"], bias_HCC: Float[Tensor, "H C C"] | None = None
    ) -> Float[Tensor, "B C D"]:
        """What `plain` says; in training and in inference mode, by a formula for the whole block."""
        if not written_out(self, h_BCD):
            return self.plain(h_BCD, bias_HCC)
        mix, mlp = self.attention, self.mlp
        weights = (mix.qkv.weight, mix.out.weight, mlp.gate_up.weight, mlp.down.weight)
        how = How(mix.heads, mix.turn(h_BCD), self.norm, torch.is_grad_enabled())
        return Attentive.apply(h_BCD, bias_HCC, *weights, how)

    def plain(
        self, h_BCD: Float[Tensor, "B C D"], bias_HCC: Float[Tensor, "H C C"] | None
    ) -> Float[Tensor, "B C D"]:
        """h <- rms(h + attention(h)); h <- rms(h + mlp(h))."""
        h_BCD = rms(h_BCD + self.attention(h_BCD, bias_HCC))
        return rms(h_BCD + self.mlp(h_BCD))

    def bias(self, relations_RCC: Float[Tensor, "R C C"] | None) -> Float[Tensor, "H C C"] | None:
        """What the relations add to this block's scores."""
        return self.attention.bias(relations_RCC)


class TokenBlock(nn.Module):
    """A gated MLP over the cells of each channel, then one over the channels of each cell."""

    def __init__(self, tokens: GatedMLP, mlp: GatedMLP) -> None:
        super().__init__()
        self.tokens, self.mlp = tokens, mlp

    def forward(
        self, h_BCD: Float[Tensor, "B C D"], bias_HCC: Float[Tensor, "H C C"] | None = None
    ) -> Float[Tensor, "B C D"]:
        """h' <- rms(h' + tokens(h')) with h' = h transposed; h <- rms(h + mlp(h)); by one formula as above."""
        if written_out(self, h_BCD):
            parts = (self.tokens.gate_up, self.tokens.down, self.mlp.gate_up, self.mlp.down)
            return TokenMixing.apply(h_BCD, *(part.weight for part in parts), torch.is_grad_enabled())
        # the first norm runs over the cells and not over the width
        h_BCD = rms(h_BCD.mT + self.tokens(h_BCD.mT)).mT
        return rms(h_BCD + self.mlp(h_BCD))

    def bias(self, relations_RCC: Float[Tensor, "R C C"] | None) -> None:
        """There are no scores to add to."""


class PostNormNet(nn.Module):
    """Blocks one after the other."""

    def __init__(self, blocks: Sequence[AttentionBlock | TokenBlock]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)

    def biases(self, relations_RCC: Float[Tensor, "R C C"] | None) -> list[Tensor | None]:
        """One for each block: the same at every application, so they are computed once."""
        return [block.bias(relations_RCC) for block in self.blocks]  # type: ignore[operator]

    def forward(self, h_BCD: Float[Tensor, "B C D"], biases: list[Tensor | None]) -> Float[Tensor, "B C D"]:
        """Apply all blocks."""
        for block, bias in zip(self.blocks, biases, strict=True):
            h_BCD = block(h_BCD, bias)
        return h_BCD
