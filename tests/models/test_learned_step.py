"""Learned steps and nets that are told the step: they can express the method, and refuse bad input."""

import pytest
import torch

from recurse_lab.models.learned_step import LearnedStep, LearnedStepConfig
from recurse_lab.models.numerical import GradientDescent
from recurse_lab.models.told_steps import ToldSteps, ToldStepsConfig
from recurse_lab.recurrence import settle, think
from recurse_lab.tasks.linear_systems import LinearSystems
from recurse_lab.train.loop import seeded


@pytest.fixture
def systems():
    return LinearSystems().systems(8, "train", torch.Generator().manual_seed(0))


def exact(numbers=4):
    """A loop with weights set by hand: x <- x + b - A x, each product A_ij x_j in a unit of its own."""
    net = LearnedStep(LearnedStepConfig(numbers=numbers, hidden=numbers**2 + numbers))
    f = net.blocks[0]
    place = {pair: index for index, pair in enumerate(zip(net.rows, net.columns, strict=True))}
    with torch.no_grad():
        for weight in f.parameters():
            weight.zero_()
        for i in range(numbers):
            for j in range(numbers):
                unit = i * numbers + j
                f.u.weight[unit, j] = 1  # x_j
                f.v.weight[unit, numbers + place[min(i, j), max(i, j)]] = 1  # A_ij
                f.o.weight[i, unit] = -1
            unit = numbers**2 + i
            f.u.weight[unit, numbers + len(place) + i] = 1  # b_i
            f.v.bias[unit] = 1
            f.o.weight[i, unit] = 1
    return net


def test_products_can_carry_out_gradient_descent_exactly(systems):
    torch.testing.assert_close(
        settle(exact(), systems, 128).output,
        settle(GradientDescent(), systems, 128).output,
        rtol=1e-4,
        atol=1e-4,
    )


@pytest.mark.parametrize(
    "config",
    [
        LearnedStepConfig(latent=5),
        LearnedStepConfig(kind="mlp", hidden=7),
        LearnedStepConfig(kind="gru", latent=6),
        LearnedStepConfig(latent=5, recall=False),
    ],
)
def test_every_kind_reads_vectors_and_starts_from_zero(systems, config):
    with seeded(0):
        net = LearnedStep(config)
    state, _ = net.start(systems)
    assert (state.z == 0).all() == config.recall
    assert settle(net, systems, 3).output.shape == (8, 4)


def test_an_untied_net_repeats_its_last_step(systems):
    with seeded(0):
        net = LearnedStep(LearnedStepConfig(depth=3))
        one = LearnedStep(LearnedStepConfig())
    one.load_state_dict(
        {name: net.state_dict()[name.replace("blocks.0", "blocks.2")] for name in one.state_dict()}
    )
    third = settle(net, systems, 3)
    again = net.step(third.state, third.context)
    torch.testing.assert_close(again.z, one.step(third.state._replace(layer=0), third.context).z)
    assert not torch.allclose(net.blocks[0].o.weight, net.blocks[2].o.weight)


def test_without_recall_the_steps_see_the_state_only(systems):
    with seeded(0):
        net = LearnedStep(LearnedStepConfig(latent=5, recall=False))
    state, problem = net.start(systems)
    assert torch.equal(net.step(state, problem).z, net.step(state, torch.zeros_like(problem)).z)


def test_a_told_net_answers_for_the_count_alone(systems):
    for config in (ToldStepsConfig(), ToldStepsConfig(powers=8)):
        with seeded(0):
            net = ToldSteps(config)
        answers = [thought.output for thought in think(net, systems, 3, read=(1, 2, 3))][1:]
        assert answers[0].shape == (8, 4)
        assert not torch.allclose(answers[0], answers[1])
        state, _ = net.start(systems)
        assert torch.equal(net.read(state._replace(layer=3)), answers[2])


def test_powers_are_those_of_the_matrix(systems):
    state, _ = ToldSteps(ToldStepsConfig(powers=2)).start(systems)
    matrix, b = systems[:, :, :-1], systems[:, :, -1:]
    torch.testing.assert_close(state.z, torch.cat((b, matrix @ b, matrix @ matrix @ b), 2))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"hidden": 0}, "sizes must be 1 or more"),
        ({"kind": "lstm"}, "kind must be"),
        ({"kind": "gru"}, "need a latent state"),
        ({"recall": False}, "need a latent state"),
    ],
)
def test_bad_configurations_are_refused(given, said):
    with pytest.raises(ValueError, match=said):
        LearnedStepConfig(**given)


def test_bad_systems_are_refused(systems):
    for net in (LearnedStep(LearnedStepConfig()), ToldSteps(ToldStepsConfig())):
        with pytest.raises(ValueError, match=r"shape \(B, 4, 5\)"):
            net.start(systems[:, :3, :4])
        with pytest.raises(ValueError, match="must be finite"):
            net.start(systems * torch.inf)
    with pytest.raises(ValueError, match="powers 0 or more"):
        ToldStepsConfig(powers=-1)
