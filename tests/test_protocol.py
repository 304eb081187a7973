"""Six uses of the one loop, each as a toy model with the properties that must hold."""

from dataclasses import replace
from typing import NamedTuple

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from recurse_lab.equilibrium import equilibrium
from recurse_lab.recurrence import Refined, Thought, settle, think
from recurse_lab.state import detached
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import CLASSES, Numbers
from recurse_lab.train.loop import fit, seeded
from recurse_lab.train.objectives.base import Outcome, added
from recurse_lab.train.objectives.deep_supervision import DeepSupervision
from recurse_lab.train.objectives.every_step import EveryStep
from recurse_lab.train.objectives.last_step import LastStep
from recurse_lab.train.optimizer import Plan
from recurse_lab.train.sources import InTurn

FAST = Plan(steps=60, rate=2e-2, warmup=0, decay_last=0.0, weight_decay=0.0)


def source_of(seed=0):
    return torch.Generator().manual_seed(seed)


# 1 · a tied net with a carried state


class Tied(nn.Module):
    """z <- tanh(W z + embed x); counts how often it embeds."""

    def __init__(self, classes=2):
        super().__init__()
        self.embed, self.mix = nn.Linear(3, 4), nn.Linear(4, 4)
        self.head, self.embedded = nn.Linear(4, classes), 0

    def start(self, inputs, generator=None):
        self.embedded += 1
        return inputs.new_zeros(len(inputs), 4), self.embed(inputs)

    def step(self, state, context):
        return torch.tanh(self.mix(state) + context)

    def read(self, state):
        return self.head(state)


@pytest.fixture
def tied():
    with seeded(0):
        return Tied()


def test_resuming_does_not_embed_the_input_again(tied):
    x = torch.randn(5, 3, generator=source_of())
    begun = settle(tied, x, 2)
    resumed = settle(tied, None, 3, resume=begun)
    assert tied.embedded == 1
    assert torch.equal(resumed.output, settle(tied, x, 5).output)
    by_hand = settle(tied, x, 3, resume=Thought(2, begun.state))
    assert torch.equal(by_hand.output, resumed.output)
    assert tied.embedded == 3


def test_a_carried_state_costs_one_embedding_an_optimizer_step_and_trains_it(tied):
    x, objective, carry = torch.randn(5, 3, generator=source_of()), DeepSupervision(steps=2, max_age=4), None
    batch = Batch(x, torch.tensor([0, 1, 0, 1, 1]))
    for number in range(1, 4):
        outcome = objective(tied, CLASSES, batch, carry, 0.0, source_of())
        carry = outcome.carry
        assert tied.embedded == number
        tied.zero_grad()
        outcome.loss.backward()
        assert tied.embed.weight.grad.abs().sum() > 0
        assert not carry.slots.state.requires_grad


# 2 · an untied net, a decoder, and generation with a cache


class Cached(NamedTuple):
    """The running mean of all tokens seen, and the cache behind it."""

    mean: torch.Tensor
    cache: list[torch.Tensor]
    layer: int


class Decoder(nn.Module):
    """Another block at each step; each mixes the present token with all earlier ones, kept in a cache."""

    def __init__(self, depth=2, width=4):
        super().__init__()
        self.embed = nn.Embedding(5, width)
        self.blocks = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))

    def start(self, inputs, generator=None):
        tokens, cache = inputs
        return Cached(
            self.embed(tokens), cache or [torch.zeros(len(tokens), 4) for _ in self.blocks], 0
        ), None

    def step(self, state, context):
        cache = list(state.cache)
        cache[state.layer] = cache[state.layer] + state.mean
        return Cached(torch.tanh(self.blocks[state.layer](cache[state.layer])), cache, state.layer + 1)

    def read(self, state):
        return state.mean @ self.embed.weight.T


