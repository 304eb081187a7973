"""Options of GRAM: the balance of the gradient, zero means, the standard prior; and what is refused."""

from dataclasses import replace

import pytest
import torch

from recurse_lab.models.gram import GRAM, GRAMConfig
from recurse_lab.recurrence import settle
from recurse_lab.train.loop import seeded

TINY = GRAMConfig(
    symbols=5, classes=4, cells=6, width=8, heads=2, refinements=2, multiple=1, mixer="attention", drawn=3
)
SEEN = torch.tensor([[[0, 1, 2, 0, 0, 4], [3, 1, 2, 3, 1, 0]], [[3, 0, 0, 2, 1, 0], [3, 0, 1, 2, 1, 1]]])


def net(**changed):
    with seeded(3):
        model = GRAM(replace(TINY, **changed))
        for head in (model.to_prior, model.to_posterior):
            torch.nn.init.normal_(head[-1].weight)
            torch.nn.init.normal_(head[-1].bias)
    return model


def gradients(model):
    """The divergence at one proposal and its gradients: of the prior's head, the posterior's, and the proposal."""
    u = torch.randn(2, 6, 8, generator=torch.Generator().manual_seed(1)).requires_grad_()
    kl = model.draw(u, model.start(SEEN)[1])[1]
    kl.sum().backward()
    parts = (model.to_prior, model.to_posterior)
    return kl.detach(), *([weight.grad for weight in part.parameters()] for part in parts), u.grad


@pytest.mark.parametrize("balance", [0.0, 0.8, 1.0])
def test_a_balance_changes_the_gradient_and_not_the_value(balance):
    plain, balanced = gradients(net()), gradients(net(balance=balance))
    torch.testing.assert_close(balanced[0], plain[0])
    for share, whole, part in zip((balance, 1 - balance), plain[1:3], balanced[1:3], strict=True):
        for one, other in zip(whole, part, strict=True):
            assert one.abs().max() > 0.1
            torch.testing.assert_close(other, share * one, atol=1e-5, rtol=1e-4)


def test_balances_0_and_1_share_the_gradient_of_the_proposal():
    plain, prior, posterior = (gradients(net(balance=balance))[3] for balance in (None, 1.0, 0.0))
    torch.testing.assert_close(prior + posterior, plain, atol=1e-5, rtol=1e-4)


def test_without_means_only_the_deviations_are_learned():
    model, u = net(mean=False), torch.randn(2, 6, 8)
    for context in (model.start(SEEN)[1], model.start(SEEN[:, 0])[1]):
        assert torch.equal(model.draw(u, context)[0], torch.zeros(2, 6, 3))
        sources = [torch.Generator().manual_seed(7) for _ in range(2)]
        drawn = model.draw(u, context._replace(generator=sources[0]))[0]
        head, seen = model.to_prior, u
        if context.target is not None:
            head, seen = model.to_posterior, torch.cat((u, context.target), -1)
        deviation = (head(seen)[..., 3:].clamp(-8, 2) / 2).exp()
        torch.testing.assert_close(drawn, deviation * torch.randn(2, 6, 3, generator=sources[1]))


def test_a_standard_prior_is_the_same_for_all_boards():
    model, u = net(prior="standard"), torch.randn(2, 6, 8)
    source = torch.Generator().manual_seed(7)
    drawn = model.draw(u, model.start(SEEN[:, 0], source)[1])[0]
    assert torch.equal(drawn, torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(7)))
    context = model.start(SEEN)[1]
    mean, log_variance = model.to_posterior(torch.cat((u, context.target), -1)).chunk(2, -1)
    log_variance = log_variance.clamp(-8, 2)
    wanted = (log_variance.exp() + mean**2 - 1 - log_variance).sum((1, 2)) / 2
    torch.testing.assert_close(model.draw(u, context)[1], wanted)


def test_beta_weighs_the_term():
    terms = [settle(net(beta=beta), SEEN, 2).terms["kl"] for beta in (0.0, 1.0, 3.0)]
    assert torch.equal(terms[0], torch.zeros(2))
    torch.testing.assert_close(terms[2], 3 * terms[1])


def unchecked(**words):
    """A configuration with values that bypass the type check of the tests."""
    config = replace(TINY)
    vars(config).update(words)
    return config


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: net(drawn=0), "drawn must be 1 number or more, not 0"),
        (lambda: GRAM(unchecked(place="middle")), "place must be one of inside, end, not 'middle'"),
        (lambda: GRAM(unchecked(prior="none")), "prior must be one of learned, standard, not 'none'"),
        (lambda: net(beta=-1.0), "beta must be 0 or more and balance from 0 to 1, not -1.0 and None"),
        (lambda: net(balance=1.5), "balance from 0 to 1, not 1.0 and 1.5"),
        (lambda: net(latents=1), "two latents and the gradient of the whole cycle"),
        (lambda: net(gradient="last"), "two latents and the gradient of the whole cycle"),
        (lambda: net(puzzles=3, prefix=1), "puzzles must be 0"),
        (lambda: net().start(SEEN[:, [0, 1, 1]]), r"answers must be \(B, 2, 6\), not \(2, 3, 6\)"),
        (lambda: net().start(SEEN[:, :, :5]), r"takes boards \(B, 6\), not \(2, 5\)"),
        (lambda: net().start(SEEN[:, 0, :5]), r"takes boards \(B, 6\), not \(2, 5\)"),
        (lambda: net().start(SEEN[:, 0] + 1), "symbols must be numbers from 0 to 4"),
        (lambda: net().start(SEEN.flip(1)), "answers must be numbers from 0 to 3"),
    ],
)
def test_what_cannot_be_is_one_line(call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
