"""Whole blocks with hand-written backward passes: the same numbers up to rounding, fewer passes over memory.

One backward formula for a whole block saves fewer tensors than autograd and needs one graph node. A block can
be differentiated only once. The modules inside a block are not called.

Shape letters: B boards, C cells, D width, E inner width of the gated MLP, G = 2E, H heads, K width of a head,
Y = HK, X = 3Y, T inner width of the gated MLP over cells, S = 2T.
"""

from typing import Any, Literal, NamedTuple

from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from recurse_lab.kernels.parts import (
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
from recurse_lab.nn.attention import Turn


class Shape(NamedTuple):
    """Sizes B, C, D of a block's state."""

    boards: int
    cells: int
    width: int


class How(NamedTuple):
    """Options of a block with attention."""

    heads: int
    turn: Turn | None
    norm: Literal["post", "pre"]  # after each sum, or before each branch
    keep: bool  # whether to save tensors for the backward pass


class Attentive(Function):
    """Attention, then a gated MLP. Inputs: h, a bias or None, the weights, and the options `how`.

    Post-norm: y = rms(h + attention(h)); z = rms(y + mlp(y)).
    Pre-norm: y = h + attention(rms(h)); z = y + mlp(rms(y)).
    `n_h` is the input of attention: h in post-norm, rms(h) in pre-norm.
    `n_y` is the input of the MLP: the y above in post-norm, rms(y) in pre-norm.
    """

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
        """Compute z (B, C, D). Add in place; norm in place unless the unnormed sum is needed later."""
        ctx.shape, ctx.how, post = Shape(*h_BCD.shape), how, how.norm == "post"
        h = h_BCD.reshape(-1, ctx.shape.width)
        n_h, r_h = (h, None) if post else normed_(h.clone())
        mixed, attended = attend(n_h @ qkv.T, ctx.shape.boards, how.heads, bias_HCC, how.turn)
        y = (mixed @ out.T).add_(h)
        n_y, r_y = normed_(y if post else y.clone())
        branch, gates = gated(n_y, gate_up, down, how.keep)
        z, r_z = normed_(branch.add_(n_y)) if post else (branch.add_(y), None)
        if how.keep:
            norms = (n_h, r_h, n_y, r_y, z if post else None, r_z)
            ctx.save_for_backward(qkv, out, gate_up, down, *norms, mixed, *attended, *gates)
        return z.view(h_BCD.shape)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dz_BCD: Float[Tensor, "B C D"]) -> tuple[Tensor | None, ...]:
        """Gradients of h, the bias and the weights. In pre-norm, skip connections pass the gradient unchanged."""
        qkv, out, gate_up, down, n_h, r_h, n_y, r_y, z, r_z, mixed, parts, p, *gates = ctx.saved_tensors
        post, dz = ctx.how.norm == "post", dz_BCD.reshape(n_y.shape)
        if post:
            dz = normed_back(dz, z, r_z)
        ((d_first, first), second), d_gate_up, d_down = gated_back(dz, n_y, Gates(*gates), gate_up, down)
        if post:
            dy = normed_back(added(dz, (d_first, first), second), n_y, r_y)
        else:
            dy = normed_back(added(d_first @ first, second), n_y, r_y).add_(dz)
        d_out, d_mixed = dy.T @ mixed, dy @ out
        d_qkv, d_bias = attend_back(d_mixed, Attended(parts, p), ctx.shape.boards, ctx.how.turn)
        d_weights = (d_qkv.T @ n_h, d_out, d_gate_up, d_down)
        dh = added(dy, (d_qkv, qkv)) if post else normed_back(d_qkv @ qkv, n_h, r_h).add_(dy)
        return dh.view(ctx.shape), d_bias if ctx.needs_input_grad[1] else None, *d_weights, None


class TokenMixing(Function):
    """y' = rms(h' + tokens(h')), h' = h transposed; z = rms(y + mlp(y)). Inputs: h, the weights, `keep` as in `How`."""

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
        """Compute z (B, C, D). The first norm averages over the cells, not over the width."""
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
        """Gradients of h and the weights."""
        tokens_gate_up, tokens_down, gate_up, down, h, *mixing, y_mixed, r_y, y, g, u, s, i, z, r_z = (
            ctx.saved_tensors
        )
        B, C, D = ctx.shape
        dz = normed_back(dz_BCD.reshape(z.shape), z, r_z)
        to_y, d_gate_up, d_down = gated_back(dz, y, Gates(g, u, s, i), gate_up, down)
        dy = added(dz, *to_y).view(B, C, D).mT.reshape(h.shape)
        dy = normed_back(dy, y_mixed, r_y)
        to_h, d_tokens_gate_up, d_tokens_down = gated_back(dy, h, Gates(*mixing), tokens_gate_up, tokens_down)
        dh = added(dy, *to_h).view(B, D, C).mT
        return dh, d_tokens_gate_up, d_tokens_down, d_gate_up, d_down, None
