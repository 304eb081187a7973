"""Whole blocks with their backward passes written out: the same numbers up to rounding, fewer passes over memory.

In a small net, element-wise work between small matrix products takes much of a training step, and so does the
bookkeeping for each link of autograd's chain. A formula for the whole block needs fewer tensors and no chain. Each part
is a pair of functions, forward and backward; the blocks compose them by hand. They work in float32 and float64, on any
device, and can be differentiated once only.

In training mode and full precision, the blocks of `post_norm` and `models.feed_forward` use them; what is inside a
block is then not called as a module. Evaluation mode (Jacobians, say), mixed and half precision are plain torch.

Shape letters: B boards, C cells, N = BC, D width, E inner width of the gated MLP, G = 2E, H heads, K width of a head,
Y = HK, X = 3Y, M = BH, T inner width of the gated MLP over cells, S = 2T.
"""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from recurse_lab.layers import Turn

EPS = 1e-5  # of the norms; both papers' code


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


def normed_(s_ND: Float[Tensor, "N D"]) -> tuple[Float[Tensor, "N D"], Float[Tensor, "N 1"]]:
    """s r with r = 1 / sqrt(mean s^2 + eps), in the memory of s; and r."""
    norm_N1 = torch.linalg.vector_norm(s_ND, dim=-1, keepdim=True)
    r_N1 = norm_N1.square_().div_(s_ND.shape[-1]).add_(EPS).rsqrt_()
    return s_ND.mul_(r_N1), r_N1


def normed_back(
    dy_ND: Float[Tensor, "N D"], y_ND: Float[Tensor, "N D"], r_N1: Float[Tensor, "N 1"]
) -> Float[Tensor, "N D"]:
    """ds = r (dy - y mean(y dy))."""
    return torch.addcmul(dy_ND, y_ND, (y_ND * dy_ND).mean(-1, keepdim=True), value=-1).mul_(r_N1)


class Gates(NamedTuple):
    """Inner numbers of a gated MLP, (N, E) each: gate, up, silu(gate), and its product with up."""

    gate: Tensor
    up: Tensor
    lit: Tensor
    inner: Tensor


def gated(
    x_ND: Float[Tensor, "N D"], gate_up: Float[Tensor, "G D"], down: Float[Tensor, "D E"], keep: bool
) -> tuple[Float[Tensor, "N D"], Gates]:
    """SwiGLU, (silu(x G') * x U') W'. The halves of one matrix are used apart: each result is contiguous.

    What is not kept is overwritten, which takes a fifth less time at width 128.
    """
    gate, up = (x_ND @ half.T for half in gate_up.chunk(2))
    lit = F.silu(gate, inplace=not keep)
    inner = lit * up if keep else lit.mul_(up)
    return inner @ down.T, Gates(gate, up, lit, inner)


def gated_back(
    dy_ND: Float[Tensor, "N D"], x_ND: Float[Tensor, "N D"], kept: Gates, gate_up: Tensor, down: Tensor
) -> tuple[list[tuple[Tensor, Tensor]], Float[Tensor, "G D"], Float[Tensor, "D E"]]:
    """Pairs of matrices whose products sum up to dx, and the gradients of the weights."""
    d_inner = dy_ND @ down
    d_up = d_inner * kept.lit
    d_gate = torch.ops.aten.silu_backward(d_inner.mul_(kept.up), kept.gate)
    d_gate_up = torch.empty_like(gate_up)
    for d_half, out in zip((d_gate, d_up), d_gate_up.chunk(2), strict=True):
        torch.mm(d_half.T, x_ND, out=out)
    return list(zip((d_gate, d_up), gate_up.chunk(2), strict=True)), d_gate_up, dy_ND.T @ kept.inner


class Attended(NamedTuple):
    """Queries (scaled), keys and values (3, M, C, K), and the probabilities (M, C, C)."""

    parts: Tensor
    p: Tensor


def attend(
    qkv_NX: Float[Tensor, "N X"], boards: int, heads: int, bias_HCC: Tensor | None, turn: Turn | None
) -> tuple[Float[Tensor, "N Y"], Attended]:
    """softmax(q k' / sqrt(K) + bias) v for all heads, from q, k and v side by side; q and k are turned before.

    One copy brings each head's numbers together; then there is one batched product for all heads of all boards.
    """
    (N, X), B, H = qkv_NX.shape, boards, heads
    C, K = N // B, X // (3 * H)
    parts = qkv_NX.new_empty(3, B, H, C, K)
    by_head(qkv_NX.view(B, C, 3, H, K).permute(2, 0, 3, 1, 4), parts, turn)
    q, k, v = parts = parts.view(3, B * H, C, K)
    q.mul_(K**-0.5)
    scores = torch.bmm(q, k.mT)
    if bias_HCC is not None:
        scores.view(B, H, C, C).add_(bias_HCC)
    p = scores.softmax(-1)
    mixed = torch.bmm(p, v).view(B, H, C, K).transpose(1, 2).reshape(N, H * K)
    return mixed, Attended(parts, p)


def attend_back(
    dy_NY: Float[Tensor, "N Y"], kept: Attended, boards: int, turn: Turn | None
) -> tuple[Float[Tensor, "N X"], Float[Tensor, "H C C"]]:
    """Through v, the softmax, and q and k."""
    q, k, v = kept.parts
    (N, Y), (M, C, K), B = dy_NY.shape, q.shape, boards
    H = M // B
    dy = dy_NY.view(B, C, H, K).transpose(1, 2).reshape(M, C, K)
    d_scores = torch.ops.aten._softmax_backward_data(torch.bmm(dy, v.mT), kept.p, -1, kept.p.dtype)
    d_parts = torch.empty_like(kept.parts)
    torch.bmm(d_scores, k, out=d_parts[0]).mul_(K**-0.5)
    torch.bmm(d_scores.mT, q, out=d_parts[1])  # q is scaled already
    torch.bmm(kept.p.mT, dy, out=d_parts[2])
    d_qkv = dy_NY.new_empty(B, C, 3, H, K)
    back = turn and Turn(turn.cos, -turn.sin)
    by_head(d_parts.view(3, B, H, C, K), d_qkv.permute(2, 0, 3, 1, 4), back)
    return d_qkv.view(N, 3 * Y), d_scores.view(B, H, C, C).sum(0)


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


def added(total: Tensor, products: list[tuple[Tensor, Tensor]]) -> Tensor:
    """`total` and some matrix products, in its memory."""
    for left, right in products:
        total.addmm_(left, right)
    return total


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
