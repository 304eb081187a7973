"""The switch: inside `with fused():`, the functions of `kernels.blocks` compute the blocks.

Shape letters: B batch, C cells, D width, H heads.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from recurse_lab.kernels.blocks import Attentive, How, TokenMixing
from recurse_lab.nn.blocks import AttentionBlock, PreNormBlock, TokenBlock
from recurse_lab.nn.override import computed_by


@contextmanager
def fused() -> Iterator[None]:
    """Compute post-norm, pre-norm and token-mixing blocks with hand-written forward and backward passes.

    Results equal those of the plain modules up to rounding. Inside, a block can be differentiated once, not
    twice, and forward-mode differentiation does not work. The modules within a block are not called, so their
    hooks do not run. The plain modules compute blocks in half precision or under autocast.
    """
    with computed_by({AttentionBlock: attentive, PreNormBlock: attentive, TokenBlock: token_mixing}):
        yield


def attentive(
    block: AttentionBlock, h_BCD: Float[Tensor, "B C D"], bias_HCC: Float[Tensor, "H C C"] | None = None
) -> Any:
    """Compute a post-norm or pre-norm block (B, C, D); NotImplemented unless `exact`."""
    if not exact(h_BCD):
        return NotImplemented
    mix, mlp = block.attention, block.mlp
    weights = (mix.qkv.weight, mix.out.weight, mlp.gate_up.weight, mlp.down.weight)
    how = How(mix.heads, mix.turn(h_BCD), block.norm, torch.is_grad_enabled())
    return Attentive.apply(h_BCD, bias_HCC, *weights, how)


def token_mixing(
    block: TokenBlock, h_BCD: Float[Tensor, "B C D"], bias_HCC: Float[Tensor, "H C C"] | None = None
) -> Any:
    """Compute a block that mixes cells with an MLP (B, C, D); NotImplemented unless `exact`."""
    del bias_HCC  # this block has no scores to add it to
    if not exact(h_BCD):
        return NotImplemented
    parts = (block.tokens.gate_up, block.tokens.down, block.mlp.gate_up, block.mlp.down)
    return TokenMixing.apply(h_BCD, *(part.weight for part in parts), torch.is_grad_enabled())


def exact(x: Tensor) -> bool:
    """Whether x is float32 or float64 and autocast is off: the only precisions of the kernels."""
    return x.dtype in (torch.float32, torch.float64) and not torch.is_autocast_enabled(x.device.type)
