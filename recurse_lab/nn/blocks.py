"""Transformer blocks: they differ in the place of the norms and in the layer that mixes the cells.

Shape letters: B batch, C cells (prefix first), D width, H heads, R relations.
"""

from collections.abc import Sequence
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from recurse_lab.nn.attention import Attention, PlacedAttention
from recurse_lab.nn.mlp import GatedMLP
from recurse_lab.nn.norms import rms
from recurse_lab.nn.override import overridable


class SandwichBlock(nn.Module):
    """Transformer block with a norm before each branch and one after each sum.

    Geiping et al. 2025 (Huginn), section 3.2. The norm after the sum keeps the state bounded, no matter how
    often the block is applied.
    """

    def __init__(self, width: int, heads: int, causal: bool = False) -> None:
        super().__init__()
        self.attention = Attention(width, heads, causal)
        self.mlp = GatedMLP(width, 8 * width // 3)
        self.norms = nn.ModuleList(nn.RMSNorm(width, eps=1e-6) for _ in range(4))

    def forward(self, x_BCD: Float[Tensor, "B C D"]) -> Float[Tensor, "B C D"]:
        """x <- norm(x + attention(norm(x))); x <- norm(x + mlp(norm(x))), with four separate norms."""
        x_BCD = self.norms[1](x_BCD + self.attention(self.norms[0](x_BCD)))
        return self.norms[3](x_BCD + self.mlp(self.norms[2](x_BCD)))


class AttentionBlock(nn.Module):
    """Attention, then a gated MLP, with a norm after each sum (post-norm)."""

    norm: Literal["post", "pre"] = "post"

    def __init__(self, attention: PlacedAttention, mlp: GatedMLP) -> None:
        super().__init__()
        self.attention, self.mlp = attention, mlp

    @overridable
    def forward(
        self, h_BCD: Float[Tensor, "B C D"], bias_HCC: Float[Tensor, "H C C"] | None = None
    ) -> Float[Tensor, "B C D"]:
        """h <- rms(h + attention(h)); h <- rms(h + mlp(h))."""
        h_BCD = rms(h_BCD + self.attention(h_BCD, bias_HCC))
        return rms(h_BCD + self.mlp(h_BCD))

    def bias(self, relations_RCC: Float[Tensor, "R C C"] | None) -> Float[Tensor, "H C C"] | None:
        """The bias that the relations add to this block's attention scores; None without relations."""
        return self.attention.bias(relations_RCC)


class PreNormBlock(AttentionBlock):
    """A norm before each branch instead of after each sum (Xiong et al. 2020, arXiv:2002.04745, section 3)."""

    norm = "pre"

    @overridable
    def forward(
        self, h_BCD: Float[Tensor, "B C D"], bias_HCC: Float[Tensor, "H C C"] | None = None
    ) -> Float[Tensor, "B C D"]:
        """h <- h + attention(rms(h)); h <- h + mlp(rms(h))."""
        h_BCD = h_BCD + self.attention(rms(h_BCD), bias_HCC)
        return h_BCD + self.mlp(rms(h_BCD))


class TokenBlock(nn.Module):
    """A gated MLP over the cells of each channel, then one over the channels of each cell."""

    def __init__(self, tokens: GatedMLP, mlp: GatedMLP) -> None:
        super().__init__()
        self.tokens, self.mlp = tokens, mlp

    @overridable
    def forward(
        self, h_BCD: Float[Tensor, "B C D"], bias_HCC: Float[Tensor, "H C C"] | None = None
    ) -> Float[Tensor, "B C D"]:
        """h' <- rms(h' + tokens(h')) with h' = h transposed; h <- rms(h + mlp(h))."""
        # the first norm averages over the cells, not over the width
        h_BCD = rms(h_BCD.mT + self.tokens(h_BCD.mT)).mT
        return rms(h_BCD + self.mlp(h_BCD))

    def bias(self, relations_RCC: Float[Tensor, "R C C"] | None) -> None:
        """Return None: this block has no attention scores."""


class BlockStack(nn.Module):
    """A sequence of blocks."""

    def __init__(self, blocks: Sequence[AttentionBlock | TokenBlock]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)

    def biases(self, relations_RCC: Float[Tensor, "R C C"] | None) -> list[Tensor | None]:
        """One bias per block. No bias depends on the state, so compute them once per stream."""
        return [block.bias(relations_RCC) for block in self.blocks]  # type: ignore[operator]

    def forward(self, h_BCD: Float[Tensor, "B C D"], biases: list[Tensor | None]) -> Float[Tensor, "B C D"]:
        """Apply all blocks in order; `biases` has one entry per block."""
        for block, bias in zip(self.blocks, biases, strict=True):
            h_BCD = block(h_BCD, bias)
        return h_BCD
