"""Prices of samples, noise in use, and weights that return."""

from dataclasses import replace

import pytest
import torch

from recurse_lab.experiments.completions.arm import LATENT, PLAIN, STEPS, CompletionArm, Way, plan
from recurse_lab.experiments.completions.scores import affordable, in_use, sampled
from recurse_lab.experiments.completions.trial import build, restore
from recurse_lab.measure.cost import forward_flops
from recurse_lab.recurrence import settle
from recurse_lab.train.loop import seeded

GRAM = CompletionArm(label="variational", model=LATENT, plan=plan(8), ways={"drawn": Way()})
NOISY = replace(GRAM, label="noisy", model=replace(PLAIN, every_step=0.3))
INPUTS = torch.zeros(8, 16, dtype=torch.int64)
INPUTS[:4, :3] = torch.tensor([1, 2, 3])  # 13 blank cells in four boards, 16 in the others


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_thoughts_of_a_sample():
    net, blanks = build(NOISY), (INPUTS == 0).sum(1)

    def thoughts(**way):
        return sampled(net, Way(steps=2, **way), INPUTS, 5, torch.Generator().manual_seed(0)).thoughts

    assert thoughts() == 1
    assert thoughts(kind="by itself") == 1 / 5
    assert thoughts(kind="cell after cell") == blanks.float().mean()
    assert thoughts(kind="cell after cell", at_once=5) == (blanks / 5).ceil().mean()
    assert thoughts(kind="cell after cell", certain=0.0) == 1  # everything is certain enough


@pytest.mark.parametrize("problems", [8, 100, 128])
def test_the_net_of_reference_affords_twenty_draws_and_others_in_proportion(problems):
    arm = replace(GRAM, problems=problems)
    inputs = torch.zeros(problems, 16, dtype=torch.int64)
    own = sum(
        flops * share for flops, share in zip(forward_flops(build(arm), inputs), (1, STEPS, 1), strict=True)
    )
    own /= problems
    assert affordable(arm, own) == 20
    assert affordable(arm, own / 3) == 20
    assert affordable(arm, own * 2.01) == 9
    assert affordable(arm, own * 1000) == 1
    assert affordable(replace(NOISY, problems=problems), own) == 20


def test_noise_in_use_is_another_and_the_weights_are_the_same():
    net = build(NOISY)
    assert in_use(net, Way()) is net
    quiet = in_use(net, Way(every_step=0.0))
    loud = in_use(net, Way(every_step=0.0, start=2.0, dropout=0.1))
    assert (loud.noise.start, loud.noise.every_step, loud.noise.dropout) == (2.0, 0.0, 0.1)
    assert net.noise.every_step == 0.3
    assert all(torch.equal(one, net.state_dict()[name]) for name, one in loud.state_dict().items())
    still = settle(net, INPUTS, 2).output
    assert torch.equal(settle(quiet, INPUTS, 2, generator=generator()).output, still)
    assert not torch.allclose(settle(loud, INPUTS, 2, generator=generator()).output, still, atol=1e-3)
    assert not torch.allclose(settle(net, INPUTS, 2, generator=generator()).output, still, atol=1e-3)
    prefixed = build(replace(NOISY, model=replace(NOISY.model, prefix=2)))
    assert in_use(prefixed, Way(start=1.0)).noise.start == 1
    with pytest.raises(ValueError, match=r"^noise in use needs a net without latent draws$"):
        in_use(build(GRAM), Way(start=0.0))


@pytest.mark.parametrize("kind", ["draws", "by itself", "cell after cell"])
def test_every_way_gives_its_answers(kind):
    way = Way(kind=kind, steps=1, at_once=4, temperature=0.0 if kind == "by itself" else 1.0)
    one, same, other = (sampled(build_same(), way, INPUTS, 3, generator(seed)).answers for seed in (1, 1, 2))
    assert one.shape == (3, 8, 16)
    assert torch.equal(one, same)
    assert torch.equal(one, other) == (kind == "by itself")  # at temperature 0 nothing is left to chance
    assert 1 <= one.min() <= one.max() <= 4
    assert (one[:, :4, :3] == torch.tensor([1, 2, 3])).all()


def build_same():
    with seeded(0):
        return build(NOISY)


@pytest.mark.parametrize("arm", [GRAM, NOISY], ids=["variational", "noisy"])
def test_a_net_comes_back_and_other_weights_are_one_line(arm):
    net = build(arm)
    weights = {name: value.clone() for name, value in net.state_dict().items()}
    back = restore(arm, weights)
    assert not back.training
    one, other = (settle(model, INPUTS, 2, generator=generator()).output for model in (net, back))
    assert torch.equal(one, other)
    wider = replace(arm, model=replace(arm.model, width=64))
    for wrong in (wider, NOISY if arm is GRAM else GRAM):
        with pytest.raises(
            ValueError, match=f"^these weights are not those of {wrong.label}: Error"
        ) as caught:
            restore(wrong, weights)
        assert "\n" not in str(caught.value)
