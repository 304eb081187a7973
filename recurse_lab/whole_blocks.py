"""Whole blocks with their backward passes written out: the same numbers up to rounding, fewer passes over memory.

A formula for the whole block needs fewer tensors than autograd's chain, and no chain. It can be differentiated once
only. In training mode and full precision, the blocks of `post_norm` and `models.feed_forward` use these; what is inside
a block is then not called as a module. Evaluation mode (Jacobians, say), mixed and half precision are plain torch.

Shape letters: B boards, C cells, D width, E inner width of the gated MLP, G = 2E, H heads, K width of a head, Y = HK,
X = 3Y, T inner width of the gated MLP over cells, S = 2T.
"""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from recurse_lab.backward import (
    Attended,
    Gates,
    added,
    attend,
    attend_back,
    gated,
    gated_back,
    normed_,
    normed_back,
)
from recurse_lab.layers import Turn


class Shape(NamedTuple):
    """Sizes of a block's state."""

    boards: int
    cells: int
    width: int


class How(NamedTuple):
    """What a block with attention is told besides its weights."""

    heads: int
    turn: Turn | None
    keep: bool  # whether to keep what the backward pass needs


class PostNorm(Function):
    """y = rms(h + attention(h)); z = rms(y + mlp(y)). The inputs after h: a bias or None, then weights."""

    @staticmethod
    def forward(
        ctx: Any,
        h_BCD: Float[Tensor, "B C D"],
        bias_HCC: Float[Tensor, "H C C"] | None,
        qkv: Float[Tensor, "X D"],
        out: Float[Tensor, "D Y"],
        gate_up: Float[Tensor, "G D"],
        down: Float[Tensor, "D E"],
        how: How,
    ) -> Float[Tensor, "B C D"]:
        """Sums are made in the memory of what is added, and norms in that of the sums."""
        ctx.shape, ctx.turn = Shape(*h_BCD.shape), how.turn
        h = h_BCD.reshape(-1, ctx.shape.width)
        mixed, attended = attend(h @ qkv.T, ctx.shape.boards, how.heads, bias_HCC, how.turn)
        y, r_y = normed_((mixed @ out.T).add_(h))
        branch, gates = gated(y, gate_up, down, how.keep)
        z, r_z = normed_(branch.add_(y))
        if how.keep:
            ctx.save_for_backward(h, qkv, out, gate_up, down, mixed, *attended, y, r_y, *gates, z, r_z)
        return z.view(h_BCD.shape)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dz_BCD: Float[Tensor, "B C D"]) -> tuple[Tensor | None, ...]:
        """From the last sum to the first."""
        h, qkv, out, gate_up, down, mixed, parts, p, y, r_y, *gates, z, r_z = ctx.saved_tensors
        dz = normed_back(dz_BCD.reshape(z.shape), z, r_z)
        to_y, d_gate_up, d_down = gated_back(dz, y, Gates(*gates), gate_up, down)
        dy = normed_back(added(dz, to_y), y, r_y)
        d_out, d_mixed = dy.T @ mixed, dy @ out
        d_qkv, d_bias = attend_back(d_mixed, Attended(parts, p), ctx.shape.boards, ctx.turn)
        dh = added(dy, [(d_qkv, qkv)]).view(ctx.shape)
        return dh, d_bias if ctx.needs_input_grad[1] else None, d_qkv.T @ h, d_out, d_gate_up, d_down, None


