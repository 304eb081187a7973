"""The plain net applies blocks of the tiny recursive model once each, and respects Sudoku's symmetries."""

from dataclasses import replace
from inspect import unwrap
from itertools import pairwise, product

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from recurse_lab import settle, think
from recurse_lab.measure.cost import parameters
from recurse_lab.models.feed_forward import FeedForward, FeedForwardConfig
from recurse_lab.models.trm import TRM, TRMConfig
from recurse_lab.nn.attention import attend
from recurse_lab.nn.norms import rms
from recurse_lab.recurrence import Recurrence
from recurse_lab.state import latent
from recurse_lab.tasks.sudoku import Sudoku
from recurse_lab.train.loop import seeded

TINY = FeedForwardConfig(symbols=5, classes=5, cells=16, width=16, heads=2, depth=3)
seeds = st.integers(0, 2**31)


def build(seed=0, config=TINY):
    with seeded(seed):
        return awake(FeedForward(config, Sudoku(4).relations()))


def awake(model):
    """Give the relations random weights; a new net has zeros."""
    for name, weight in model.named_parameters():
        if name.endswith("relation"):
            torch.nn.init.normal_(weight, std=0.2)
    return model


def unchecked(**words):
    """A configuration with values that bypass the type check of the tests."""
    config = replace(TINY)
    vars(config).update(words)
    return config


def boards(seed=0, count=3):
    return torch.randint(0, 5, (count, 16), generator=torch.Generator().manual_seed(seed))


@given(seed=seeds, norm=st.sampled_from(["post", "pre"]), injection=st.booleans())
def test_a_step_is_one_block_and_beyond_the_last_nothing_changes(seed, norm, injection):
    model, inputs = build(seed, replace(TINY, norm=norm, injection=injection)), boards(seed)
    h, bias = 4.0 * model.embed(inputs), model.net.biases(model.relations)
    again = h if injection else torch.zeros_like(h)
    thoughts = list(think(model, inputs, 5, read=True))
    assert isinstance(model, Recurrence)
    assert [thought.state.layer for thought in thoughts] == [0, 1, 2, 3, 3, 3]
    for thought, one in zip(thoughts, [None, *model.net.blocks], strict=False):
        if one is not None:
            h = one(h + again if thought.state.layer > 1 else h, bias[thought.state.layer - 1])
        assert torch.equal(thought.state.z, h)
        assert torch.equal(thought.output, model.head(h if norm == "post" else rms(h)))
    assert all(torch.equal(thought.output, thoughts[3].output) for thought in thoughts[4:])
    steps = [latent(thought.state) for thought in thoughts[:4]]
    assert not any(torch.equal(a, b) for a, b in pairwise(steps))
    assert torch.equal(model.net(thoughts[0].state.z, bias), thoughts[3].state.z) is not injection


def test_every_block_is_trained_and_no_two_share_weights():
    model = build()
    settle(model, boards(), 3).output.square().sum().backward()
    assert all(weight.grad.abs().max() > 0 for weight in model.parameters())
    one, two = build(config=replace(TINY, depth=1)), build(config=replace(TINY, depth=2))
    inside = sum(weight.numel() for weight in one.net.parameters())
    outside = 5 * 16 + 16 * 5
    assert parameters(one) == outside + inside
    assert parameters(two) == outside + 2 * inside
    # qkv and out, relations of two heads, three maps of a gated MLP
    assert inside == 4 * 16 * 16 + 2 * 4 + 3 * 16 * 43


@pytest.mark.parametrize("prefix", [0, 1])
def test_its_blocks_are_those_of_the_recursive_net(prefix):
    model, inputs = build(), boards()
    sizes = {name: getattr(TINY, name) for name in ("symbols", "classes", "cells", "width", "heads")}
    config = TRMConfig(**sizes, layers=(3,), mixer="attention", prefix=prefix, multiple=1)
    with seeded(1):
        other = TRM(config, Sudoku(4).relations())
    other.nets[0].load_state_dict(model.net.state_dict())
    other.embed.load_state_dict(model.embed.state_dict())
    other.head.load_state_dict(model.head.state_dict())
    _, context = other.start(inputs)
    begun, _ = model.start(inputs)
    assert torch.equal(context.x[:, prefix:], begun.z)
    found = other.head(other.nets[0](context.x, context.biases[0])[:, prefix:])
    # an empty token in front is one more cell to attend to
    assert torch.allclose(found, settle(model, inputs, 3).output, atol=1e-5) is (prefix == 0)


