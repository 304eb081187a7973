"""The parts of a block with hand-written backward passes: norm, gated MLP, attention.

In a small net, element-wise operations between small matrix products take much of a training step, and so
does autograd's bookkeeping per operation. Each part is a pair of functions, forward and backward; `blocks.py`
composes them into blocks. They work in float32 and float64, on any device.

Shape letters: B boards, C cells, N = BC, D width, E inner width of the gated MLP, G = 2E, H heads, K width of
a head, Y = HK, X = 3Y, M = BH.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from recurse_lab.nn.attention import Turn
from recurse_lab.nn.norms import EPS

# Heads narrower than this are stored transposed, (K, C): products with few columns are slow, few rows fast.
# On a CPU this saves a third of attention's time at K = 8, and costs time from K = 16 on.
NARROW = 16


def normed_(s_ND: Float[Tensor, "N D"]) -> tuple[Float[Tensor, "N D"], Float[Tensor, "N 1"]]:
    """Replace s by s r in place, r = 1 / sqrt(mean s^2 + eps); return s r and r."""
    norm_N1 = torch.linalg.vector_norm(s_ND, dim=-1, keepdim=True)
    r_N1 = norm_N1.square_().div_(s_ND.shape[-1]).add_(EPS).rsqrt_()
    return s_ND.mul_(r_N1), r_N1


def normed_back(
    dy_ND: Float[Tensor, "N D"], y_ND: Float[Tensor, "N D"], r_N1: Float[Tensor, "N 1"]
) -> Float[Tensor, "N D"]:
    """The gradient ds = r (dy - y mean(y dy)) of `normed_`."""
    return torch.addcmul(dy_ND, y_ND, (y_ND * dy_ND).mean(-1, keepdim=True), value=-1).mul_(r_N1)


class Gates(NamedTuple):
    """Inner activations of a gated MLP, (N, E) each: gate, up, silu(gate), and silu(gate) * up."""

    gate: Tensor
    up: Tensor
    lit: Tensor
    inner: Tensor


def gated(
    x_ND: Float[Tensor, "N D"], gate_up: Float[Tensor, "G D"], down: Float[Tensor, "D E"], keep: bool
) -> tuple[Float[Tensor, "N D"], Gates]:
    """SwiGLU, (silu(x G') * x U') W'. Two products, one per half of `gate_up`, give contiguous results.

    Without `keep`, results overwrite gate and lit; this takes a fifth less time at width 128.
    """
    gate, up = (x_ND @ half.T for half in gate_up.chunk(2))
    lit = F.silu(gate, inplace=not keep)
    inner = lit * up if keep else lit.mul_(up)
    return inner @ down.T, Gates(gate, up, lit, inner)


def gated_back(
    dy_ND: Float[Tensor, "N D"], x_ND: Float[Tensor, "N D"], kept: Gates, gate_up: Tensor, down: Tensor
) -> tuple[list[tuple[Tensor, Tensor]], Float[Tensor, "G D"], Float[Tensor, "D E"]]:
    """Pairs of matrices whose products add up to dx (the caller adds them), and the weights' gradients."""
    d_inner = dy_ND @ down
    d_up = d_inner * kept.lit
    d_gate = torch.ops.aten.silu_backward(d_inner.mul_(kept.up), kept.gate)
    d_gate_up = torch.empty_like(gate_up)
    for d_half, out in zip((d_gate, d_up), d_gate_up.chunk(2), strict=True):
        torch.mm(d_half.T, x_ND, out=out)
    return list(zip((d_gate, d_up), gate_up.chunk(2), strict=True)), d_gate_up, dy_ND.T @ kept.inner


class Attended(NamedTuple):
    """Scaled queries, keys and values (3, M, C, K), and the attention probabilities (M, C, C)."""

    parts: Tensor
    p: Tensor


def attend(
    qkv_NX: Float[Tensor, "N X"], boards: int, heads: int, bias_HCC: Tensor | None, turn: Turn | None
) -> tuple[Float[Tensor, "N Y"], Attended]:
    """softmax(q k' / sqrt(K) + bias) v for all heads; q, k, v lie side by side, `turn` rotates q and k first.

    One copy makes each head contiguous; one batched product then serves all heads of all boards.
    """
    (N, X), B, H = qkv_NX.shape, boards, heads
    C, K = N // B, X // (3 * H)
    parts = empty_heads(qkv_NX, (3, B, H, C, K))
    by_head(qkv_NX.view(B, C, 3, H, K).permute(2, 0, 3, 1, 4), parts, turn)
    q, k, v = parts = parts.view(3, B * H, C, K)
    q.mul_(K**-0.5)
    scores = torch.bmm(q, k.mT)
    if bias_HCC is not None:
        scores.view(B, H, C, C).add_(bias_HCC)
    p = scores.softmax(-1)
    mixed = mix(p, v, torch.empty_like(v))
    return mixed.view(B, H, C, K).transpose(1, 2).reshape(N, H * K), Attended(parts, p)


def attend_back(
    dy_NY: Float[Tensor, "N Y"], kept: Attended, boards: int, turn: Turn | None
) -> tuple[Float[Tensor, "N X"], Float[Tensor, "H C C"]]:
    """Gradients of qkv (N, X) and of the bias (H, C, C), through v, the softmax, q and k."""
    q, k, v = kept.parts
    (N, Y), (M, C, K), B = dy_NY.shape, q.shape, boards
    H = M // B
    dy = empty_heads(dy_NY, (B, H, C, K)).copy_(dy_NY.view(B, C, H, K).transpose(1, 2)).view(M, C, K)
    d_scores = torch.ops.aten._softmax_backward_data(torch.bmm(dy, v.mT), kept.p, -1, kept.p.dtype)
    d_parts = torch.empty_like(kept.parts)
    mix(d_scores, k, d_parts[0]).mul_(K**-0.5)
    mix(d_scores.mT, q, d_parts[1])  # q is already scaled
    mix(kept.p.mT, dy, d_parts[2])
    d_qkv = dy_NY.new_empty(B, C, 3, H, K)
    back = turn and Turn(turn.cos, -turn.sin)
    by_head(d_parts.view(3, B, H, C, K), d_qkv.permute(2, 0, 3, 1, 4), back)
    return d_qkv.view(N, 3 * Y), d_scores.view(B, H, C, C).sum(0)


def empty_heads(like: Tensor, shape: tuple[int, ...]) -> Float[Tensor, "*B C K"]:
    """An empty tensor (*B, C, K) for all heads, in the memory layout that is fastest for their width K."""
    *heads, C, K = shape
    return like.new_empty(*heads, K, C).mT if K < NARROW else like.new_empty(shape)


def mix(weights_MCC: Tensor, x_MCK: Tensor, into_MCK: Tensor) -> Float[Tensor, "M C K"]:
    """Write the product weights x into a tensor made by `empty_heads`, and return it."""
    if x_MCK.shape[-1] < NARROW:
        torch.bmm(x_MCK.mT, weights_MCC.mT, out=into_MCK.mT)
    else:
        torch.bmm(weights_MCC, x_MCK, out=into_MCK)
    return into_MCK


def by_head(
    source: Float[Tensor, "3 B H C K"], target: Float[Tensor, "3 B H C K"], turn: Turn | None
) -> None:
    """Copy queries, keys and values from `source` to `target`; rotate queries and keys by `turn` unless None."""
    if turn is None:
        target.copy_(source)
        return
    (a, b), (turned_a, turned_b) = source[:2].chunk(2, -1), target[:2].chunk(2, -1)
    torch.mul(a, turn.cos, out=turned_a).addcmul_(b, turn.sin, value=-1)
    torch.mul(b, turn.cos, out=turned_b).addcmul_(a, turn.sin)
    target[2].copy_(source[2])


def added(total: Tensor, *products: tuple[Tensor, Tensor]) -> Tensor:
    """Add matrix products to `total` in place, and return it."""
    for left, right in products:
        total.addmm_(left, right)
    return total