class PreNorm(Function):
    """y = h + attention(rms(h)); z = y + mlp(rms(y)). The inputs are those of `PostNorm`."""

    @staticmethod
    def forward(
        ctx: Any,
        h_BCD: Float[Tensor, "B C D"],
        bias_HCC: Float[Tensor, "H C C"] | None,
        qkv: Float[Tensor, "X D"],
        out: Float[Tensor, "D Y"],
        gate_up: Float[Tensor, "G D"],
        down: Float[Tensor, "D E"],
        how: How,
    ) -> Float[Tensor, "B C D"]:
        """Only the normed states are kept, not the sums."""
        ctx.shape, ctx.turn = Shape(*h_BCD.shape), how.turn
        h = h_BCD.reshape(-1, ctx.shape.width)
        n_h, r_h = normed_(h.clone())
        mixed, attended = attend(n_h @ qkv.T, ctx.shape.boards, how.heads, bias_HCC, how.turn)
        y = (mixed @ out.T).add_(h)
        n_y, r_y = normed_(y.clone())
        branch, gates = gated(n_y, gate_up, down, how.keep)
        if how.keep:
            ctx.save_for_backward(qkv, out, gate_up, down, n_h, r_h, mixed, *attended, n_y, r_y, *gates)
        return branch.add_(y).view(h_BCD.shape)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dz_BCD: Float[Tensor, "B C D"]) -> tuple[Tensor | None, ...]:
        """Through each branch, beside which the gradient passes unchanged."""
        qkv, out, gate_up, down, n_h, r_h, mixed, parts, p, n_y, r_y, *gates = ctx.saved_tensors
        dz = dz_BCD.reshape(n_h.shape)
        (first, second), d_gate_up, d_down = gated_back(dz, n_y, Gates(*gates), gate_up, down)
        dy = normed_back(added(torch.mm(*first), [second]), n_y, r_y).add_(dz)
        d_out, d_mixed = dy.T @ mixed, dy @ out
        d_qkv, d_bias = attend_back(d_mixed, Attended(parts, p), ctx.shape.boards, ctx.turn)
        dh = normed_back(d_qkv @ qkv, n_h, r_h).add_(dy).view(ctx.shape)
        return dh, d_bias if ctx.needs_input_grad[1] else None, d_qkv.T @ n_h, d_out, d_gate_up, d_down, None


class TokenMixing(Function):
    """y' = rms(h' + tokens(h')) with h' = h transposed; z = rms(y + mlp(y)). Inputs after h: weights, `How.keep`."""

    @staticmethod
    def forward(
        ctx: Any,
        h_BCD: Float[Tensor, "B C D"],
        tokens_gate_up: Float[Tensor, "S C"],
        tokens_down: Float[Tensor, "C T"],
        gate_up: Float[Tensor, "G D"],
        down: Float[Tensor, "D E"],
        keep: bool,
    ) -> Float[Tensor, "B C D"]:
        """The first norm runs over the cells and not over the width."""
        B, C, D = ctx.shape = Shape(*h_BCD.shape)
        h = h_BCD.mT.reshape(B * D, C)
        branch, mixing = gated(h, tokens_gate_up, tokens_down, keep)
        y_mixed, r_y = normed_(branch.add_(h))
        y = y_mixed.view(B, D, C).mT.reshape(B * C, D)
        branch, gates = gated(y, gate_up, down, keep)
        z, r_z = normed_(branch.add_(y))
        weights = (tokens_gate_up, tokens_down, gate_up, down)
        if keep:
            ctx.save_for_backward(*weights, h, *mixing, y_mixed, r_y, y, *gates, z, r_z)
        return z.view(B, C, D)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dz_BCD: Float[Tensor, "B C D"]) -> tuple[Tensor | None, ...]:
        """From the last sum to the first."""
        tokens_gate_up, tokens_down, gate_up, down, h, *mixing, y_mixed, r_y, y, g, u, s, i, z, r_z = (
            ctx.saved_tensors
        )
        B, C, D = ctx.shape
        dz = normed_back(dz_BCD.reshape(z.shape), z, r_z)
        to_y, d_gate_up, d_down = gated_back(dz, y, Gates(g, u, s, i), gate_up, down)
        dy = added(dz, to_y).view(B, C, D).mT.reshape(h.shape)
        dy = normed_back(dy, y_mixed, r_y)
        to_h, d_tokens_gate_up, d_tokens_down = gated_back(dy, h, Gates(*mixing), tokens_gate_up, tokens_down)
        dh = added(dy, to_h).view(B, D, C).mT
        return dh, d_tokens_gate_up, d_tokens_down, d_gate_up, d_down, None
