"""Geometric attention against its definition, the copy gate, and relations among the nodes of a tree."""

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from recurse_lab.nn.gate import RoutedBlock
from recurse_lab.nn.routing import GeometricAttention, RelativeAttention, geometric
from recurse_lab.nn.trees import TreeAttention, depths, relations

# 0 is the root, 1 and 4 its children, 2 and 3 those of 1, 5 is padding
PARENT = torch.tensor([[0, 0, 1, 1, 0, 5]])
SIDE = torch.tensor([[0, 1, 1, 2, 2, 3]])


def test_a_key_counts_if_it_matches_and_no_nearer_key_does():
    scores = torch.randn(1, 1, 6, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    p = scores[0, 0].sigmoid()
    expected = torch.zeros(6, 6, dtype=torch.float64)
    for i in range(6):
        # the order of nearness: distance, and of two equal distances the later cell first
        order = sorted((j for j in range(6) if j != i), key=lambda j: (abs(i - j), j < i))
        chance = 1.0
        for j in order:
            expected[i, j] = chance * p[i, j]
            chance *= 1 - p[i, j]
    expected /= expected.sum(1, keepdim=True)
    torch.testing.assert_close(geometric(scores)[0, 0], expected)


def test_directions_prefer_one_side():
    attention = GeometricAttention(8, 2)
    for weight in attention.parameters():
        torch.nn.init.zeros_(weight)
    torch.nn.init.ones_(attention.scale_direction)
    with torch.no_grad():
        attention.direction.bias[:] = torch.tensor([30.0, -30.0, -30.0, 30.0])  # head 0 before, head 1 after
    weights = attention.weights(torch.randn(1, 5, 8))[0]
    assert weights[0].argmax(-1)[1:].tolist() == [0, 1, 2, 3]
    assert weights[1].argmax(-1)[:-1].tolist() == [1, 2, 3, 4]


def test_a_closed_gate_keeps_the_state():
    block = RoutedBlock(RelativeAttention(8, 2), 8, 16, gate=True)
    x = torch.randn(2, 5, 8)
    assert block.openness(x).max() < 0.5  # almost closed at first
    torch.nn.init.constant_(block.gate_net.down.bias, -200.0)
    torch.testing.assert_close(block(x), x)
    with pytest.raises(ValueError, match="no gate"):
        RoutedBlock(RelativeAttention(8, 2), 8, 16).openness(x)


def test_relations_name_parents_and_children():
    found = relations(PARENT, SIDE, 2)[0]
    pairs = [{(int(i), int(j)) for i, j in relation.nonzero()} for relation in found]
    assert pairs[0] == {(i, i) for i in range(6)}
    assert pairs[1] == {(1, 0), (4, 0), (2, 1), (3, 1)}
    assert pairs[2] == {(0, 1), (1, 2)}
    assert pairs[3] == {(0, 4), (1, 3)}
    assert depths(PARENT)[0].tolist() == [0, 1, 2, 2, 1, 0]
    with pytest.raises(ValueError, match="from 0 to 5"):
        relations(PARENT + 1, SIDE, 2)


def test_no_node_attends_to_padding_and_every_node_may_attend_to_nothing():
    attention, x = TreeAttention(8, 2, 4), torch.randn(1, 6, 8)
    bias = attention.bias(relations(PARENT, SIDE, 2), SIDE > 2)
    other = x.clone()
    other[:, 5] += 10
    torch.testing.assert_close(attention(x, bias)[:, :5], attention(other, bias)[:, :5])
    torch.nn.init.constant_(attention.nothing, -100.0)
    q, k, v = attention.qkv(x).unflatten(-1, (3, 2, 4)).permute(2, 0, 3, 1, 4)
    usual = scaled_dot_product_attention(q, k, v, attn_mask=bias).transpose(1, 2).flatten(2)
    torch.testing.assert_close(attention(x, bias), attention.out(usual))
    torch.nn.init.constant_(attention.nothing, 100.0)
    torch.testing.assert_close(attention(x, bias), torch.zeros_like(x))


def test_near_nodes_see_their_relatives_alone():
    attention, x = TreeAttention(8, 2, 4, near=True), torch.randn(1, 6, 8)
    bias = attention.bias(relations(PARENT, SIDE, 2), SIDE > 2)
    other = x.clone()
    other[:, 2] += 10  # a child of 1
    apart = (attention(x, bias) - attention(other, bias)).abs().amax(-1)[0] > 1e-6
    assert apart.tolist() == [False, True, True, False, False, False]


def test_heads_must_divide_the_width():
    for make in (GeometricAttention, RelativeAttention):
        with pytest.raises(ValueError, match="multiple of heads"):
            make(10, 4)