def test_generation_with_a_cache_equals_one_pass_over_all_tokens():
    with seeded(1):
        model = Decoder()
    tokens = torch.tensor([[1, 2, 3, 0], [4, 4, 0, 1]])
    cache, outputs = None, []
    for place in range(4):  # the loop over tokens is outside `think`, which loops over the blocks
        thought = settle(model, (tokens[:, place], cache), 2)
        cache = thought.state.cache
        outputs.append(thought.output)
    x = model.embed(tokens)
    for block in model.blocks:
        x = torch.tanh(block(x.cumsum(1)))
    torch.testing.assert_close(torch.stack(outputs, 1), x @ model.embed.weight.T)


# 3 · a step that draws


class Drawn(NamedTuple):
    """Parameters of the prior and of the posterior (None without targets), and the generator of the draws."""

    x: torch.Tensor
    targets: torch.Tensor | None
    generator: torch.Generator | None


class Variational(nn.Module):
    """One Gaussian latent a step; with targets its mean is the posterior's, and KL(posterior || prior) is a term."""

    def __init__(self, targets=None):
        super().__init__()
        self.prior, self.posterior, self.head = nn.Linear(2, 2), nn.Linear(3, 2), nn.Linear(2, 2)
        self.targets = targets

    def seeing(self, targets):
        """A copy with the same weights that uses the posterior of `targets`."""
        other = Variational(targets)
        other.prior, other.posterior, other.head = self.prior, self.posterior, self.head
        return other

    def start(self, inputs, generator=None):
        return torch.zeros_like(inputs), Drawn(inputs, self.targets, generator)

    def step(self, state, context):
        prior = self.prior(context.x + state)
        mean = prior
        if context.targets is not None:
            mean = self.posterior(torch.cat((context.x + state, context.targets[:, None].float()), 1))
        kl = (mean - prior).square().sum(1) / 2
        if context.generator is None:
            return Refined(mean, {"kl": kl})
        return Refined(mean + torch.randn(mean.shape, generator=context.generator), {"kl": kl})

    def read(self, state):
        return self.head(state)


def test_the_same_seed_draws_the_same_thoughts_also_when_resumed():
    with seeded(2):
        model = Variational()
    x = torch.randn(3, 2, generator=source_of())
    one, same, other = (settle(model, x, 4, generator=source_of(seed)) for seed in (1, 1, 2))
    assert torch.equal(one.output, same.output)
    assert not torch.equal(one.output, other.output)
    begun = settle(model, x, 1, generator=source_of(1))
    assert torch.equal(settle(model, None, 3, resume=begun).output, one.output)


def test_terms_are_summed_over_the_stream_and_reach_the_objective():
    with seeded(2):
        model = Variational()
    batch = Batch(torch.randn(3, 2, generator=source_of()), torch.tensor([0, 1, 1]))
    seeing = model.seeing(batch.targets)
    thoughts = list(think(seeing, batch.inputs, 3, read=True, generator=source_of(8)))
    assert thoughts[0].terms == {}
    steps = [seeing.step(thought.state, thought.context).terms["kl"] for thought in thoughts[:-1]]
    torch.testing.assert_close(thoughts[-1].terms["kl"], sum(steps))
    outcome = LastStep(steps=3)(seeing, CLASSES, batch, None, 0.0, source_of(8))
    expected = CLASSES.loss(outcome.output, batch.targets) + sum(steps).mean()
    torch.testing.assert_close(outcome.loss, expected)
    assert settle(model, batch.inputs, 3).terms["kl"].abs().max() == 0


# 4 · outputs that are numbers, with another target for every step


class Descent(nn.Module):
    """State = iterate; step = z - rate * (A z - b), with the rate learned."""

    def __init__(self):
        super().__init__()
        self.rate = nn.Parameter(torch.tensor(0.01))

    def start(self, inputs, generator=None):
        return torch.zeros(inputs.shape[0], 2), inputs

    def step(self, state, context):
        matrix, b = context[:, :, :2], context[:, :, 2]
        return state - self.rate * ((matrix @ state[..., None])[..., 0] - b)

    def read(self, state):
        return state


