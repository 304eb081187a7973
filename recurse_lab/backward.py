"""Backward passes of the post-norm blocks, written out: the same numbers up to rounding, fewer passes over memory.

In a small net, element-wise work between small matrix products takes much of a training step. Autograd writes and
reads a tensor for each link of the chain; a formula for the whole part needs fewer. The parts work in float32 and
float64, on any device, and can be differentiated once only.

In training mode all blocks use them. Evaluation mode (Jacobians, for example), mixed precision and half precision are
plain torch.

Shape letters: B batch, C cells, D width, E inner width of the gated MLP, G = 2E,
H heads, K width of a head, Y = HK, X = 3Y, J = K / 2.
"""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from recurse_lab.layers import Turn


class NormedSum(Function):
    """y = s r with s = h + b, a state and what a branch adds to it, and r = 1 / sqrt(mean s^2 + eps), by last axis."""

    @staticmethod
    def forward(
        ctx: Any, h: Float[Tensor, "... D"], b: Float[Tensor, "... D"], eps: float
    ) -> Float[Tensor, "... D"]:
        """Keep y and r; the sum itself is not needed again, and its memory becomes y."""
        s = h + b
        r = torch.linalg.vector_norm(s, dim=-1, keepdim=True).square_().div_(s.shape[-1]).add_(eps).rsqrt_()
        y = s.mul_(r)
        ctx.save_for_backward(y, r)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Float[Tensor, "... D"]) -> tuple[Tensor, Tensor, None]:
        """dh = db = r (dy - y mean(y dy))."""
        y, r = ctx.saved_tensors
        ds = torch.addcmul(dy, y, (y * dy).mean(-1, keepdim=True), value=-1).mul_(r)
        return ds, ds, None


class Gated(Function):
    """SwiGLU: (silu(x G') * x U') W', where G and U are the halves of one matrix."""

    @staticmethod
    def forward(
        ctx: Any, x: Float[Tensor, "... D"], gate_up: Float[Tensor, "G D"], down: Float[Tensor, "D E"]
    ) -> Float[Tensor, "... D"]:
        """The halves are multiplied apart, so that each result is contiguous."""
        x_ND = x.reshape(-1, x.shape[-1])
        gate, up = (x_ND @ half.T for half in gate_up.chunk(2))
        lit = F.silu(gate)
        inner = lit * up
        ctx.save_for_backward(x_ND, gate_up, down, gate, up, lit, inner)
        return (inner @ down.T).view(x.shape)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Float[Tensor, "... D"]) -> tuple[Tensor, Tensor, Tensor]:
        """Through the product, then through each half."""
        x_ND, gate_up, down, gate, up, lit, inner = ctx.saved_tensors
        dy_ND = dy.reshape(x_ND.shape)
        d_inner = dy_ND @ down
        d_up = d_inner * lit
        d_gate = torch.ops.aten.silu_backward(d_inner.mul_(up), gate)
        to_gate, to_up = gate_up.chunk(2)
        dx = (d_gate @ to_gate).addmm_(d_up, to_up).view(dy.shape)
        d_gate_up = torch.empty_like(gate_up)
        for half, d_half in zip(d_gate_up.chunk(2), (d_gate, d_up), strict=True):
            torch.mm(d_half.T, x_ND, out=half)
        return dx, d_gate_up, dy_ND.T @ inner


class Attend(Function):
    """softmax(q k' / sqrt(K) + bias) v for all heads, from q, k and v side by side, q and k turned before."""

    @staticmethod
    def forward(
        ctx: Any,
        qkv_BCX: Float[Tensor, "B C X"],
        heads: int,
        bias_HCC: Float[Tensor, "H C C"] | None = None,
        turn: Turn | None = None,
    ) -> Float[Tensor, "B C Y"]:
        """One copy brings each head's numbers together; one batched product for all heads of all boards."""
        (B, C, X), H = qkv_BCX.shape, heads
        K = X // (3 * H)
        parts = qkv_BCX.new_empty(3, B, H, C, K)
        by_head(qkv_BCX.view(B, C, 3, H, K).permute(2, 0, 3, 1, 4), parts, turn)
        q, k, v = parts = parts.view(3, B * H, C, K)
        q.mul_(K**-0.5)
        scores = torch.bmm(q, k.mT)
        if bias_HCC is not None:
            scores.view(B, H, C, C).add_(bias_HCC)
        p = scores.softmax(-1)
        ctx.save_for_backward(parts, p)
        ctx.heads, ctx.turn = H, turn
        return torch.bmm(p, v).view(B, H, C, K).transpose(1, 2).reshape(B, C, H * K)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy_BCY: Float[Tensor, "B C Y"]) -> tuple[Tensor, None, Tensor | None, None]:
        """Through v, the softmax, and q and k."""
        (parts, p), H = ctx.saved_tensors, ctx.heads
        (q, k, v), (B, C, Y) = parts, dy_BCY.shape
        dy = dy_BCY.view(B, C, H, Y // H).transpose(1, 2).reshape(v.shape)
        d_scores = torch.ops.aten._softmax_backward_data(torch.bmm(dy, v.mT), p, -1, p.dtype)
        d_parts = torch.empty_like(parts)
        torch.bmm(d_scores, k, out=d_parts[0]).mul_((Y // H) ** -0.5)
        torch.bmm(d_scores.mT, q, out=d_parts[1])  # q is scaled already
        torch.bmm(p.mT, dy, out=d_parts[2])
        d_qkv = dy_BCY.new_empty(B, C, 3, H, Y // H)
        back = ctx.turn and Turn(ctx.turn.cos, -ctx.turn.sin)
        by_head(d_parts.view(3, B, H, C, Y // H), d_qkv.permute(2, 0, 3, 1, 4), back)
        d_bias = d_scores.view(B, H, C, C).sum(0) if ctx.needs_input_grad[2] else None
        return d_qkv.view(B, C, 3 * Y), None, d_bias, None


def by_head(
    source: Float[Tensor, "3 B H C K"], target: Float[Tensor, "3 B H C K"], turn: Turn | None
) -> None:
    """Copy queries, keys and values from one order in memory to another; queries and keys are turned on the way."""
    if turn is None:
        target.copy_(source)
        return
    (a, b), (turned_a, turned_b) = source[:2].chunk(2, -1), target[:2].chunk(2, -1)
    torch.mul(a, turn.cos, out=turned_a).addcmul_(b, turn.sin, value=-1)
    torch.mul(b, turn.cos, out=turned_b).addcmul_(a, turn.sin)
    target[2].copy_(source[2])
