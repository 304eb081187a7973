"""Grouped attention: causal, of relative positions, and equal to attention with the heads of a group repeated."""

import pytest
import torch

from recurse_lab.nn.attention import rotate
from recurse_lab.nn.grouped import GroupedAttention, GroupedBlock
from recurse_lab.train.loop import seeded


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def attention(heads, groups, width=16):
    with seeded(0):
        return GroupedAttention(width, heads, groups)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_no_cell_sees_a_later_one(groups):
    mix, x = attention(4, groups), numbers(2, 6, 16)
    changed = x.clone()
    changed[:, 4:] += 1
    assert torch.equal(mix(x)[:, :4], mix(changed)[:, :4])
    assert not torch.allclose(mix(x)[:, 4:], mix(changed)[:, 4:])


@pytest.mark.parametrize("groups", [1, 2])
def test_groups_are_heads_with_repeated_keys_and_values(groups):
    heads, width, k = 4, 16, 4
    few, many = attention(heads, groups), attention(heads, heads)
    q, keys, values = few.qkv.weight.data.view(-1, k, width).split((heads, groups, groups))
    repeated = [part.repeat_interleave(heads // groups, dim=0) for part in (keys, values)]
    many.qkv.weight.data = torch.cat((q, *repeated)).view(-1, width)
    many.out.weight.data = few.out.weight.data
    x = numbers(2, 5, width)
    torch.testing.assert_close(few(x), many(x))


def test_it_is_the_formula_written_out():
    mix, x = attention(1, 1, width=4), numbers(1, 3, 4)
    q, k, v = mix.qkv(x).view(1, 3, 3, 4).permute(2, 0, 1, 3)
    q, k = rotate(q[:, None])[:, 0], rotate(k[:, None])[:, 0]
    rows = []
    for cell in range(3):
        weights = (q[0, cell] @ k[0, : cell + 1].T / 2).softmax(-1)
        rows.append(weights @ v[0, : cell + 1])
    torch.testing.assert_close(mix(x)[0], mix.out(torch.stack(rows)))


def test_scores_depend_on_the_distance_of_two_cells_alone():
    q, k = numbers(1, 1, 1, 8), numbers(1, 1, 1, 8, seed=1)
    scores = rotate(q.expand(1, 1, 9, 8)) @ rotate(k.expand(1, 1, 9, 8)).mT
    for distance in range(-4, 5):
        diagonal = scores[0, 0].diagonal(distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal))
    assert scores[0, 0, 0].std() > 1e-3


def test_a_row_of_equal_cells_looks_the_same_everywhere():
    mix, x = attention(4, 2), numbers(1, 1, 16).expand(1, 7, 16)
    torch.testing.assert_close(mix(x), mix(x)[:, :1].expand(1, 7, 16))


def test_a_block_without_output_weights_does_nothing():
    block, x = GroupedBlock(16, 24, 4, 2), numbers(2, 5, 16)
    block.attention.out.weight.data.zero_()
    block.mlp.down.weight.data.zero_()
    assert torch.equal(block(x), x)


@pytest.mark.parametrize(
    ("sizes", "line"),
    [
        ((18, 8, 4, 2), r"width must be a multiple of 2 x heads \(1 or more\), not 18 with 4 heads"),
        ((16, 8, 0, 1), "not 16 with 0 heads"),
        ((16, 8, 4, 3), r"heads must be a multiple of groups \(1 or more\), not 4 with 3"),
        ((16, 8, 4, 0), "not 4 with 0"),
        ((16, 0, 4, 2), "hidden must be 1 or more, not 0"),
    ],
)
def test_bad_sizes_are_one_line(sizes, line):
    with pytest.raises(ValueError, match=line) as caught:
        GroupedBlock(*sizes)
    assert "\n" not in str(caught.value)
