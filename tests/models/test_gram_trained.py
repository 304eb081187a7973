"""GRAM in training: fused blocks compute the same, and the posterior alone learns from the answer."""

from dataclasses import replace

import torch

from recurse_lab.kernels import fused
from recurse_lab.models.gram import GRAM, GRAMConfig
from recurse_lab.recurrence import settle, think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import CLASSES
from recurse_lab.train.loop import fit, seeded
from recurse_lab.train.objectives.deep_supervision import DeepSupervision
from recurse_lab.train.optimizer import Plan
from recurse_lab.train.sources import InTurn

SIZES = {"symbols": 5, "classes": 5, "cells": 6, "width": 8, "heads": 2, "refinements": 2, "multiple": 1}
TINY = GRAMConfig(**SIZES, mixer="attention", prefix=1, drawn=3, beta=0.7)
BOARDS = torch.tensor([[0, 1, 2, 0, 0, 4], [3, 0, 0, 2, 1, 0]])
ANSWERS = torch.tensor([[3, 1, 2, 4, 1, 4], [3, 4, 4, 2, 1, 1]])
SEEN = torch.stack((BOARDS, ANSWERS), dim=1)


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


def test_fused_blocks_compute_the_same():
    def run():
        model = net()
        last = settle(model, SEEN, 3, generator=generator())
        (last.output.square().mean() + last.terms["kl"].mean()).backward()
        return last.output, last.terms["kl"], *(weight.grad for weight in model.parameters())

    plain = run()
    with fused():
        for one, other in zip(plain, run(), strict=True):
            assert (one is None) == (other is None)
            if one is not None:
                torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)


def test_after_training_the_posterior_knows_the_answer_and_the_prior_never_does():
    model, others = net(awake=False, beta=0.1), ANSWERS % 4 + 1
    other = torch.stack((BOARDS, others), dim=1)  # the same boards with other answers
    batch = Batch(torch.cat((SEEN, other)), torch.cat((ANSWERS, others)))
    source, objective = InTurn(CLASSES, [batch]), DeepSupervision(steps=2, max_age=1)
    fit(model, source, objective, Plan(steps=60, rate=2e-2, warmup=2), generator())
    one, changed = (settle(model, inputs, 2, generator=generator(1)) for inputs in (SEEN, other))
    assert (one.output - changed.output).abs().max() > 0.1
    assert one.terms["kl"].min() > 1e-2
    before = settle(model, BOARDS, 2, generator=generator(1)).output
    with torch.no_grad():
        for part in (model.answers, *model.to_posterior):
            for weight in part.parameters():
                weight.normal_(generator=generator(2))
    assert torch.equal(settle(model, BOARDS, 2, generator=generator(1)).output, before)
    assert not torch.allclose(settle(model, SEEN, 2, generator=generator(1)).output, one.output, atol=1e-2)
    assert not list(think(model, BOARDS, 2))[-1].terms
