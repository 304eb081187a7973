"""The properties of each layer: relative positions, causality, gating, size one, unchanged numbers of cells."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from recurse_lab.nn.attention import Attention, rotate, turn
from recurse_lab.nn.blocks import SandwichBlock
from recurse_lab.nn.convolution import ResidualConv, conv, conv_head
from recurse_lab.nn.mlp import GatedMLP
from recurse_lab.train.loop import seeded

seeds = st.integers(0, 2**31)


@given(seed=seeds)
def test_rotary_scores_depend_on_relative_positions_only(seed):
    with seeded(seed):
        q, k = torch.randn(2, 1, 1, 1, 8)
    turned_q, turned_k = rotate(q.expand(1, 1, 12, 8)), rotate(k.expand(1, 1, 12, 8))
    scores = (turned_q @ turned_k.mT)[0, 0]
    assert torch.allclose(scores[1:, 1:], scores[:-1, :-1], atol=1e-5)
    assert not torch.allclose(scores[0], scores[0, 0].expand(12), atol=1e-2)
    assert torch.allclose(turned_q.norm(dim=-1), q.norm().expand(12), atol=1e-5)
    assert torch.equal(turned_q[0, 0, 0], q.flatten())


def test_rotation_by_hand():
    turned = rotate(torch.tensor([1.0, 2.0, 3.0, 4.0]).expand(1, 1, 2, 4))[0, 0, 1]
    fast, slow = torch.tensor(1.0), torch.tensor(0.01)
    expected = [
        fast.cos() - 3 * fast.sin(),
        2 * slow.cos() - 4 * slow.sin(),
        3 * fast.cos() + fast.sin(),
        4 * slow.cos() + 2 * slow.sin(),
    ]
    assert torch.allclose(turned, torch.stack(expected))


@pytest.mark.parametrize("causal", [True, False])
@given(seed=seeds, at=st.integers(1, 6))
def test_a_causal_cell_sees_only_those_before_it(causal, seed, at):
    with seeded(seed):
        attention, x = Attention(16, heads=2, causal=causal), torch.randn(1, 8, 16)
        changed = x.clone()
        changed[0, at] = torch.randn(16)
    moved = (attention(x) - attention(changed)).abs().amax(-1)[0] > 1e-6
    assert moved[at:].all()
    assert moved[:at].any().item() is not causal


@given(seed=seeds)
def test_attention_by_hand(seed):
    with seeded(seed), torch.no_grad():
        attention, x = Attention(4, heads=1), torch.randn(1, 5, 4)
        q, k, v = (x @ attention.qkv.weight.T).chunk(3, dim=-1)
        q, k = rotate(q[:, None])[:, 0], rotate(k[:, None])[:, 0]
        expected = (q @ k.mT / 2).softmax(-1) @ v @ attention.out.weight.T
        assert torch.allclose(attention(x), expected, atol=1e-6)


@given(seed=seeds)
def test_gated_mlp_by_hand(seed):
    with seeded(seed), torch.no_grad():
        mlp, x = GatedMLP(4, 6), torch.randn(3, 4)
        gate, up = mlp.gate_up.weight[:6], mlp.gate_up.weight[6:]
        a = x @ gate.T
        expected = (a / (1 + (-a).exp()) * (x @ up.T)) @ mlp.down.weight.T
        assert torch.allclose(mlp(x), expected, atol=1e-6)


@given(seed=seeds, size=st.sampled_from([0.1, 1.0, 1e3, 1e6]))
def test_a_sandwich_block_gives_size_one_however_often_it_is_applied(seed, size):
    with seeded(seed), torch.no_grad():
        block, x = SandwichBlock(16, heads=2), size * torch.randn(2, 5, 16)
        for _ in range(30):
            x = block(x)
            assert torch.allclose(x.square().mean(-1).sqrt(), torch.ones(()), atol=1e-3)


@given(seed=seeds)
def test_group_norm_makes_a_residual_branch_deaf_to_the_size_of_its_weights(seed):
    with seeded(seed), torch.no_grad():
        x = torch.randn(2, 8, 12)
        for groups in (2, 0):
            block = ResidualConv(1, 8, groups)
            block.convs[1].weight.mul_(10)
            before = block(x)
            block.convs[1].weight.mul_(100)
            assert torch.allclose(block(x), before, atol=1e-2) is bool(groups)


def test_residual_convolution_by_hand():
    block, x = ResidualConv(1, 4, groups=0, dilation=2), torch.randn(2, 4, 9)
    first, second = (c.weight for c in block.convs)
    inner = F.conv1d(x, first, padding=2, dilation=2).relu()
    assert torch.equal(block(x), (x + F.conv1d(inner, second, padding=2, dilation=2)).relu())


@pytest.mark.parametrize("dims", [1, 2])
@pytest.mark.parametrize("dilation", [1, 5])
def test_convolutions_keep_the_number_of_cells(dims, dilation):
    x = torch.randn(2, 3, *(7, 9)[:dims])
    assert conv(dims, 3, 4, dilation)(x).shape == (2, 4, *x.shape[2:])
    assert conv_head(dims, 3, 5)(x).shape == (2, 5, *x.shape[2:])


def test_the_head_ends_without_relu():
    assert (conv_head(1, 8, 2)(torch.randn(4, 8, 9)) < 0).any()


@pytest.mark.parametrize("build", [lambda: conv(3, 1, 1), lambda: Attention(10, heads=4)])
def test_impossible_sizes_are_one_line_errors(build):
    with pytest.raises(ValueError, match=r"\A[^\n]+\Z"):
        build()


def test_tables_that_inference_mode_made_serve_training():
    turn.cache_clear()
    with torch.inference_mode():
        rotate(torch.ones(1, 1, 3, 4))
    x = torch.ones(1, 1, 3, 4, requires_grad=True)
    rotate(x).sum().backward()
    assert x.grad is not None