def quadratics(count, steps, rate=0.3):
    matrix = torch.diag_embed(0.5 + torch.rand(count, 2, generator=source_of()))
    inputs = torch.cat((matrix, torch.randn(count, 2, 1, generator=source_of(1))), 2)
    truth = Descent()
    truth.rate.data.fill_(rate)
    with torch.no_grad():
        iterates = torch.stack([thought.output for thought in think(truth, inputs, steps, read=True)], 1)
    return Batch(inputs, iterates)


def test_numbers_are_asked_for_step_by_step():
    task, batch = Numbers(every_step=True), quadratics(16, 5)
    model = Descent()
    run = fit(model, InTurn(task, [batch]), EveryStep(steps=5), replace(FAST, steps=200), source_of())
    assert model.rate.item() == pytest.approx(0.3, abs=0.01)
    assert run.loss[-1] < 1e-3 * run.loss[0]
    last = settle(model, batch.inputs, 5)
    assert task.right(last.output, task.asked(batch.targets, 5)).float().mean() > 0.9
    with pytest.raises(ValueError, match="targets for steps 0 to 5, not for step 6"):
        task.asked(batch.targets, 6)


# 5 · a frozen reference beside the trained net, and rounds of sample, verify, select, train


class Preferred:
    """DPO on (chosen, rejected) classes: -log sigmoid(beta (margin of the net - margin of the reference))."""

    def __init__(self, reference, beta=0.5):
        self.reference, self.beta = reference, beta

    def __call__(self, model, task, batch, carry, progress, generator):
        def margin(net):
            log_p = settle(net, batch.inputs, 2).output.log_softmax(-1)
            chosen, rejected = (log_p.gather(1, batch.targets[:, [i]])[:, 0] for i in (0, 1))
            return chosen - rejected, log_p

        (ours, log_p), (theirs, _) = margin(model), margin(self.reference)
        loss = -F.logsigmoid(self.beta * (ours - theirs.detach())).mean()
        return Outcome(added(loss, {}), log_p, batch.targets[:, 0], batch.inputs, len(batch.inputs))


def test_a_frozen_reference_is_left_alone_and_the_preference_grows(tied):
    with seeded(0):
        reference = Tied()
    reference.requires_grad_(False)
    before = [weight.clone() for weight in reference.parameters()]
    x = torch.randn(6, 3, generator=source_of())
    batch = Batch(x, torch.tensor([[0, 1], [1, 0]] * 3))
    run = fit(tied, InTurn(CLASSES, [batch]), Preferred(reference), FAST, source_of())
    assert run.loss[0] == pytest.approx(0.6931, abs=1e-4)
    assert run.loss[-1] < 0.5
    assert all(map(torch.equal, reference.parameters(), before))


def test_rounds_of_sampling_verifying_and_training_are_built_from_fit(tied):
    x, generator = torch.randn(32, 3, generator=source_of(3)), source_of(4)
    truth = (x[:, 0] > 0).long()
    shares = []
    for _ in range(3):
        drawn = torch.multinomial(settle(tied, x, 2).output.detach().softmax(-1), 1, generator=generator)[
            :, 0
        ]
        kept = drawn == truth  # the verifier
        fit(tied, InTurn(CLASSES, [Batch(x[kept], drawn[kept])]), LastStep(steps=2), FAST, generator)
        shares.append((settle(tied, x, 2).output.argmax(-1) == truth).float().mean().item())
    assert shares[-1] > 0.9


# 6 · a deep-equilibrium model


def test_the_implicit_gradient_is_that_of_the_unrolled_loop():
    with seeded(5):
        model = Tied().double()
    model.mix.weight.data.mul_(0.4)
    x = torch.randn(3, 3, generator=source_of(), dtype=torch.float64)
    named = [model.mix.weight, model.embed.weight]
    found = []
    for state in (equilibrium(model, x, tolerance=1e-10).state, settle(model, x, 200).state):
        found.append(torch.autograd.grad(model.read(state).square().sum(), named))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-9)
    assert torch.equal(detached(state), state.detach())
