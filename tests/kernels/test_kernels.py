"""Kernels with written-out backward passes: they equal autograd on the same formula, and run only inside `fused`."""

from contextlib import nullcontext, suppress
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch.autograd import gradcheck
from torch.func import jvp

from recurse_lab.kernels import fused
from recurse_lab.kernels.blocks import Attentive, How, TokenMixing
from recurse_lab.kernels.parts import NARROW, empty_heads
from recurse_lab.models.feed_forward import FeedForward, FeedForwardConfig
from recurse_lab.models.trm import TRM, TRMConfig
from recurse_lab.nn.attention import PlacedAttention, attend, rotate, turn
from recurse_lab.nn.blocks import AttentionBlock, PreNormBlock, TokenBlock
from recurse_lab.nn.mlp import GatedMLP
from recurse_lab.nn.norms import rms
from recurse_lab.tasks.sudoku import Sudoku


def numbers(*shape, seed=0, scale=1.0):
    draw = torch.Generator().manual_seed(seed)
    return (scale * torch.randn(shape, generator=draw, dtype=torch.float64)).requires_grad_()


def swiglu(x, gate_up, down):
    gate, up = F.linear(x, gate_up).chunk(2, dim=-1)
    return F.linear(F.silu(gate) * up, down)


def attention(x, bias, qkv, out, heads, rotary):
    B, C, D = x.shape
    q, k, v = F.linear(x, qkv).view(B, C, 3, heads, -1).permute(2, 0, 3, 1, 4)
    q, k = (rotate(q), rotate(k)) if rotary else (q, k)
    return F.linear(attend(q, k, v, bias).transpose(1, 2).reshape(B, C, D), out)


def plain_post(heads, rotary, h, bias, qkv, out, *mlp):
    y = rms(h + attention(h, bias, qkv, out, heads, rotary))
    return rms(y + swiglu(y, *mlp))


def plain_pre(heads, rotary, h, bias, qkv, out, *mlp):
    y = h + attention(rms(h), bias, qkv, out, heads, rotary)
    return y + swiglu(rms(y), *mlp)


def plain_tokens(h, tokens_gate_up, tokens_down, *mlp):
    y = rms(h.mT + swiglu(h.mT, tokens_gate_up, tokens_down)).mT
    return rms(y + swiglu(y, *mlp))


