"""An equilibrium is where the loop settles, and its gradient is the unrolled loop's at the memory of one step."""

from typing import NamedTuple

import pytest
import torch
from torch import nn

from recurse_lab import AtEquilibrium, Refined, equilibrium, fit, seeded, settle, think
from recurse_lab.models.numerical import GradientDescent, Jacobi
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import Numbers
from recurse_lab.train.optimizer import Plan
from recurse_lab.train.sources import InTurn


def drawn(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


class Two(NamedTuple):
    """Two tensors, a mask that is not a number, and a count of steps."""

    fast: torch.Tensor
    slow: torch.Tensor
    mask: torch.Tensor
    count: int


class Pair(nn.Module):
    """fast <- tanh(W [fast, slow] + x), slow <- (slow + tanh(V fast)) / 2; a contraction for small W and V."""

    def __init__(self, scale=0.3):
        super().__init__()
        self.embed, self.w, self.v = nn.Linear(2, 3), nn.Linear(5, 3), nn.Linear(3, 2)
        self.head = nn.Linear(5, 2)
        for part in (self.w, self.v):
            part.weight.data.mul_(scale)

    def start(self, inputs, generator=None):
        fast, slow = inputs.new_zeros(len(inputs), 3), inputs.new_zeros(len(inputs), 2)
        return Two(fast, slow, torch.ones(len(inputs), dtype=torch.bool), 0), self.embed(inputs)

    def step(self, state, context):
        fast = torch.tanh(self.w(torch.cat((state.fast, state.slow), 1)) + context)
        return Two(fast, (state.slow + torch.tanh(self.v(fast))) / 2, state.mask, state.count + 1)

    def read(self, state):
        return self.head(torch.cat((state.fast, state.slow), 1))


@pytest.fixture
def pair():
    with seeded(0):
        return Pair().double()


def test_the_state_is_a_fixed_point_and_plain_values_count(pair):
    found = equilibrium(pair, drawn(4, 2), tolerance=1e-12)
    again = settle(pair, None, 1, resume=found)
    torch.testing.assert_close(again.output, found.output, rtol=1e-11, atol=1e-12)
    assert found.state.count == found.step < 100
    assert found.state.mask.dtype == torch.bool
    # every example has settled, not only their mean
    before = list(think(pair, drawn(4, 2), found.step))[-2].state
    assert ((found.state.fast - before.fast).norm(dim=1) < 1e-11).all()


def test_the_gradient_is_that_of_the_unrolled_loop(pair):
    x = drawn(4, 2).requires_grad_()
    found = []
    for thought in (equilibrium(pair, x, tolerance=1e-13), settle(pair, x, 200)):
        loss = (thought.output.square() + thought.output).sum()
        found.append(torch.autograd.grad(loss, [x, *pair.parameters()]))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)
        assert one.abs().max() > 1e-3  # input, embedding, step and head


def test_the_gradient_is_that_of_finite_differences(pair):
    def output(x, w, bias, head):
        pair.w.weight, pair.embed.bias, pair.head.weight = w, bias, head
        return equilibrium(pair, x, tolerance=1e-14).output

    weights = [pair.w.weight, pair.embed.bias, pair.head.weight]
    for part, name in ((pair.w, "weight"), (pair.embed, "bias"), (pair.head, "weight")):
        delattr(part, name)  # a plain tensor takes the place of the parameter
    inputs = [part.detach().clone().requires_grad_() for part in (drawn(2, 2), *weights)]
    assert torch.autograd.gradcheck(output, inputs)


def kept_for_backward(run):
    """Bytes of all tensors that autograd saves in `run`, and the number of nodes of its graph."""
    saved = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t.nbytes) or t, lambda t: t):
        output = run()
    nodes, todo = set(), [output.grad_fn]
    while todo:
        node = todo.pop()
        if node is not None and node not in nodes:
            nodes.add(node)
            todo += [following for following, _ in node.next_functions]
    return sum(saved), len(nodes)


def test_the_graph_does_not_grow_with_the_iterations(pair):
    loose, tight = (equilibrium(pair, drawn(4, 2), tolerance=tolerance) for tolerance in (1e-2, 1e-12))
    assert tight.step > 4 * loose.step
    kept = [
        kept_for_backward(lambda t=t: equilibrium(pair, drawn(4, 2), tolerance=t).output)
        for t in (1e-2, 1e-12)
    ]
    assert kept[0] == kept[1]
    unrolled = [
        kept_for_backward(lambda n=n: settle(pair, drawn(4, 2), n).output) for n in (loose.step, tight.step)
    ]
    assert all(more > 2 * less for less, more in zip(*unrolled, strict=True))
    with torch.no_grad():
        assert equilibrium(pair, drawn(4, 2)).output.grad_fn is None


def systems(seed=0, count=3):
    square = drawn(count, 4, 4, seed=seed)
    matrix = torch.eye(4, dtype=torch.float64) + 0.1 * (square + square.mT)
    return torch.cat((matrix, drawn(count, 4, 1, seed=seed + 1)), 2)


