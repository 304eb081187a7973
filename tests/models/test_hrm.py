"""The hierarchical reasoning model is the tiny one with two networks, a short gradient and other sizes."""

from dataclasses import replace

import derived
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from recurse_lab import settle
from recurse_lab.measure.cost import parameters
from recurse_lab.models.hrm import HRM, HRMConfig
from recurse_lab.models.trm import TRM, Latents, TRMConfig
from recurse_lab.parity import errors as parity
from recurse_lab.train.loop import seeded

TINY = HRMConfig(symbols=5, classes=4, cells=9, width=16, heads=2, layers=(1, 2), expansion=1.5, multiple=1)
seeds = st.integers(0, 2**31)


def build(seed=0, **changes):
    with seeded(seed):
        return HRM(replace(TINY, **changes)), torch.randint(0, 5, (3, 9))


def test_published_size():
    with torch.device("meta"):
        model = HRM(HRMConfig(puzzles=1))
    assert parameters(model) == pytest.approx(27.275e6, abs=1000)


@given(seed=seeds, n=st.integers(1, 3), cycles=st.integers(1, 3))
def test_only_the_last_evaluation_of_each_network_has_a_gradient(seed, n, cycles):
    model, inputs = build(seed, refinements=n)
    state = settle(model, inputs, cycles, grad_steps=1).state
    loss = model.read(state).square().sum()
    found = torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)

    (y, z), context = model.start(inputs)
    with torch.no_grad():
        for cycle in range(cycles):
            for _ in range(n - (cycle == cycles - 1)):
                z = model.nets[0](z + (y + context.x), context.biases[0])
            if cycle < cycles - 1:
                y = model.nets[1](y + z, context.biases[1])
    z = model.nets[0](z + (y + context.x), context.biases[0])
    y = model.nets[1](y + z, context.biases[1])
    by_hand = torch.autograd.grad(
        model.read(Latents(y, z)).square().sum(), list(model.parameters()), allow_unused=True
    )
    for one, other in zip(found, by_hand, strict=True):
        assert (one is None) == (other is None)
        assert one is None or torch.equal(one, other)


def test_it_is_the_tiny_model_with_other_choices():
    model, inputs = build()
    choices = {name: getattr(TINY, name) for name in TRMConfig.__dataclass_fields__}
    other = TRM(TRMConfig(**choices))
    other.load_state_dict(model.state_dict())
    assert torch.equal(settle(model, inputs, 3).output, settle(other, inputs, 3).output)
    changed = {name for name in choices if getattr(HRMConfig(), name) != getattr(TRMConfig(), name)}
    assert changed == {"layers", "refinements", "gradient", "prefix"}


@given(
    seed=seeds,
    layers=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    cycles=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    size=st.integers(1, 4),
    tokens=st.integers(1, 3),
    positions=st.sampled_from(["rope", "learned"]),
)
def test_numbers_are_the_derivations(tmp_path_factory, seed, layers, cycles, size, tokens, positions):
    config = derived.configuration(
        L_layers=layers[0],
        H_layers=layers[1],
        H_cycles=cycles[0],
        L_cycles=cycles[1],
        pos_encodings=positions,
    )
    config["puzzle_emb_ndim"] = 16 * tokens
    path = tmp_path_factory.mktemp("golden") / "hrm.npz"
    found = parity.errors(derived.write_supervised(path, config, size=size, seed=seed))
    assert parity.agree(found), found
    assert found["gradients"].error < 1e-4