def symmetry(seed):
    """A permutation of the 16 cells: of rows and columns within and between bands; transposed for odd seeds."""
    generator = torch.Generator().manual_seed(seed)

    def lines():
        bands = [
            2 * band + torch.randperm(2, generator=generator)
            for band in torch.randperm(2, generator=generator)
        ]
        return torch.cat(bands)

    rows, columns = lines(), lines()
    cells = 4 * rows[:, None] + columns
    return (cells.mT if seed % 2 else cells).flatten()


@given(seed=seeds)
def test_permuting_cells_by_a_sudoku_symmetry_permutes_the_logits(seed):
    model, inputs, order = build(seed).double(), boards(seed), symmetry(seed)
    relations = model.relations
    # transposing swaps rows and columns, so their learned numbers must be swapped too
    if seed % 2:
        with torch.no_grad():
            swapped = build(seed).double()
            for one in swapped.net.blocks:
                one.attention.relation.copy_(one.attention.relation[:, [0, 2, 1, 3]].clone())
        assert torch.equal(relations[:, order][:, :, order], relations[[0, 2, 1, 3]])
    else:
        swapped = model
        assert torch.equal(relations[:, order][:, :, order], relations)
    logits, permuted = settle(model, inputs, 3).output, settle(swapped, inputs[:, order], 3).output
    assert torch.allclose(permuted, logits[:, order], atol=1e-9)


def test_other_permutations_matter():
    model, inputs, order = build(), boards(), torch.arange(16)
    order[[0, 4, 8]] = order[[4, 8, 0]]  # the first column's first three cells, across a band
    logits, permuted = settle(model, inputs, 3).output, settle(model, inputs[:, order], 3).output
    assert not torch.allclose(permuted, logits[:, order], atol=1e-2)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: build(config=replace(TINY, depth=0)), "depth must be 1 block or more, not 0"),
        (lambda: build(config=unchecked(norm="both")), "norm must be 'post' or 'pre', not 'both'"),
        (lambda: build(config=replace(TINY, cells=36)), r"relations must have the shape \(R, 36, 36\)"),
        (
            lambda: build(config=replace(TINY, heads=3)),
            r"multiple of 2 x heads \(1 or more\), not 16 with 3 heads",
        ),
        (lambda: build().start(torch.zeros(2, 8, dtype=torch.int64)), r"shape \(B, 16\), not \(2, 8\)"),
        # bypasses the type check of the tests
        (lambda: unwrap(FeedForward.start)(build(), boards()[0]), r"shape \(B, 16\), not \(16,\)"),
        (lambda: build().start(boards() + 5), "symbols must be numbers from 0 to 4"),
    ],
)
def test_what_cannot_be_is_one_line(make, words):
    with pytest.raises(ValueError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)


# Attention with a bias


@given(seed=seeds, heads=st.integers(1, 3), cells=st.integers(1, 7), biased=st.booleans())
def test_attention_and_its_gradients_are_torchs(seed, heads, cells, biased):
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64, requires_grad=True)

    q, k, v = (draw(2, heads, cells, 4) for _ in range(3))
    bias = draw(heads, cells, cells) if biased else None
    weights = torch.randn(2, heads, cells, 4, generator=generator, dtype=torch.float64)
    ours, theirs = attend(q, k, v, bias), F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    assert torch.allclose(ours, theirs, atol=1e-12)
    parts = [q, k, v, bias] if biased else [q, k, v]
    gradients = [torch.autograd.grad((mixed * weights).sum(), parts) for mixed in (ours, theirs)]
    for one, other in zip(*gradients, strict=True):
        assert torch.allclose(one, other, atol=1e-12)


def test_attention_by_hand():
    q, k = torch.tensor([[[[2.0], [0.0]]]]), torch.tensor([[[[1.0], [0.0]]]])
    v = torch.tensor([[[[1.0], [0.0]]]])
    bias = torch.tensor([[[0.0, 1.0], [0.0, 0.0]]])
    expected = torch.tensor([2.0, 0.0]).sub(torch.tensor([1.0, 0.0])).sigmoid()
    assert torch.allclose(attend(q, k, v, bias).flatten(), expected)
    for row, column in product(range(2), repeat=2):
        one = torch.full((1, 2, 2), -50.0)
        one[0, row, column] = 0  # each cell attends only where its bias allows it
        assert attend(q, k, v, one)[0, 0, row, 0].item() == pytest.approx(v[0, 0, column, 0].item(), abs=1e-6)
