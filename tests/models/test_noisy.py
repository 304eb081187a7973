"""Undirected noise: without it the net is a tiny recursive model; each kind has its place and its size."""

from dataclasses import replace

import pytest
import torch

from recurse_lab.models.noisy import Noisy, NoisyConfig
from recurse_lab.models.trm import TRM, Latents, TRMConfig
from recurse_lab.recurrence import Recurrence, settle, think
from recurse_lab.state import latent
from recurse_lab.train.loop import seeded

SIZES = {"symbols": 5, "classes": 5, "cells": 6, "width": 8, "heads": 2, "refinements": 2, "multiple": 1}
TINY = NoisyConfig(**SIZES, mixer="attention")
BOARDS = torch.tensor([[0, 1, 2, 0, 0, 4], [3, 0, 0, 2, 1, 0]])
KINDS = {"start": 0.5, "every_step": 0.5, "dropout": 0.3}
RELATIONS = (torch.eye(6) + 1)[None]
MANY = torch.zeros(3000, 6, dtype=torch.int64)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def net(**noise):
    with seeded(0):
        return Noisy(replace(TINY, **noise), RELATIONS)


def plain():
    with seeded(0):
        return TRM(TRMConfig(**SIZES, mixer="attention"), RELATIONS)


def states(model, inputs=BOARDS, steps=3, source=None):
    return [latent(thought.state) for thought in think(model, inputs, steps, generator=source)]


def test_without_noise_it_is_the_tiny_recursive_model():
    wanted = settle(plain(), BOARDS, 3).output
    assert isinstance(net(), Recurrence)
    assert torch.equal(settle(net(), BOARDS, 3, generator=generator()).output, wanted)
    assert torch.equal(settle(net(**KINDS), BOARDS, 3).output, wanted)  # no generator
    single = net(latents=1, **KINDS)
    assert settle(single, BOARDS, 2, generator=generator()).output.shape == (2, 6, 5)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_draws_from_the_generator_and_goes_on_when_resumed(kind):
    model, before = net(**{kind: KINDS[kind]}), torch.get_rng_state()
    one, same, other = (settle(model, BOARDS, 3, generator=generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(one.output, same.output)
    assert not torch.allclose(one.output, other.output, atol=1e-3)
    begun = settle(model, BOARDS, 1, generator=generator(1))
    assert torch.equal(settle(model, None, 2, resume=begun).output, one.output)
    assert torch.equal(torch.get_rng_state(), before)
    first = states(model, source=generator(1))[0]
    assert torch.equal(first, states(plain())[0]) == (kind != "start")


def test_noise_at_the_start_changes_the_first_state_alone():
    shaken = states(net(start=0.5), MANY, 1, generator())[0] - states(plain(), MANY, 1)[0]
    assert shaken.mean().abs() < 0.01
    assert shaken.std().item() == pytest.approx(0.5, rel=0.02)
    model = net(start=0.5)
    first, *rest = think(model, BOARDS, 3, generator=generator())
    state, context = first.state, plain().start(BOARDS)[1]
    for thought in rest:
        state = plain().step(state, context)
        assert torch.equal(latent(thought.state), latent(state))


@pytest.mark.parametrize(("kind", "size"), [("every_step", 0.5), ("dropout", 0.3)])
def test_noise_before_a_cycle_has_its_size(kind, size, monkeypatch):
    """The cycle itself is left out, so the noise alone remains."""
    monkeypatch.setattr(TRM, "step", lambda _self, state, _context: state)
    ones = Latents(torch.ones(3000, 6, 8), torch.ones(3000, 6, 8))
    model = net(**{kind: size})
    _, context = model.start(MANY, generator())
    once = latent(model.step(ones, context))
    twice = latent(model.step(model.step(ones, context), context))
    if kind == "every_step":
        assert once.mean().item() == pytest.approx(1, abs=0.01)
        assert once.std().item() == pytest.approx(0.5, rel=0.02)
        assert (twice - 1).std().item() == pytest.approx(0.5 * 2**0.5, rel=0.02)
    else:
        torch.testing.assert_close(once.unique(), torch.tensor([0, 1 / 0.7]))
        assert (once == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)
        assert (twice == 0).float().mean().item() == pytest.approx(1 - 0.7**2, abs=0.01)
        assert twice.mean().item() == pytest.approx(1, abs=0.01)
    y, z = model.step(ones, context)
    assert abs(torch.corrcoef(torch.stack((y.flatten(), z.flatten())))[0, 1]) < 0.02


@pytest.mark.parametrize(
    ("noise", "words"),
    [
        ({"start": -0.1}, "noise must be 0 or more and dropout from 0 to below 1, not -0.1, 0.0 and 0.0"),
        ({"every_step": -1.0}, "noise must be 0 or more"),
        ({"dropout": 1.0}, "dropout from 0 to below 1"),
        ({"dropout": -0.5}, "dropout from 0 to below 1"),
        ({"width": 0}, "width must be 1 or more"),
    ],
)
def test_what_cannot_be_is_one_line(noise, words):
    with pytest.raises(ValueError, match=words) as caught:
        net(**noise)
    assert "\n" not in str(caught.value)


def test_wrong_boards_are_refused_as_by_the_plain_net():
    with pytest.raises(ValueError, match=r"takes boards \(B, 6\)"):
        net().start(BOARDS[:, :5])
