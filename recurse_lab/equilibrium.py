"""Equilibrium models: think until the state stands still, and differentiate the point where it stands.

A step f with weights w settles at z* = f(z*, w). Bai, Kolter & Koltun 2019 (deep equilibrium models) find z* by
any solver, here by plain iteration, and get its gradient from z* alone (implicit function theorem):

    dL/dw = u df/dw,    u = g + u J,    g = dL/dz*,    J = df/dz at z*

u is solved by iteration too. The iterations keep no graph, so memory does not grow with their number.

Shape letters: B batch, N numbers of one example's state.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor
from torch.autograd.function import once_differentiable

from recurse_lab.recurrence import Recurrence, Thought, think
from recurse_lab.state import State, detached, latent, map_state

Floats = tuple[Tensor, ...]  # the floating-point tensors of a state


def equilibrium(
    model: Recurrence,
    inputs: Any,
    *,
    tolerance: float = 1e-6,
    most: int = 500,
    generator: Generator | None = None,
) -> Thought:
    """Iterate `model` until its state settles; return that thought, with its output and implicit gradients.

    Gradients reach the weights of embedding, step and read, and the inputs. Layer counters and other plain
    values of a state keep counting; an untied net settles in its last block.

    Args:
        tolerance: largest relative change |z - before| / |z| of every example in the last iteration, and of u
            in the backward pass.
        most: most iterations, forward and backward.
        generator: draws a random first state.

    Raises:
        ValueError: `tolerance` or `most` is out of range, a number is not finite, the iteration does not
            settle (the backward one raises this from `backward()`), or the step adds terms to the loss.
    """
    check(tolerance, most)
    first = next(think(model, inputs, 0, generator=generator))
    thoughts = think(model, inputs, most, resume=first, grad_steps=0)
    settled = _settled(thoughts, detached(first.state), tolerance)
    still = settled._replace(state=detached(settled.state))
    last = _next(model, inputs, still)
    if last.terms:
        raise ValueError("an equilibrium needs a step without loss terms; train this model over its steps")
    solver = Solver(lambda: _times_jacobian(model, inputs, still), tolerance, most)
    state = _with_floats(last.state, Implicit.apply(solver, *_floats(last.state)))
    return last._replace(state=state, output=model.read(state))


def check(tolerance: float, most: int) -> None:
    """Check the settings of a solver.

    Raises:
        ValueError: `tolerance` is not finite and above 0, or `most` is below 1.
    """
    if not 0 < tolerance < float("inf"):
        raise ValueError(f"tolerance must be a number above 0, not {tolerance}")
    if most < 1:
        raise ValueError(f"most must be 1 iteration or more, not {most}")


class Solver(NamedTuple):
    """What the backward pass needs: how to make the map u -> u J, and when to stop."""

    times_jacobian: Callable[[], Callable[[Floats], Floats]]
    tolerance: float
    most: int


class Implicit(torch.autograd.Function):
    """Forward: the parts of f(z*) unchanged. Backward: g -> u = g (1 - J)^-1, by the iteration u <- g + u J."""

    @staticmethod
    def forward(ctx: Any, solver: Solver, *parts: Tensor) -> Floats:
        """Keep the solver; no tensor is saved."""
        ctx.solver = solver
        return tuple(part.view_as(part) for part in parts)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *g: Tensor) -> tuple[Tensor | None, ...]:
        """Solve for u.

        Raises:
            ValueError: the iteration does not settle.
        """
        times_jacobian, u = ctx.solver.times_jacobian(), g
        for _ in range(ctx.solver.most):
            before, u = u, tuple(map(torch.add, g, times_jacobian(u)))
            change = _change(latent(u), latent(before))
            if change <= ctx.solver.tolerance:
                return None, *u
        raise ValueError(_trouble("gradient", change, ctx.solver.most, ctx.solver.tolerance))


def _times_jacobian(model: Recurrence, inputs: Any, still: Thought) -> Callable[[Floats], Floats]:
    """The map u -> u J at a state; its graph holds one step."""
    with torch.enable_grad():
        z = tuple(part.detach().requires_grad_() for part in _floats(still.state))
        f = _floats(_next(model, inputs, still._replace(state=_with_floats(still.state, z))).state)
    depend = [number for number, part in enumerate(f) if part.requires_grad]

    def times(u: Floats) -> Floats:
        if not depend:
            return tuple(map(torch.zeros_like, u))
        ours, theirs = [f[number] for number in depend], [u[number] for number in depend]
        return torch.autograd.grad(ours, z, theirs, retain_graph=True, materialize_grads=True)

    return times


def _settled(thoughts: Iterator[Thought], state: State, tolerance: float) -> Thought:
    """The first thought in which no example moved by more than `tolerance`."""
    before = latent(state)
    for thought in thoughts:
        z = latent(thought.state)
        change = _change(z, before)
        if change <= tolerance:
            return thought
        if not torch.isfinite(z).all():
            raise ValueError(
                f"the state is not finite after iteration {thought.step}; the inputs must be finite, "
                "and the step a contraction"
            )
        before = z
    raise ValueError(_trouble("state", change, thought.step, tolerance))


def _trouble(what: str, change: float, iterations: int, tolerance: float) -> str:
    return (
        f"the {what} still changes by {change:.1e} after {iterations} iterations, more than the tolerance "
        f"{tolerance:.0e}; allowed are steps that contract, or a larger tolerance or most"
    )


def _change(z: Float[Tensor, "B N"], before: Float[Tensor, "B N"]) -> float:
    """Largest |z - before| / |z| of all examples; NaN if a number is not finite."""
    return ((z - before).norm(dim=1) / z.norm(dim=1).clamp_min(1e-12)).max().item()


def _next(model: Recurrence, inputs: Any, thought: Thought) -> Thought:
    return next(think(model, inputs, 1, resume=thought))


def _floats(state: State) -> Floats:
    """The floating-point tensors of a state, in order."""
    parts: list[Tensor] = []
    map_state(lambda part: parts.append(part) if part.is_floating_point() else None, state)
    return tuple(parts)


def _with_floats(state: State, parts: Floats) -> State:
    """The state with other floating-point tensors."""
    others = iter(parts)
    return map_state(lambda part: next(others) if part.is_floating_point() else part, state)
