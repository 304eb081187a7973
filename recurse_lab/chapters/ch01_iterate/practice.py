"""Chapter 01: what surrounds the reader's own training step: problems, a net, and the results of typical mistakes."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor, nn

from recurse_lab.experiments.iterates.arm import JUDGED, TRAINED
from recurse_lab.experiments.iterates.problems import Fresh, iterates
from recurse_lab.experiments.practice import attempted
from recurse_lab.models.learned_step import LearnedStep, LearnedStepConfig
from recurse_lab.recurrence import settle, think
from recurse_lab.tasks.linear_systems import LinearSystems, relative_error
from recurse_lab.train.loop import seeded

TrainingStep = Callable[[nn.Module, torch.optim.Optimizer, Tensor, Tensor], Any]


def training_step(
    net: Any, optimizer: torch.optim.Optimizer, systems: Tensor, iterates: Tensor, mistake: str = ""
) -> float:
    """One optimizer step on the mean squared relative error of all 8 answers; with `mistake`, a wrong one."""
    if mistake != "not cleared":
        optimizer.zero_grad()
    losses = []
    for thought in think(net, systems, TRAINED, read=True):
        if thought.output is not None and thought.step > (TRAINED - 1 if mistake == "end" else 0):
            target = iterates[:, thought.step - (mistake == "late")]
            difference = (thought.output - target).square()
            size = iterates[:, thought.step].square()
            if mistake == "number by number":
                losses.append((difference / size).mean())
            elif mistake == "pooled":
                losses.append(difference.sum() / size.sum())
            else:
                error = difference.sum(1) / (1.0 if mistake == "absolute" else size.sum(1))
                losses.append((error.sqrt() if mistake == "root" else error).mean())
    loss = torch.stack(losses).sum() if mistake == "sum" else torch.stack(losses).mean()
    loss.backward()
    if mistake != "no step":
        optimizer.step()
    return loss.item()


def loss_after(step: TrainingStep, number: int) -> Any:
    """The loss that the `number`-th call of a training step returns, on a net and problems that are always the same."""
    with seeded(1) as generator:
        net = LearnedStep(LearnedStepConfig())
    source = Fresh(LinearSystems(), 32, generator)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.02)
    for _ in range(number):
        loss = step(net, optimizer, *source.draw())
        if loss is None or loss is ...:
            return loss
    return loss


def loss_with(mistake: str, number: int = 1) -> float:
    """The same for the book's own training step with a typical mistake; "": without one."""
    return float(loss_after(partial(training_step, mistake=mistake), number))


def mistakes(number: int) -> dict[str, float]:
    """What was done wrong -> the loss of the `number`-th call."""
    named = {
        "only the last of the 8 answers is asked for": "end",
        "the answer at step k is compared with iterate k - 1": "late",
        "the error is not divided by the size of the iterate": "absolute",
        "the losses of the steps are added, not averaged": "sum",
        "the relative error is not squared": "root",
        "the sums over all problems are divided, not each problem's own": "pooled",
        "each number of a vector is divided by itself, not the whole vector": "number by number",
        "the gradients of earlier steps are not cleared": "not cleared",
        "the weights do not change": "no step",
    }
    return {words: loss_with(mistake, number) for words, mistake in named.items()}


def practice(step: TrainingStep, seed: int, steps: int = 500) -> tuple[LearnedStep, list[float]]:
    """Train a small loop with the reader's training step, or with the book's if it is not written yet.

    Returns:
        The net and its losses.
    """
    with seeded(seed) as generator:
        net = LearnedStep(LearnedStepConfig())
    source = Fresh(LinearSystems(), 128, generator)
    optimizer = torch.optim.AdamW(net.parameters(), lr=6e-3, weight_decay=0.0)
    losses: list[float] = []
    for _ in range(steps):
        loss, step = attempted(step, training_step, net, optimizer, *source.draw())
        losses.append(loss)
    return net, losses


@torch.no_grad()
def errors_at(net: Any, systems: Tensor) -> dict[str, float]:
    """Median relative error at steps 8 and 32."""
    truth = iterates(systems, JUDGED)
    found = {}
    for step in (TRAINED, JUDGED):
        output = settle(net, systems, step).output
        assert output is not None
        found[f"median error at k = {step}"] = relative_error(output, truth[:, step]).median().item()
    return found


def solver_cases() -> list[tuple[Callable[[float], float], float, float]]:
    """Steps x -> f(x) with first numbers and fixed points, to try a reader's solver on."""
    draws = Generator().manual_seed(0)
    numbers = [float(value) for value in 1 + 99 * torch.rand(3, generator=draws)]
    return [(lambda x, a=a: (x + a / x) / 2, a, a**0.5) for a in numbers] + [(lambda x: x / 2 + 1, 1.0, 2.0)]


class Case(NamedTuple):
    """A contraction z <- tanh(W z + x) at its fixed point, for the exercise on the implicit gradient."""

    step: Callable[[Tensor, Tensor], Tensor]  # (z, W) -> next z
    z: Tensor  # the fixed point, 3 numbers
    weights: Tensor  # W
    g: Tensor  # gradient of the loss by z

    def unrolled(self, steps: int = 400) -> Tensor:
        """Gradient by W through `steps` steps from zero: what the implicit gradient must equal."""
        z = torch.zeros_like(self.z)
        for _ in range(steps):
            z = self.step(z, self.weights)
        return torch.autograd.grad(z, self.weights, self.g)[0]

    def mistakes(self) -> dict[str, float]:
        """What was done wrong -> the projected gradient."""
        z = self.z.detach().requires_grad_()
        after = self.step(z, self.weights)
        jacobian = torch.autograd.functional.jacobian(lambda z: self.step(z, self.weights), self.z)
        wrong = {
            "u stays g: only the last step is differentiated": self.g,
            "it solves u = g + J u; the vector stands left of J": torch.linalg.solve(
                torch.eye(3) - jacobian, self.g
            ),
            "it solves u = g - u J": torch.linalg.solve(torch.eye(3) + jacobian.T, self.g),
            "g is added twice": 2 * torch.linalg.solve((torch.eye(3) - jacobian).T, self.g),
        }
        return {
            words: projected(torch.autograd.grad(after, self.weights, u, retain_graph=True)[0])
            for words, u in wrong.items()
        }


def projected(gradient: Any) -> Any:
    """One number that stands for a gradient (3, 3): its product with fixed random numbers; nothing stays nothing."""
    if gradient is None or gradient is ...:
        return gradient
    return (gradient * torch.randn(3, 3, generator=Generator().manual_seed(9))).sum().item()


def implicit_case() -> Case:
    """The case, always the same."""
    draws = Generator().manual_seed(5)
    x, g = torch.randn(3, generator=draws), torch.randn(3, generator=draws)
    square = torch.randn(3, 3, generator=draws)
    weights = (0.9 * square / torch.linalg.matrix_norm(square, 2)).requires_grad_()

    def step(z: Tensor, weights: Tensor) -> Tensor:
        return torch.tanh(weights @ z + x)

    z = torch.zeros(3)
    with torch.no_grad():
        for _ in range(400):
            z = step(z, weights)
    return Case(step, z, weights, g)
