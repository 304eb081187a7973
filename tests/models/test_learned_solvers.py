"""Preconditioned descent and dual ascent are the published iterations; learned steps can express them."""

import pytest
import torch

from recurse_lab import eigenvalues, seeded, settle, think
from recurse_lab.measure.cost import parameters
from recurse_lab.models.dispatch_endpoint import DispatchEndpoint, DispatchEndpointConfig
from recurse_lab.models.dual_ascent import DualAscent, LearnedAscent, LearnedAscentConfig
from recurse_lab.models.numerical import GradientDescent
from recurse_lab.models.preconditioned import PreconditionedDescent, radii
from recurse_lab.tasks.dispatch import Dispatch, satisfied, solved
from recurse_lab.tasks.system_family import SystemFamily


def source(seed=0):
    return torch.Generator().manual_seed(seed)


FAMILY = SystemFamily(basis=5)
SYSTEMS = FAMILY.sample(16, "train", source())


def test_a_multiple_of_the_identity_is_gradient_descent():
    truth = settle(GradientDescent(rate=0.15), SYSTEMS.inputs, 6).output
    for form in ("full", "scalar"):
        found = settle(PreconditionedDescent(form=form, first=0.15), SYSTEMS.inputs, 6).output
        torch.testing.assert_close(found, truth, atol=1e-6, rtol=1e-5)
    assert parameters(PreconditionedDescent()) == 64
    assert parameters(PreconditionedDescent(depth=8)) == 512
    assert parameters(PreconditionedDescent(form="scalar")) == 1


def test_the_inverse_of_the_shared_part_contracts_every_system_and_an_inverse_solves_in_one_step():
    model = PreconditionedDescent()
    model.p.data[0] = torch.linalg.inv(FAMILY.shared())
    radius = radii(model, SYSTEMS.inputs)
    assert (radius <= 0.5 + 1e-3).all()
    state = settle(model, SYSTEMS.inputs[:1], 1).state
    largest = abs(eigenvalues(model, SYSTEMS.inputs[:1], state)[0])
    assert radius[0].item() == pytest.approx(largest, abs=1e-4)
    assert (
        radii(model, SystemFamily(basis=None).sample(64, "train", source()).inputs) > 1
    ).float().mean() > 0.9
    model.p.data[0] = torch.linalg.inv(SYSTEMS.inputs[0, :, :-1])
    torch.testing.assert_close(
        settle(model, SYSTEMS.inputs[:1], 1).output, SYSTEMS.targets[:1], atol=1e-4, rtol=1e-3
    )


def test_untied_steps_differ_and_the_last_one_repeats():
    model = PreconditionedDescent(depth=2)
    model.p.data[1] *= 2
    first, second, third = (model.preconditioner(step) for step in range(3))
    assert torch.equal(2 * first, second)
    assert torch.equal(second, third)
    assert torch.equal(model.preconditioner(), second)
    states = [thought.state.z for thought in think(model, SYSTEMS.inputs, 3)]
    step = GradientDescent(rate=0.3)
    again = step.step(states[2], step.start(SYSTEMS.inputs)[1])
    torch.testing.assert_close(states[3], again)


PROBLEMS = Dispatch().problems(64, "train", source())


def test_dual_ascent_finds_the_price_of_least_cost():
    method = DualAscent()
    thoughts = list(think(method, PROBLEMS, 300, read=True))
    price, outputs = solved(PROBLEMS)
    torch.testing.assert_close(thoughts[-1].state.price, price, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(thoughts[-1].output, outputs, atol=1e-4, rtol=1e-4)
    shares = [satisfied(PROBLEMS, thoughts[k].output).float().mean().item() for k in (8, 128)]
    assert shares[0] < 0.4
    assert shares[1] == 1
    moved = PROBLEMS.clone()
    moved[:, -1:] = thoughts[5].state.price
    torch.testing.assert_close(settle(method, moved, 3).output, thoughts[8].output)


def test_generators_may_change_places_where_they_share_weights():
    order = [2, 0, 1]
    permuted = torch.cat((*(part[:, order] for part in PROBLEMS[:, :9].chunk(3, 1)), PROBLEMS[:, 9:]), 1)
    with seeded(0):
        loop = LearnedAscent(LearnedAscentConfig())
        price = DispatchEndpoint(DispatchEndpointConfig())
        outputs = DispatchEndpoint(DispatchEndpointConfig(answer="outputs"))
        flat = DispatchEndpoint(DispatchEndpointConfig(answer="outputs", pooled=False))
    for model, columns in ((loop, [0]), (price, [0]), (outputs, order), (flat, order)):
        one, other = (settle(model, problems, 3).output for problems in (PROBLEMS, permuted))
        assert one.shape == (64, len(columns))
        assert torch.allclose(one[:, columns], other, atol=1e-5) is (model is not flat)


def test_a_net_in_one_pass_does_not_see_steps_or_the_first_price():
    with seeded(0):
        nets = [DispatchEndpoint(DispatchEndpointConfig(pooled=pooled)) for pooled in (True, False)]
    moved = PROBLEMS.clone()
    moved[:, -1] = 1
    for net in nets:
        assert torch.equal(settle(net, PROBLEMS, 1).output, settle(net, moved, 9).output)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: PreconditionedDescent(depth=0), "numbers, depth, first must be above 0, not 8, 0, 0.15"),
        (
            lambda: PreconditionedDescent(numbers=4).start(SYSTEMS.inputs),
            "systems must have 4 numbers, not 8",
        ),
        (lambda: DualAscent().start(torch.ones(2, 10)), r"shape \(B, 3G\+2\), not \(2, 10\)"),
        (lambda: DualAscent().start(PROBLEMS * torch.nan), "every number of a problem must be finite"),
        (lambda: LearnedAscentConfig(width=0), "sizes must be 1 or more"),
        (lambda: DispatchEndpointConfig(generators=0), "sizes must be 1 or more"),
        (
            lambda: DispatchEndpoint(DispatchEndpointConfig(generators=2)).start(PROBLEMS),
            "problems must have 2 generators",
        ),
    ],
)
def test_what_cannot_be_is_one_line(make, words):
    with pytest.raises(ValueError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)
