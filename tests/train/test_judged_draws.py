"""A reward head learns from the verifier which draws of a fixed model are right; the model learns nothing."""

import pytest
import torch
import torch.nn.functional as F
from completed import TASKS, generator
from torch import nn

from recurse_lab.models.reward_head import RewardHead
from recurse_lab.models.trm import Latents
from recurse_lab.tasks.base import Batch
from recurse_lab.train.loop import fit, seeded
from recurse_lab.train.objectives.judged_draws import JudgedDraws
from recurse_lab.train.optimizer import Plan
from recurse_lab.train.sources import Pool

SUDOKU = TASKS["sudoku"]
BATCH = SUDOKU.pool(400, (14, 16), "train", generator(), (1, 1))


class HalfRight(nn.Module):
    """Answers with the only solution; half of the draws change one cell. Its state marks cells that break rules."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def start(self, inputs, generator=None):
        targets = SUDOKU.finished[SUDOKU.solutions(inputs).int().argmax(1)]
        broken = torch.zeros(inputs.shape)
        chosen = torch.randint(16, (len(inputs), 1), generator=generator)
        broken.scatter_(1, chosen, (torch.rand(len(inputs), 1, generator=generator) < 0.5).float())
        answers = torch.where(broken == 1, targets % 4 + 1, targets)
        return Latents(
            torch.cat((F.one_hot(answers, 5), broken[..., None]), -1), inputs[..., None].float()
        ), None

    def step(self, state, context):
        return state

    def read(self, state):
        return self.scale * state.y[..., :5]


@pytest.fixture
def parts():
    with seeded(0):
        return HalfRight(), RewardHead(6)


def called(model, head, batch, seed=0):
    return JudgedDraws(model=model, steps=2)(head, SUDOKU, batch, None, 0.0, generator(seed))


def test_the_loss_is_binary_cross_entropy_with_the_verifier(parts):
    model, head = parts
    batch = Batch(*(part[:40] for part in BATCH))
    outcome = called(model, head, batch)
    state, _ = model.start(batch.inputs, generator())
    right = SUDOKU.verify(batch.inputs, state.y[..., :5].argmax(-1))
    assert 10 < right.sum() < 30
    wanted = F.binary_cross_entropy_with_logits(head(state), right.float())
    torch.testing.assert_close(outcome.loss, wanted)
    assert torch.equal(outcome.targets, right.long())
    torch.testing.assert_close(outcome.output.softmax(-1)[:, 1], head(state).sigmoid())
    assert outcome.fresh == 40
    assert torch.equal(outcome.inputs, batch.inputs)
    assert not torch.equal(called(model, head, batch, 1).targets, outcome.targets)


def test_only_the_head_gets_a_gradient(parts):
    model, head = parts
    called(model, head, BATCH).loss.backward()
    assert model.scale.grad is None
    assert all(weight.grad.abs().sum() > 0 for weight in head.parameters())
    y = torch.randn(3, 16, 6, requires_grad=True)
    head(Latents(y, y)).sum().backward()
    assert y.grad is None


def test_the_score_does_not_depend_on_the_order_of_cells_and_sees_the_least_one(parts):
    _, head = parts
    y = torch.randn(3, 16, 6, generator=generator())
    torch.testing.assert_close(head(Latents(y, y)), head(Latents(y.flip(1), y)))
    h = head.cell(y)
    wanted = torch.cat((h.mean(1), h.min(1).values), -1) @ head.out.weight.T + head.out.bias
    torch.testing.assert_close(head(Latents(y, y)), wanted[:, 0])
    assert torch.equal(head(y), head(Latents(y, y)))  # a net with one latent


def test_a_head_learns_to_tell_right_from_wrong(parts):
    model, head = parts
    source = Pool(SUDOKU, BATCH, 64, generator(1))
    plan = Plan(steps=100, rate=1e-2, warmup=5, weight_decay=0.01, average=0.9)
    run = fit(head, source, JudgedDraws(model=model, steps=1), plan, generator(2))
    assert sum(run.loss[:5]) / 5 > 0.6
    assert sum(run.loss[-5:]) / 5 < 0.3
    outcome = called(model, head, BATCH, 3)
    assert (outcome.output.argmax(-1) == outcome.targets).float().mean() > 0.97