def whole(norm, heads, rotary, h, *rest):
    C, D = h.shape[1:]
    turned = turn(C, D // heads, h.dtype, h.device) if rotary else None
    return Attentive.apply(h, *rest, How(heads, turned, norm, torch.is_grad_enabled()))


def with_attention(norm, heads, boards, cells, width, *, rotary=False, bias=True):
    """The kernel, its formula in plain torch, and the shapes of state, bias (if there is one) and weights."""
    shapes = [(boards, cells, width), (heads, cells, cells)][: 1 + bias]
    shapes += [(3 * width, width), (width, width), (10, width), (width, 5)]

    def without(function):
        return function if bias else lambda h, *weights: function(h, None, *weights)

    plain = {"post": plain_post, "pre": plain_pre}[norm]
    return without(partial(whole, norm, heads, rotary)), without(partial(plain, heads, rotary)), shapes


def tokens(*given):
    return TokenMixing.apply(*given, torch.is_grad_enabled())


PARTS = {
    "post": with_attention("post", 2, 2, 3, 4),
    "post, one head and board": with_attention("post", 1, 1, 3, 4),
    "post without bias": with_attention("post", 2, 2, 3, 4, bias=False),
    "post, rotary": with_attention("post", 2, 2, 3, 8, rotary=True, bias=False),
    "post, rotary and bias": with_attention("post", 3, 2, 4, 12, rotary=True),
    "pre": with_attention("pre", 2, 2, 3, 4),
    "pre without bias": with_attention("pre", 1, 2, 3, 4, bias=False),
    "pre, rotary and bias": with_attention("pre", 2, 1, 3, 8, rotary=True),
    "post, broad heads": with_attention("post", 2, 2, 5, 2 * NARROW, rotary=True),
    "pre, broad heads": with_attention("pre", 1, 2, 3, NARROW + 2),
    "tokens": (tokens, plain_tokens, [(2, 3, 4), (14, 3), (3, 7), (10, 4), (4, 5)]),
    "tokens, one board": (tokens, plain_tokens, [(1, 4, 2), (6, 4), (4, 3), (2, 2), (2, 1)]),
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


@pytest.mark.parametrize("name", PARTS)
def test_transposed_views_of_inputs_and_gradients_give_the_same(name):
    part, plain, shapes = PARTS[name]
    given = [numbers(*reversed(shape), seed=seed).detach() for seed, shape in enumerate(shapes)]
    views = [value.permute(*reversed(range(value.dim()))).requires_grad_() for value in given]
    dy = numbers(*reversed(part(*views).shape), seed=9).detach()
    dy = dy.permute(*reversed(range(dy.dim())))
    assert not any(part.is_contiguous() for part in (views[0], views[-1], dy)) or 1 in shapes[0]
    found = torch.autograd.grad(part(*views), views, dy)
    for one, other in zip(found, torch.autograd.grad(plain(*views), views, dy), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("name", PARTS)
def test_without_gradients_the_values_are_the_same(name):
    part, _, shapes = PARTS[name]
    given = [numbers(*shape, seed=seed) for seed, shape in enumerate(shapes)]
    with torch.no_grad():
        free = part(*given)
    assert free.grad_fn is None
    assert torch.equal(free, part(*given))


@pytest.mark.parametrize("name", PARTS)
def test_inputs_stay_as_they_are(name):
    part, _, shapes = PARTS[name]
    given = [numbers(*shape, seed=seed) for seed, shape in enumerate(shapes)]
    before = [value.detach().clone() for value in given]
    dy = numbers(*part(*given).shape, seed=9).detach()
    kept = dy.clone()
    part(*given).backward(dy)
    for one, other in zip((*given, dy), (*before, kept), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("name", PARTS)
def test_they_are_not_differentiated_twice(name):
    part, _, shapes = PARTS[name]
    given = [numbers(*shape, seed=seed) for seed, shape in enumerate(shapes)]
    for dx in torch.autograd.grad(part(*given).square().sum(), given, create_graph=True):
        with pytest.raises(RuntimeError, match="once_differentiable"):
            dx.sum().backward(retain_graph=True)


@pytest.mark.parametrize("K", [1, NARROW - 1, NARROW, 64])
def test_only_narrow_heads_are_kept_transposed(K):
    room = empty_heads(torch.zeros(0), (2, 3, 5, K))
    assert room.shape == (2, 3, 5, K)
    assert room.is_contiguous() is (K >= NARROW or K == 1)
    assert room.mT.is_contiguous() is (K < NARROW)


def nets():
    relations = Sudoku(4).relations()
    small = {"symbols": 5, "cells": 16, "width": 8, "heads": 2}
    trm = {**small, "classes": 5, "multiple": 1, "refinements": 2, "prefix": 1}
    yield TRM(TRMConfig(**trm, mixer="attention"), relations)
    yield TRM(TRMConfig(**trm, mixer="rotary"))
    yield TRM(TRMConfig(**trm, mixer="tokens"))
    yield FeedForward(FeedForwardConfig(**small, classes=5, depth=2), relations)
    yield FeedForward(FeedForwardConfig(**small, classes=5, depth=2, norm="pre"), relations)


@pytest.mark.parametrize("number", range(5))
def test_a_training_step_has_the_gradients_of_the_plain_modules(number):
    torch.manual_seed(3)
    net = list(nets())[number].double()
    for weight in net.parameters():
        weight.data += 0.1 * torch.randn_like(weight)
    boards = torch.randint(0, 5, (6, 16))
    found = []
    for way in (nullcontext, fused):
        with way():
            state, context = net.start(boards)
            logits = net.read(net.step(net.step(state, context), context))
            loss = F.cross_entropy(logits.flatten(0, 1), boards.flatten())
            named = [weight for name, weight in net.named_parameters() if not name.startswith("halt.")]
            found.append([logits, *torch.autograd.grad(loss, named)])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)


def blocks():
    attention = PlacedAttention(8, 2, rotary=False, relations=4)
    yield Attentive, AttentionBlock(attention, GatedMLP(8, 12))
    yield Attentive, PreNormBlock(attention, GatedMLP(8, 12))
    yield TokenMixing, TokenBlock(GatedMLP(16, 20), GatedMLP(8, 12))


each_block = pytest.mark.parametrize("number", range(3))


def block_and_inputs(number):
    torch.manual_seed(4)
    kind, block = list(blocks())[number]
    bias = block.bias(Sudoku(4).relations())
    return kind, block, torch.randn(2, 16, 8), None if bias is None else bias.detach()


@pytest.fixture
def used(monkeypatch):
    """For each use of a kernel, whether it kept the tensors of its backward pass."""
    found = []

    def noting(apply):
        def noted(*given):
            how = given[-1]
            found.append(how.keep if isinstance(how, How) else how)
            return apply(*given)

        return noted

    for kind in (Attentive, TokenMixing):
        monkeypatch.setattr(kind, "apply", noting(kind.apply))
    return found


@each_block
def test_blocks_are_plain_in_every_mode_unless_fused_is_asked_for(number, used):
    _, block, h, bias = block_and_inputs(number)
    expected = block(h, bias)
    for mode in (True, False):
        block.train(mode)
        block(h, bias)
        with torch.no_grad():
            block(h, bias)
        with torch.inference_mode():
            block(h, bias)
    assert used == []
    torch.testing.assert_close(block(h, bias_HCC=bias), expected)
    with fused():
        torch.testing.assert_close(block(h, bias_HCC=bias), expected)
        with torch.inference_mode():
            torch.testing.assert_close(block(h, bias), expected)
    assert used == [True, False]
    block(h, bias)
    assert used == [True, False]


@pytest.mark.filterwarnings(
    "ignore:.*torch.jit.script:DeprecationWarning"
)  # a warning of torch itself, on the first use of jvp
@each_block
def test_hooks_and_higher_derivatives_work_on_plain_blocks(number):
    _, block, h, bias = block_and_inputs(number)
    block.train()
    called = []
    block.mlp.register_forward_hook(lambda *_: called.append("mlp"))
    h.requires_grad_()
    (first,) = torch.autograd.grad(block(h, bias).square().sum(), h, create_graph=True)
    (second,) = torch.autograd.grad(first.square().sum(), h)
    assert called == ["mlp"]
    assert second.abs().max() > 0
    value, change = jvp(lambda x: block(x, bias), (h.detach(),), (torch.ones_like(h),))
    assert value.shape == change.shape
    with fused():
        (first,) = torch.autograd.grad(block(h, bias).square().sum(), h, create_graph=True)
    with pytest.raises(RuntimeError, match=r"once_differentiable|used in the graph"):
        torch.autograd.grad(first.square().sum(), h)
    assert called == ["mlp"] * 2  # the second call is that of jvp; the kernel calls no module inside


@each_block
def test_half_and_mixed_precision_are_plain_even_when_fused(number, used):
    _, block, h, bias = block_and_inputs(number)
    expected = block(h, bias)
    with fused(), torch.autocast("cpu", torch.bfloat16):
        low = block(h, bias)
    torch.testing.assert_close(low.float(), expected, atol=0.1, rtol=0.1)
    low.sum().backward()  # mixed precision has a backward pass
    with fused():
        half = block.bfloat16()(h.bfloat16(), None if bias is None else bias.bfloat16())
    half.sum().backward()
    assert half.dtype == torch.bfloat16
    assert used == []


def test_fused_ends_with_its_block_and_may_be_nested(used):
    _, block, h, bias = block_and_inputs(0)
    with fused():
        with fused():
            block(h, bias)
        block(h, bias)
    with suppress(KeyError), fused():
        raise KeyError
    block(h, bias)
    assert used == [True, True]


def test_a_subclass_that_changes_the_formula_is_never_replaced(used):
    class Other(AttentionBlock):
        def forward(self, h, bias=None):
            return h

    attention = PlacedAttention(8, 2, rotary=False, relations=4)
    h = torch.randn(2, 16, 8)
    with fused():
        assert torch.equal(Other(attention, GatedMLP(8, 12))(h), h)
    assert used == []
