"""Backward passes written out: the numbers that autograd makes of the same formula, and gradients in training mode."""

import pytest
import torch
import torch.nn.functional as F
from torch.autograd import gradcheck

from recurse_lab.backward import Attend, Gated, NormedSum
from recurse_lab.layers import rotate, turn
from recurse_lab.models.feed_forward import FeedForward, FeedForwardConfig
from recurse_lab.models.trm import TRM, TRMConfig
from recurse_lab.post_norm import EPS, AttentionBlock, Mlp, PlacedAttention, attend, rms
from recurse_lab.tasks.sudoku import Sudoku


def numbers(*shape, seed=0, scale=1.0):
    draw = torch.Generator().manual_seed(seed)
    return (scale * torch.randn(shape, generator=draw, dtype=torch.float64)).requires_grad_()


def plain_gated(x, gate_up, down):
    gate, up = F.linear(x, gate_up).chunk(2, dim=-1)
    return F.linear(F.silu(gate) * up, down)


def attending(heads, rotary=False):
    """Attention written out, and the same in plain torch: functions of q, k and v side by side, and a bias."""

    def ours(qkv, bias=None):
        B, C, X = qkv.shape
        turned = turn(C, X // (3 * heads), qkv.dtype, qkv.device) if rotary else None
        return Attend.apply(qkv, heads, bias, turned)

    def plain(qkv, bias=None):
        B, C, X = qkv.shape
        q, k, v = qkv.view(B, C, 3, heads, -1).permute(2, 0, 3, 1, 4)
        q, k = (rotate(q), rotate(k)) if rotary else (q, k)
        return attend(q, k, v, bias).transpose(1, 2).reshape(B, C, -1)

    return ours, plain


def normed_sum(h, branch):
    return NormedSum.apply(h, branch, EPS)


PARTS = {
    "normed sum": (normed_sum, lambda h, b: rms(h + b), [(2, 3, 5), (2, 3, 5)]),
    "normed sum of one row": (normed_sum, lambda h, b: rms(h + b), [(7,), (7,)]),
    "gated": (Gated.apply, plain_gated, [(2, 3, 4), (10, 4), (4, 5)]),
    "gated, one axis more": (Gated.apply, plain_gated, [(2, 1, 3, 4), (6, 4), (4, 3)]),
    "attend": (*attending(2), [(2, 5, 12), (2, 5, 5)]),
    "attend, one head": (*attending(1), [(1, 3, 6), (1, 3, 3)]),
    "attend without bias": (*attending(2), [(2, 5, 12)]),
    "attend, rotary": (*attending(2, rotary=True), [(2, 5, 24)]),
    "attend, rotary and bias": (*attending(3, rotary=True), [(2, 4, 36), (3, 4, 4)]),
}


@pytest.mark.parametrize("name", PARTS)
def test_gradients_are_those_of_small_differences(name):
    part, _, shapes = PARTS[name]
    assert gradcheck(part, [numbers(*shape, seed=seed) for seed, shape in enumerate(shapes)])


@pytest.mark.parametrize("name", PARTS)
def test_values_and_gradients_are_autograds(name):
    part, plain, shapes = PARTS[name]
    given = [numbers(*shape, seed=seed, scale=2.0) for seed, shape in enumerate(shapes)]
    ours, theirs = part(*given), plain(*given)
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    dy = numbers(*ours.shape, seed=9).detach()
    for one, other in zip(
        torch.autograd.grad(ours, given, dy), torch.autograd.grad(theirs, given, dy), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", [name for name, (*_, shapes) in PARTS.items() if len(shapes[0]) > 1])
def test_transposed_views_of_inputs_and_gradients_give_the_same(name):
    part, plain, shapes = PARTS[name]
    given = [numbers(*reversed(shape), seed=seed).detach() for seed, shape in enumerate(shapes)]
    views = [value.permute(*reversed(range(value.dim()))).requires_grad_() for value in given]
    dy = numbers(*reversed(part(*views).shape), seed=9).detach()
    dy = dy.permute(*reversed(range(dy.dim())))
    assert not any(part.is_contiguous() for part in (views[0], dy))
    found = torch.autograd.grad(part(*views), views, dy)
    for one, other in zip(found, torch.autograd.grad(plain(*views), views, dy), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("name", PARTS)
def test_they_are_not_differentiated_twice(name):
    part, _, shapes = PARTS[name]
    given = [numbers(*shape, seed=seed) for seed, shape in enumerate(shapes)]
    for dx in torch.autograd.grad(part(*given).square().sum(), given, create_graph=True):
        with pytest.raises(RuntimeError, match="once_differentiable"):
            dx.sum().backward(retain_graph=True)


def nets():
    relations = Sudoku(4).relations()
    small = {"symbols": 5, "cells": 16, "width": 8, "heads": 2}
    trm = {**small, "classes": 5, "multiple": 1, "refinements": 2, "prefix": 1}
    yield TRM(TRMConfig(**trm, mixer="attention"), relations)
    yield TRM(TRMConfig(**trm, mixer="rotary"))
    yield TRM(TRMConfig(**trm, mixer="tokens"))
    yield FeedForward(FeedForwardConfig(**small, classes=5, depth=2), relations)


@pytest.mark.parametrize("number", range(4))
def test_a_training_step_has_the_gradients_of_evaluation_mode(number):
    torch.manual_seed(3)
    net = list(nets())[number].double()
    for weight in net.parameters():
        weight.data += 0.1 * torch.randn_like(weight)
    boards = torch.randint(0, 5, (6, 16))
    found = []
    for mode in (True, False):
        net.train(mode)
        state, context = net.start(boards)
        logits = net.read(net.step(net.step(state, context), context))
        loss = F.cross_entropy(logits.flatten(0, 1), boards.flatten())
        named = [weight for name, weight in net.named_parameters() if not name.startswith("halt.")]
        found.append([logits, *torch.autograd.grad(loss, named)])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)


def test_blocks_use_them_in_training_only(monkeypatch):
    used = []
    for part in (Attend, Gated, NormedSum):
        apply = part.apply
        monkeypatch.setattr(
            part, "apply", lambda *given, part=part, apply=apply: used.append(part.__name__) or apply(*given)
        )
    block = AttentionBlock(PlacedAttention(8, 2, rotary=False, relations=4), Mlp(8, 12))
    bias = block.bias(Sudoku(4).relations())
    block.train()(torch.randn(2, 16, 8), bias)
    assert used == ["Attend", "NormedSum", "Gated", "NormedSum"]
    block.eval()(torch.randn(2, 16, 8), bias)
    assert len(used) == 4
