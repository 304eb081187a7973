"""The use that each objective makes of a stream of thoughts, seen on a model that records its calls."""

import pytest
import torch
from torch import nn

from recurse_lab.models.deep_thinking import DeepThinking, DeepThinkingConfig, Layered
from recurse_lab.recurrence import think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import CLASSES
from recurse_lab.tasks.prefix_sums import PrefixSums
from recurse_lab.train.loop import seeded
from recurse_lab.train.objectives.deep_supervision import DeepSupervision
from recurse_lab.train.objectives.every_step import EveryStep
from recurse_lab.train.objectives.last_step import LastStep
from recurse_lab.train.objectives.progressive import Progressive
from recurse_lab.train.objectives.slots import Slots, refilled


class Climber(nn.Module):
    """Every cell rises by one at each step; its answer is 0 below 1.5, then 1. It records grad modes and reads."""

    def __init__(self):
        super().__init__()
        self.rate = nn.Parameter(torch.ones(()))
        self.modes, self.reads = [], 0

    def start(self, inputs, generator=None):
        return Layered(torch.zeros(inputs.shape), 0), None

    def step(self, state, context):
        self.modes.append(torch.is_grad_enabled())
        return Layered(state.z + self.rate, state.layer + 1)

    def read(self, state):
        self.reads += 1
        return torch.stack((torch.zeros_like(state.z), state.z - 1.5), dim=-1)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def batch(*targets, inputs=0):
    return Batch(torch.full((len(targets), len(targets[0])), inputs), torch.tensor(targets))


def ask(objective, model, problems, carry=None, progress=0.0, seed=0):
    return objective(model, CLASSES, problems, carry, progress, generator(seed))


def test_every_step_of_one_equals_last_step_of_one():
    with seeded(0) as source:
        net = DeepThinking(DeepThinkingConfig(width=8, groups=2))
        problems = PrefixSums().sample(4, 6, "train", source)
    every, last = (ask(objective, net, problems) for objective in (EveryStep(steps=1), LastStep(steps=1)))
    assert torch.equal(every.loss, last.loss)
    assert torch.equal(every.output, last.output)
    thoughts = list(think(net, problems.inputs, 3, read={1, 2, 3}))[1:]
    losses = [CLASSES.loss(thought.output, problems.targets) for thought in thoughts]
    assert torch.allclose(ask(EveryStep(steps=3), net, problems).loss, sum(losses) / 3)
    assert torch.equal(ask(LastStep(steps=3), net, problems).loss, losses[-1])


@pytest.mark.parametrize("steps", [0, -1])
def test_every_step_needs_a_step(steps):
    with pytest.raises(ValueError, match=f"steps must be 1 or more, not {steps}$"):
        EveryStep(steps=steps)


def test_cross_entropy_leaves_out_cells_that_do_not_count():
    logits = torch.tensor([[[0.0, 0.0], [9.0, 0.0]]])
    assert CLASSES.loss(logits, torch.tensor([[1, -100]])).item() == pytest.approx(0.6931, abs=1e-4)


def lengths(objective, seeds=300, progress=1.0):
    """(steps without gradient, steps with gradient) of one call, for each of many seeds."""
    counts = []
    for seed in range(seeds):
        net = Climber()
        ask(objective, net, batch([0, 1]), progress=progress, seed=seed).loss.backward()
        without = net.modes.count(False)
        assert net.modes == [False] * without + [True] * (len(net.modes) - without)
        assert net.reads == 1
        assert net.rate.grad is not None
        counts.append((without, len(net.modes) - without))
    return counts


def test_progressive_takes_its_warm_up_steps_without_autograd():
    objective = Progressive(with_gradient=3, without_gradient=5)
    without, with_gradient = zip(*lengths(objective), strict=True)
    assert set(without) == {0, 1, 2, 3, 4}
    assert set(with_gradient) == {1, 2, 3}
    mean = (sum(without) / 300, sum(with_gradient) / 300)
    assert mean == pytest.approx(objective.mean_steps, abs=0.25)