def test_the_equilibrium_of_descent_is_the_solution_and_its_gradient_the_adjoint_solution():
    inputs = systems().requires_grad_()
    found = equilibrium(GradientDescent(rate=0.5), inputs, tolerance=1e-13).output
    matrix, b = inputs[:, :, :-1], inputs[:, :, -1]
    solution = torch.linalg.solve(matrix, b)
    torch.testing.assert_close(found, solution)
    for one, other in zip(
        *(torch.autograd.grad(x.pow(3).sum(), inputs) for x in (found, solution)), strict=True
    ):
        torch.testing.assert_close(one, other)
    # the Jacobian differs, the equilibrium and its gradient do not
    torch.testing.assert_close(equilibrium(Jacobi(), inputs, tolerance=1e-13).output, solution)


def test_an_objective_trains_a_net_to_settle_on_its_targets():
    with seeded(1) as generator:
        teacher, model = Pair(), Pair()
    inputs = drawn(64, 2, dtype=torch.float32)
    batch, task = Batch(inputs, equilibrium(teacher, inputs).output.detach()), Numbers()
    plan = Plan(steps=40, rate=2e-2, warmup=0, weight_decay=0.0)
    run = fit(model, InTurn(task, [batch]), AtEquilibrium(tolerance=1e-5), plan, generator)
    assert run.loss[-1] < 0.05 * run.loss[0]
    outcome = AtEquilibrium()(model, task, batch, None, 0.0, generator)
    torch.testing.assert_close(outcome.output, settle(model, inputs, 300).output, rtol=1e-3, atol=1e-4)
    asked = batch._replace(targets=batch.targets[:, None].repeat(1, 3, 1))
    with pytest.raises(ValueError, match="there are targets for steps 0 to 2, not for step"):
        AtEquilibrium()(model, Numbers(every_step=True), asked, None, 0.0, generator)


class Scaled:
    """z <- scale z + x, with or without a loss term; the Jacobian is `scale`."""

    def __init__(self, scale, term=False, first=0.0):
        self.scale, self.term, self.first = scale, term, first

    def start(self, inputs, generator=None):
        return torch.full_like(inputs, self.first), inputs

    def step(self, state, context):
        z = self.scale * state + context
        return Refined(z, {"kl": z.sum(1)}) if self.term else z

    def read(self, state):
        return state


ONE = torch.ones(2, 1, dtype=torch.float64)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: equilibrium(Scaled(0.5), ONE, tolerance=0), "tolerance must be a number above 0, not 0"),
        (lambda: equilibrium(Scaled(0.5), ONE, tolerance=float("nan")), "above 0, not nan"),
        (lambda: equilibrium(Scaled(0.5), ONE, most=0), "most must be 1 iteration or more, not 0"),
        (lambda: AtEquilibrium(tolerance=-1.0), "tolerance must be a number above 0, not -1.0"),
        (
            lambda: equilibrium(Scaled(-1.0), ONE),
            "the state still changes by .* after 500 iterations, more than",
        ),
        (lambda: equilibrium(Scaled(1.5), ONE), "the state still changes by 3.3e-01 .*steps that contract"),
        (
            lambda: equilibrium(Scaled(9.0), ONE),
            "the state is not finite after iteration 324; the inputs must",
        ),
        (lambda: equilibrium(Scaled(0.5), ONE * torch.nan), "the state is not finite after iteration 1;"),
        (lambda: equilibrium(Scaled(0.5, term=True), ONE), "needs a step without loss terms"),
    ],
)
def test_what_has_no_equilibrium_is_one_line(make, words):
    with pytest.raises(ValueError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_one_example_that_does_not_settle_is_enough():
    scale = torch.full((1000, 1), 0.1, dtype=torch.float64)
    scale[7] = 0.9
    slow, inputs = Scaled(scale), torch.ones_like(scale)
    found = equilibrium(slow, inputs, tolerance=1e-6)
    alone = equilibrium(Scaled(0.9), inputs[:1], tolerance=1e-6)
    assert found.step == alone.step > 100
    with pytest.raises(ValueError, match="the state still changes by"):
        equilibrium(slow, inputs, most=50)


def test_a_repelling_fixed_point_found_by_luck_has_no_gradient():
    x = torch.zeros(2, 1, requires_grad=True)
    found = equilibrium(Scaled(2.0), x)  # starts at its fixed point 0
    with pytest.raises(ValueError, match=r"the gradient still changes by .* after 500 iterations"):
        found.output.sum().backward()


def test_torchdeq_finds_the_same_point_and_gradient(pair):
    torchdeq = pytest.importorskip("torchdeq", reason="an optional oracle; pip install torchdeq to compare")
    x = drawn(4, 2).requires_grad_()
    options = {"f_tol": 1e-13, "b_tol": 1e-13, "f_max_iter": 300, "b_max_iter": 300, "ift": True}
    solver = torchdeq.get_deq(**options)
    start, context = pair.start(x)

    def step(fast, slow):
        return pair.step(start._replace(fast=fast, slow=slow), context)[:2]

    fast, slow = solver(step, (start.fast, start.slow))[0][-1]
    theirs = pair.read(start._replace(fast=fast, slow=slow))
    ours = equilibrium(pair, x, tolerance=1e-13).output
    torch.testing.assert_close(ours, theirs)
    weights = [x, *pair.parameters()]
    found = [torch.autograd.grad(output.square().sum(), weights) for output in (ours, theirs)]
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-8, atol=1e-10)
