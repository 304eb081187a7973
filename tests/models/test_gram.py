"""GRAM: divergences and draws by another library, the term of every cycle, and what its options change."""

from dataclasses import replace

import pytest
import torch
from torch.distributions import Independent, kl_divergence
from torch.distributions import Normal as Reference

from recurse_lab.models.gram import GRAM, GRAMConfig, Normal, divergence
from recurse_lab.models.trm import TRM, Latents, TRMConfig
from recurse_lab.recurrence import Recurrence, settle
from recurse_lab.state import latent
from recurse_lab.train.loop import seeded

SIZES = {"symbols": 5, "classes": 5, "cells": 6, "width": 8, "heads": 2, "refinements": 2, "multiple": 1}
TINY = GRAMConfig(**SIZES, mixer="attention", prefix=1, drawn=3, beta=0.7)
BOARDS = torch.tensor([[0, 1, 2, 0, 0, 4], [3, 0, 0, 2, 1, 0]])
ANSWERS = torch.tensor([[3, 1, 2, 4, 1, 4], [3, 4, 4, 2, 1, 1]])
SEEN = torch.stack((BOARDS, ANSWERS), dim=1)
places = pytest.mark.parametrize("place", ["inside", "end"])


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def net(awake=True, **changed):
    """A net; its heads begin at zero unless it is awake."""
    with seeded(3):
        model = GRAM(replace(TINY, **changed), (torch.eye(6) + 1)[None])
        if awake:
            for head in (model.to_prior, model.to_posterior):
                torch.nn.init.normal_(head[-1].weight)
                torch.nn.init.normal_(head[-1].bias)
    return model


def reference(normal):
    return Independent(Reference(normal.mean, (normal.log_variance / 2).exp()), 2)


def test_the_divergence_is_that_of_the_distributions():
    q, p = (
        Normal(*torch.randn(2, 4, 7, 3, generator=generator(seed), dtype=torch.float64)) for seed in (1, 2)
    )
    torch.testing.assert_close(divergence(q, p), kl_divergence(reference(q), reference(p)))
    assert torch.equal(divergence(q, q), torch.zeros(4, dtype=torch.float64))


def test_draws_have_their_mean_and_variance_and_gradients():
    mean, log_variance = torch.tensor([[[-1.0, 2.0]]]), torch.tensor([[[0.5, -3.0]]])
    many = Normal(mean.expand(1, 40_000, 2), log_variance.expand(1, 40_000, 2))
    drawn = many.draw(generator())
    torch.testing.assert_close(drawn.mean(1), mean[0], atol=0.03, rtol=0)
    torch.testing.assert_close(drawn.var(1).log(), log_variance[0], atol=0.03, rtol=0)
    assert torch.equal(many.draw(None), many.mean)
    parts = Normal(mean.requires_grad_(), log_variance.requires_grad_())
    noise = torch.randn(1, 1, 2, generator=generator(1))
    parts.draw(generator(1)).sum().backward()
    assert torch.equal(mean.grad, torch.ones(1, 1, 2))
    torch.testing.assert_close(log_variance.grad, noise * (log_variance / 2).exp().detach() / 2)


@places
def test_seeds_decide_and_a_resumed_stream_is_one_long_stream(place):
    model = net(place=place)
    assert isinstance(model, Recurrence)
    for inputs in (BOARDS, SEEN):
        one, same, other = (settle(model, inputs, 4, generator=generator(seed)) for seed in (1, 1, 2))
        assert torch.equal(one.output, same.output)
        assert not torch.allclose(one.output, other.output, atol=1e-3)
        begun = settle(model, inputs, 1, generator=generator(1))
        rest = settle(model, None, 3, resume=begun)
        assert torch.equal(rest.output, one.output)
        assert set(one.terms) == ({"kl"} if inputs is SEEN else set())
        if one.terms:
            torch.testing.assert_close(begun.terms["kl"] + rest.terms["kl"], one.terms["kl"])


@places
def test_a_cycle_by_hand_and_its_term(place):
    model = net(place=place)
    with torch.no_grad():
        state, context = model.start(SEEN, generator(5))
        source, cycle, total = generator(5), context.cycle, torch.zeros(2)
        answers = 8**0.5 * torch.cat((torch.zeros(2, 1, 8), model.answers.weight[ANSWERS]), 1)
        for _ in range(3):
            u = model.refine_z(state, cycle)
            u = u if place == "inside" else model.refine_y(model.refine_z(u, cycle), cycle)
            proposal = u.z if place == "inside" else u.y
            p = model.to_prior(proposal).chunk(2, -1)
            q = model.to_posterior(torch.cat((proposal, answers), -1)).chunk(2, -1)
            p, q = (Normal(mean, log_variance.clamp(-8, 2)) for mean, log_variance in (p, q))
            total += kl_divergence(reference(q), reference(p))
            noise = torch.randn(2, 7, 3, generator=source)
            added = (q.mean + noise * (q.log_variance / 2).exp()) @ model.into.weight.T
            if place == "inside":
                state = model.refine_y(model.refine_z(Latents(u.y, u.z + added), cycle), cycle)
            else:
                state = Latents(u.y + added, u.z)
        last = settle(model, SEEN, 3, generator=generator(5))
    torch.testing.assert_close(latent(last.state), latent(state))
    torch.testing.assert_close(last.terms["kl"], 0.7 * total / 6)
    assert total.min() > 1


@places
def test_at_first_nothing_is_known_and_means_change_nothing(place):
    model = net(awake=False, place=place)
    assert torch.equal(settle(model, SEEN, 3, generator=generator()).terms["kl"], torch.zeros(2))
    with seeded(0):
        plain = TRM(TRMConfig(**SIZES, mixer="attention", prefix=1), (torch.eye(6) + 1)[None])
    plain.load_state_dict({name: model.state_dict()[name] for name in plain.state_dict()})
    for still in (model, net(mean=False, place=place)):
        torch.testing.assert_close(settle(still, BOARDS, 3).output, settle(plain, BOARDS, 3).output)
    assert not torch.allclose(settle(net(place=place), BOARDS, 3).output, settle(plain, BOARDS, 3).output)
