"""Backward passes of the post-norm blocks, written out: the same numbers up to rounding, fewer passes over memory.

In a small net, element-wise work between small matrix products takes much of a training step. Autograd writes and
reads a tensor for each link of the chain; a formula for the whole part needs fewer. The parts work in any
floating-point type and on any device, and can be differentiated once only.

In training mode all blocks use them for norms and gated MLPs, and for attention without rotation but with relations.
Everything else, and evaluation mode (Jacobians, for example), is plain torch.

Shape letters: B batch, C cells, D width, E inner width of the gated MLP, G = 2E,
H heads, K width of a head, Y = HK, X = 3Y.
"""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable


class Rms(Function):
    """y = x r with r = 1 / sqrt(mean x^2 + eps) over the last axis."""

    @staticmethod
    def forward(ctx: Any, x: Float[Tensor, "... D"], eps: float) -> Float[Tensor, "... D"]:
        """Keep y and r."""
        r = x.square().mean(-1, keepdim=True).add_(eps).rsqrt_()
        y = x * r
        ctx.save_for_backward(y, r)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Float[Tensor, "... D"]) -> tuple[Tensor, None]:
        """dx = r (dy - y mean(y dy))."""
        y, r = ctx.saved_tensors
        return torch.addcmul(dy, y, (y * dy).mean(-1, keepdim=True), value=-1).mul_(r), None


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
        dx = torch.addmm(d_gate @ to_gate, d_up, to_up).view(dy.shape)
        return dx, torch.cat((d_gate.T @ x_ND, d_up.T @ x_ND)), dy_ND.T @ inner


class Attend(Function):
    """softmax(q k' / sqrt(K) + bias) v for all heads, from q, k and v side by side."""

    @staticmethod
    def forward(
        ctx: Any, qkv_BCX: Float[Tensor, "B C X"], bias_HCC: Float[Tensor, "H C C"]
    ) -> Float[Tensor, "B C Y"]:
        """One copy brings each head's numbers together; one batched product for all heads of all boards."""
        (B, C, X), H = qkv_BCX.shape, len(bias_HCC)
        K = X // (3 * H)
        parts = qkv_BCX.view(B, C, 3, H, K).permute(2, 0, 3, 1, 4).contiguous().view(3, B * H, C, K)
        q, k, v = parts
        q.mul_(K**-0.5)
        scores = torch.bmm(q, k.mT)
        scores.view(B, H, C, C).add_(bias_HCC)
        p = scores.softmax(-1)
        ctx.save_for_backward(parts, p)
        ctx.heads = H
        return torch.bmm(p, v).view(B, H, C, K).transpose(1, 2).reshape(B, C, H * K)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy_BCY: Float[Tensor, "B C Y"]) -> tuple[Tensor, Tensor]:
        """Through v, the softmax, and q and k."""
        (parts, p), H = ctx.saved_tensors, ctx.heads
        (q, k, v), (B, C, Y) = parts, dy_BCY.shape
        dy = dy_BCY.view(B, C, H, Y // H).transpose(1, 2).reshape(v.shape)
        d_scores = torch.ops.aten._softmax_backward_data(torch.bmm(dy, v.mT), p, -1, p.dtype)
        d_parts = torch.empty_like(parts)
        torch.bmm(d_scores, k, out=d_parts[0]).mul_((Y // H) ** -0.5)
        torch.bmm(d_scores.mT, q, out=d_parts[1])  # q is scaled already
        torch.bmm(p.mT, dy, out=d_parts[2])
        d_qkv = d_parts.view(3, B, H, C, Y // H).permute(1, 3, 0, 2, 4).reshape(B, C, 3 * Y)
        return d_qkv, d_scores.view(B, H, C, C).sum(0)
