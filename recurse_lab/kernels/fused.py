"""The switch: inside `with fused():`, blocks are computed by the functions of `kernels.blocks`.

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
    """Compute post-norm, pre-norm and token-mixing blocks by one formula each, forward and backward.

    The numbers are the same up to rounding. Inside, blocks can be differentiated once and not twice, the modules within
    a block are not called (so their hooks do not run), and forward-mode differentiation does not work. Blocks in half
    precision or under autocast are computed by their plain modules.
    """
    with computed_by({AttentionBlock: attentive, PreNormBlock: attentive, TokenBlock: token_mixing}):
        yield


def attentive(
    block: AttentionBlock, h_BCD: Float[Tensor, "B C D"], bias_HCC: Float[Tensor, "H C C"] | None = None
) -> Any:
    """A block of attention and MLP, in post-norm or pre-norm."""
    if not exact(h_BCD):
        return NotImplemented
    mix, mlp = block.attention, block.mlp
    weights = (mix.qkv.weight, mix.out.weight, mlp.gate_up.weight, mlp.down.weight)
    how = How(mix.heads, mix.turn(h_BCD), block.norm, torch.is_grad_enabled())
    return Attentive.apply(h_BCD, bias_HCC, *weights, how)


def token_mixing(
    block: TokenBlock, h_BCD: Float[Tensor, "B C D"], _: Float[Tensor, "H C C"] | None = None
) -> Any:
    """A block that mixes cells by an MLP."""
    if not exact(h_BCD):
        return NotImplemented
    parts = (block.tokens.gate_up, block.tokens.down, block.mlp.gate_up, block.mlp.down)
    return TokenMixing.apply(h_BCD, *(part.weight for part in parts), torch.is_grad_enabled())


def exact(x: Tensor) -> bool:
    """Whether numbers are in a precision for which the formulas are made."""
    return x.dtype in (torch.float32, torch.float64) and not torch.is_autocast_enabled(x.device.type)
