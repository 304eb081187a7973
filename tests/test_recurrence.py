"""Thinking is one stream: resuming equals running through, truncating equals detaching, grad modes do not leak."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from recurse_lab import settle, think
from recurse_lab.models.deep_thinking import DeepThinking, DeepThinkingConfig
from recurse_lab.models.looped_transformer import LoopedTransformer, LoopedTransformerConfig
from recurse_lab.state import latent, map_state
from recurse_lab.train.loop import seeded

CONFIGS = {
    "tied convolution": DeepThinkingConfig(width=8, groups=2),
    "untied convolution": DeepThinkingConfig(width=8, groups=2, dilations=(1, 2, 4)),
    "tied transformer": LoopedTransformerConfig(width=16, heads=2),
    "untied transformer": LoopedTransformerConfig(width=16, heads=2, depth=3),
}
seeds = st.integers(0, 2**31)
all_nets = pytest.mark.parametrize("name", CONFIGS)


def build(name, seed=0):
    config = CONFIGS[name]
    with seeded(seed):
        return DeepThinking(config) if isinstance(config, DeepThinkingConfig) else LoopedTransformer(config)


def generator(seed):
    return torch.Generator().manual_seed(seed)


def bits(seed, batch=3, cells=7):
    return torch.randint(0, 2, (batch, cells), generator=generator(seed))


class Counting(nn.Module):
    """Adds `rate` at each step, and records the states at which it was read."""

    def __init__(self):
        super().__init__()
        self.rate = nn.Parameter(torch.ones(()))
        self.read_at = []

    def start(self, inputs, generator=None):
        return inputs.float(), None

    def step(self, state, context):
        return state + self.rate

    def read(self, state):
        self.read_at.append(int(state.flatten()[0]))
        return torch.stack((state, -state), dim=-1)


@all_nets
@given(seed=seeds, first=st.integers(0, 4), more=st.integers(0, 4))
def test_resuming_equals_running_through(name, seed, first, more):
    net, inputs = build(name, seed), bits(seed)
    through = list(think(net, inputs, first + more, read=True, generator=generator(seed)))
    begun = list(think(net, inputs, first, read=True, generator=generator(seed)))
    joined = begun + list(think(net, inputs, more, read=True, resume=begun[-1]))
    assert [thought.step for thought in joined] == list(range(first + more + 1))
    for one, other in zip(through, joined, strict=True):
        assert torch.equal(latent(one.state), latent(other.state))
        assert torch.equal(one.output, other.output)


@all_nets
@given(seed=seeds, before=st.integers(1, 3), after=st.integers(1, 3))
def test_truncated_gradient_equals_detaching_by_hand(name, seed, before, after):
    net, inputs = build(name, seed), bits(seed)
    weights = list(net.parameters())

    def gradient(state):
        return torch.autograd.grad(net.read(state).square().sum(), weights, materialize_grads=True)

    state, context = net.start(inputs)
    for _ in range(before):
        state = map_state(torch.Tensor.detach, net.step(state, context))
    for _ in range(after):
        state = net.step(state, context)
    by_hand = gradient(state)
    truncated = gradient(settle(net, inputs, before + after, grad_steps=after).state)
    full = gradient(settle(net, inputs, before + after, grad_steps=before + after).state)
    assert all(torch.equal(a, b) for a, b in zip(by_hand, truncated, strict=True))
    assert not all(torch.allclose(a, b) for a, b in zip(truncated, full, strict=True))


@all_nets
@pytest.mark.parametrize("grad_steps", [0, 1, 3])
def test_only_the_last_states_carry_a_graph(name, grad_steps):
    stream = think(build(name), bits(0), 4, grad_steps=grad_steps)
    assert [latent(thought.state).requires_grad for thought in stream] == [
        step > 4 - grad_steps for step in range(5)
    ]


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("grad_steps", [None, 0, 2])
@pytest.mark.parametrize("leave_at", [0, 1, 3, None])
def test_the_consumers_grad_mode_is_its_own(enabled, grad_steps, leave_at):
    with torch.set_grad_enabled(enabled):
        stream = think(build("tied convolution"), bits(0), 4, grad_steps=grad_steps)
        for thought in stream:
            assert torch.is_grad_enabled() is enabled
            if thought.step == leave_at:
                break
        assert torch.is_grad_enabled() is enabled
        stream.close()
        assert torch.is_grad_enabled() is enabled


def test_the_consumer_may_change_its_mode_between_thoughts():
    stream = think(Counting(), torch.zeros(1, 1), 2)
    next(stream)
    with torch.no_grad():
        assert not next(stream).state.requires_grad
    assert next(stream).state.requires_grad
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("kind", ["convolution", "transformer"])
@given(seed=seeds)
def test_untied_with_copied_weights_equals_tied(kind, seed):
    tied, inputs = build(f"tied {kind}", seed), bits(seed)
    if kind == "convolution":
        untied = DeepThinking(DeepThinkingConfig(width=8, groups=2, dilations=(1, 1, 1)))
        parts = ("blocks",)
    else:
        untied, parts = build("untied transformer"), ("cores", "adapters")
    untied.load_state_dict(tied.state_dict(), strict=False)
    for part in parts:
        for block in getattr(untied, part):
            block.load_state_dict(getattr(tied, part)[0].state_dict())
    for one, other in zip(
        think(tied, inputs, 3, read=True), think(untied, inputs, 3, read=True), strict=True
    ):
        assert torch.equal(one.output, other.output)


@pytest.mark.parametrize("kind", ["convolution", "transformer"])
def test_an_untied_net_takes_its_blocks_in_order_and_then_the_last_again(kind):
    net = build(f"untied {kind}")
    state, context = net.start(bits(0))
    for layer in (0, 1, 2, 2):
        if kind == "convolution":
            by_hand = net.blocks[layer](state.z, context[layer])
        else:
            by_hand = net.cores[layer](net.adapters[layer](torch.cat((state.z, context), dim=-1)))
        state = net.step(state, context)
        assert torch.equal(state.z, by_hand)


@pytest.mark.parametrize(("read", "expected"), [(True, [0, 1, 2, 3]), (False, []), ({1, 3, 9}, [1, 3])])
def test_reads_only_where_asked(read, expected):
    net = Counting()
    answered = [t.step for t in think(net, torch.zeros(1, 1), 3, read=read) if t.output is not None]
    assert answered == net.read_at == expected


@pytest.mark.parametrize("steps", [0, 1, 3])
@pytest.mark.parametrize("resumed", [False, True])
def test_settle_returns_the_last_thought_and_reads_once(steps, resumed):
    net = Counting()
    resume = list(think(net, torch.zeros(1, 1), 2))[-1] if resumed else None
    last = settle(net, torch.zeros(1, 1), steps, resume=resume)
    assert last.step == last.state.item() == steps + (2 if resumed else 0)
    assert torch.equal(last.output, torch.stack((last.state, -last.state), dim=-1))
    assert net.read_at == [last.step]


@pytest.mark.parametrize("wrong", [{"steps": -1}, {"steps": 2, "grad_steps": -1}])
def test_negative_numbers_of_steps_are_refused_at_once(wrong):
    with pytest.raises(ValueError, match="must be 0 or more, not -1"):
        think(Counting(), torch.zeros(1, 1), **wrong)