def test_progressive_starts_late_only_when_it_is_told_to():
    half = Progressive(with_gradient=1, without_gradient=9, late_start_from=0.4, late_start_share=0.5)
    assert {without for without, _ in lengths(half, 50, progress=0.39)} == {0}
    late = [without > 0 for without, _ in lengths(half, progress=0.4)]
    assert sum(late) / len(late) == pytest.approx(0.5 * 8 / 9, abs=0.08)
    never = Progressive(with_gradient=1, without_gradient=9, late_start_share=0.0)
    assert {without for without, _ in lengths(never, 50)} == {0}
    assert half.mean_steps == pytest.approx((0.5 * 0.6 * 4, 1))


# the first slot is solved after one step (answer 0), the second after two, the third never
PROBLEMS = batch([0, 0], [1, 1], [0, 1])
FRESH = batch([0, 0], [0, 0], [0, 0], inputs=1)


def test_deep_supervision_refills_what_is_solved_and_carries_the_rest_on():
    objective, net = DeepSupervision(steps=1, max_age=3), Climber()
    first = ask(objective, net, PROBLEMS)
    assert torch.equal(first.targets, PROBLEMS.targets)

    assert first.carry.slots.age.tolist() == [1, 1, 1]
    assert first.carry.halted.tolist() == [True, False, False]

    second = ask(objective, net, FRESH, first.carry)
    assert (first.fresh, second.fresh) == (3, 1)
    assert second.targets.tolist() == [[0, 0], [1, 1], [0, 1]]
    assert second.carry.slots.batch.inputs[:, 0].tolist() == [1, 0, 0]
    assert second.carry.slots.age.tolist() == [1, 2, 2]
    assert second.carry.slots.state.z[:, 0].tolist() == [1, 2, 2]
    assert second.carry.halted.tolist() == [True, True, False]

    third = ask(objective, net, FRESH, second.carry)
    assert third.carry.slots.batch.inputs[:, 0].tolist() == [1, 1, 0]
    assert third.carry.slots.age.tolist() == [1, 1, 3]
    assert third.carry.halted.tolist() == [True, True, True]  # the third slot is halted by its age


def test_with_one_step_a_problem_every_batch_is_worked_on_once():
    objective, net = DeepSupervision(steps=1, max_age=1), Climber()
    carry, seen = None, []
    for number in range(3):
        outcome = ask(objective, net, batch([1, 1], inputs=number), carry)
        carry = outcome.carry
        seen.append(carry.slots.batch.inputs[0, 0].item())
    assert seen == [0, 1, 2]


def test_deep_supervision_cuts_the_graph_between_supervision_steps():
    objective, net = DeepSupervision(steps=2), Climber()
    outcome = ask(objective, net, batch([0, 1]))
    assert outcome.loss.requires_grad
    assert not outcome.carry.slots.state.z.requires_grad
    assert not any(part.requires_grad for part in outcome.carry.slots.batch)
    outcome.loss.backward()
    ask(objective, net, batch([0, 1]), outcome.carry).loss.backward()
    assert net.modes == [True] * 4


def test_a_solved_slot_may_be_held():
    held = DeepSupervision(steps=1, refill=0.0)
    assert ask(held, Climber(), batch([0, 0])).carry.halted.tolist() == [False]


def test_refilling_starts_layer_counters_afresh():
    old, new = (
        Slots(
            batch([0], [0], inputs=i), Layered(torch.full((2, 1), float(i)), 3 * (1 - i)), torch.ones(2) - i
        )
        for i in (0, 1)
    )
    mixed = refilled(new, old, torch.tensor([True, False]))
    assert mixed.state.layer == 0
    assert mixed.state.z.tolist() == [[1.0], [0.0]]
    assert mixed.batch.inputs.tolist() == [[1], [0]]
    assert mixed.age.tolist() == [0, 1]


def test_deep_supervision_survives_a_growing_curriculum():
    objective, net = DeepSupervision(steps=1), Climber()
    carry = ask(objective, net, batch([0, 1])).carry
    grown = ask(objective, net, batch([0, 1, 1, 0]), carry)
    assert grown.carry.slots.batch.inputs.shape == (1, 4)
