"""Shapes, reach, bounded states, reproducible starts and sizes of the models."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from recurse_lab import settle, think
from recurse_lab.chapters.ch02_looping.arms import LARGER, LIVE
from recurse_lab.measure.cost import parameters
from recurse_lab.models.deep_thinking import DeepThinking, DeepThinkingConfig
from recurse_lab.models.looped_transformer import LoopedTransformer, LoopedTransformerConfig
from recurse_lab.state import latent
from recurse_lab.train.loop import seeded

seeds = st.integers(0, 2**31)
reaches = given(
    seed=seeds,
    steps=st.integers(0, 3),
    recall=st.booleans(),
    dilations=st.sampled_from([(1,), (2,), (1, 3), (2, 1)]),
)


def generator(seed):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("dims", "shape"), [(1, (2, 9)), (2, (2, 5, 7))])
def test_shapes_of_deep_thinking(dims, shape):
    net = DeepThinking(DeepThinkingConfig(dims=dims, symbols=4, classes=3, width=8, groups=2))
    last = settle(net, torch.randint(0, 4, shape), 2)
    assert last.state.z.shape == (2, 8, *shape[1:])
    assert last.output.shape == (*shape, 3)


def test_shapes_of_the_looped_transformer():
    net = LoopedTransformer(LoopedTransformerConfig(symbols=5, classes=3, width=16, heads=2))
    last = settle(net, torch.randint(0, 5, (2, 9)), 2)
    assert last.state.z.shape == (2, 9, 16)
    assert last.output.shape == (2, 9, 3)


@reaches
def test_no_answer_depends_on_inputs_beyond_reach(seed, steps, recall, dilations):
    config = DeepThinkingConfig(width=8, groups=0, recall=recall, dilations=dilations)
    reach = config.reach(steps)
    with seeded(seed):
        net, inputs = DeepThinking(config), torch.randint(0, 2, (1, 2 * reach + 11))
    changed, at = inputs.clone(), inputs.shape[1] // 2
    changed[0, at] = 1 - changed[0, at]
    one, other = settle(net, inputs, steps).output, settle(net, changed, steps).output
    far = (torch.arange(inputs.shape[1]) - at).abs() > reach
    assert far.sum() == 10
    assert torch.equal(one[:, far], other[:, far])


@reaches
def test_an_input_at_the_edge_of_reach_can_change_the_answer(seed, steps, recall, dilations):
    config = DeepThinkingConfig(width=8, groups=0, recall=recall, dilations=dilations)
    reach = config.reach(steps)
    with seeded(seed), torch.no_grad():
        net = DeepThinking(config)
        for weight in net.parameters():
            weight.abs_()
    lone = torch.zeros(1, 2 * reach + 11, dtype=torch.int64)
    lone[0, reach + 5] = 1
    answered = settle(net, lone, steps).output[0].abs().sum(-1).nonzero()[:, 0]
    assert (answered.min(), answered.max()) == (5, 5 + 2 * reach)


def test_without_recall_a_step_never_sees_the_input_again():
    inputs = torch.tensor([[0, 1, 1, 0, 1, 0]])
    for recall in (True, False):
        net = DeepThinking(DeepThinkingConfig(width=8, groups=0, recall=recall))
        state, mine = net.start(inputs)
        _, others = net.start(1 - inputs)
        assert torch.equal(net.step(state, mine).z, net.step(state, others).z) is not recall


@given(seed=seeds, scale=st.sampled_from([0.1, 1.0, 30.0]))
def test_norms_keep_the_looped_state_at_size_one(seed, scale):
    with seeded(seed), torch.no_grad():
        net = LoopedTransformer(LoopedTransformerConfig(width=16, heads=2))
        for part in (net.adapters, *(block.mlp for block in net.cores[0])):
            for weight in part.parameters():
                weight.mul_(scale)
        sizes = [
            thought.state.z.square().mean(-1).sqrt()
            for thought in think(net, torch.randint(0, 2, (2, 5)), 40, generator=generator(seed))
        ]
    assert torch.allclose(torch.stack(sizes[1:]), torch.ones(()), atol=1e-2)


def test_a_random_start_comes_from_the_generator_alone():
    net, inputs = LoopedTransformer(LoopedTransformerConfig()), torch.zeros(8, 16, dtype=torch.int64)
    before = torch.get_rng_state()
    same, again, other = (net.start(inputs, generator(seed))[0].z for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(same, again)
    assert not torch.allclose(same, other)
    std = net.config.start_std
    assert same.abs().max() <= 3 * std
    assert abs(same.std().item() / (0.9866 * std) - 1) < 0.03
    assert not latent(net.start(inputs)[0]).any()


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: LoopedTransformer(LoopedTransformerConfig(depth=0)), "depth must be 1 or more, not 0"),
        (
            lambda: LoopedTransformer(LoopedTransformerConfig(width=20, heads=4)),
            r"\(1 or more\), not 20 with 4 heads",
        ),
        (lambda: DeepThinking(DeepThinkingConfig(dims=3)), "dims must be 1 or 2, not 3"),
        (lambda: DeepThinking(DeepThinkingConfig(width=10, groups=4)), "divisible"),
        (lambda: DeepThinking(DeepThinkingConfig(dilations=())), "dilation"),
    ],
)
def test_impossible_sizes_are_refused(build, words):
    with pytest.raises(ValueError, match=words):
        build()


def test_arms_have_the_sizes_they_claim():
    size = {name: parameters(DeepThinking(arm.model)) for name, arm in (LIVE | LARGER).items()}
    assert size["looped"] == 20_512
    assert size["same_parameters"] == pytest.approx(size["looped"], rel=0.1)
    assert size["four_times"] == pytest.approx(4 * size["looped"], rel=0.15)
    assert size["sixteen_times"] == pytest.approx(16 * size["looped"], rel=0.15)
