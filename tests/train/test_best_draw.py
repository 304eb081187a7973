"""Only the best of several random first states learns."""

import pytest
import torch
from torch import Generator, nn

from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import Classes
from recurse_lab.train.objectives.best_draw import BestDraw, each_loss

TASK = Classes()


class Guess(nn.Module):
    """The first state is one random class of four in every cell; a step doubles what the state says."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1.0))
        self.started = []

    def start(self, inputs, generator=None):
        drawn = torch.randint(4, (len(inputs),), generator=generator)
        if generator is not None:
            self.started.append(drawn)
        return nn.functional.one_hot(drawn, 4).float()[:, None].repeat(1, inputs.shape[1], 1), None

    def step(self, state, context):
        return 2 * self.scale * state

    def read(self, state):
        return state


def batch(count=50):
    inputs = torch.zeros(count, 3, dtype=torch.int64)
    return Batch(inputs, torch.arange(count)[:, None].repeat(1, 3) % 4)


def test_each_loss_is_the_tasks_loss_of_every_example():
    output, targets = torch.randn(5, 3, 4), torch.randint(4, (5, 3))
    wanted = nn.functional.cross_entropy(output.mT, targets, reduction="none").mean(1)
    torch.testing.assert_close(each_loss(TASK, output, targets), wanted)


def test_the_best_of_many_draws_is_the_target_and_of_one_is_as_often_as_chance():
    share = {}
    for draws in (1, 40):
        net = Guess()
        outcome = BestDraw(steps=2, draws=draws)(net, TASK, batch(), None, 0.0, Generator().manual_seed(0))
        share[draws] = (outcome.output.argmax(-1) == outcome.targets).float().mean().item()
        assert len(net.started[0]) == 50 * draws
        assert outcome.fresh == 50
    assert share[40] == 1.0
    assert share[1] < 0.5


def test_the_gradient_goes_through_all_steps_of_the_chosen_draw():
    net = Guess()
    outcome = BestDraw(steps=2, draws=40)(net, TASK, batch(), None, 0.0, Generator().manual_seed(0))
    outcome.loss.backward()
    # right logits are 4 scale^2; the loss falls with the scale, at twice the rate of one step
    p = torch.tensor([4.0, 0.0, 0.0, 0.0]).softmax(0)[0]
    torch.testing.assert_close(net.scale.grad, -8 * (1 - p))


def test_problems_are_kept_for_max_age_steps_and_draws_compared_after_all_of_them():
    net, objective = Guess(), BestDraw(steps=2, draws=40, max_age=3)
    generator, carry, fresh, outputs = Generator().manual_seed(0), None, [], []
    for number in range(4):
        given = Batch(batch().inputs, batch().targets.roll(number, 0))
        outcome = objective(net, TASK, given, carry, 0.0, generator)
        carry = outcome.carry
        fresh.append(outcome.fresh)
        outputs.append(outcome.output.max().item())
        assert torch.equal(outcome.targets, batch().targets if number < 3 else given.targets)
        assert (outcome.output.argmax(-1) == outcome.targets).all()
    assert fresh == [50, 0, 0, 50]
    assert outputs == [4, 16, 64, 4]  # each step doubles: the state is carried on
    assert len(net.started) == 2


@pytest.mark.parametrize("name", ["steps", "draws", "max_age"])
def test_bad_numbers_are_refused(name):
    with pytest.raises(ValueError, match=rf"^{name} must be 1 or more, not 0$"):
        BestDraw(**({"steps": 2, "draws": 3, "max_age": 2} | {name: 0}))
