"""Every model of this book is a state that is refined again and again, and `think` is the only loop.

A model is any object with three functions:

    start(inputs)  -> state, context      embed the input once, choose a first state
    step(state, context) -> state         refine the state, with the same weights each time
    read(state)    -> logits              read an answer off any state

Shape letters: B batch, C cells, D width, V classes.
"""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Generator, Tensor

from recurse_lab.state import State, map_state


@runtime_checkable
class Recurrence(Protocol):
    """The three functions; a state is explicit, returned, and never stored on the model."""

    def start(self, inputs: Tensor, generator: Generator | None = None) -> tuple[State, Any]:
        """Embed `inputs` (B, ...cells) once; `generator` draws a random first state, None takes its mean."""
        ...

    def step(self, state: State, context: Any) -> State:
        """One refinement of `state`, given the embedded input."""
        ...

    def read(self, state: State) -> Tensor:
        """Logits (B, ...cells, V) of the answer that `state` holds."""
        ...


class Thought(NamedTuple):
    """One state of a stream: `step` refinements after the start; `logits` only where they were asked for."""

    step: int
    state: State
    logits: Tensor | None


def think(
    model: Recurrence,
    inputs: Tensor,
    steps: int,
    *,
    resume: Thought | None = None,
    read: bool | Collection[int] = False,
    grad_steps: int | None = None,
    generator: Generator | None = None,
) -> Iterator[Thought]:
    """Yield the thoughts of `steps` refinements of `inputs`, in order.

    A fresh stream begins with thought 0, the start state; a resumed one with the thought after
    `resume`, so that running through and resuming give the same thoughts.

    Args:
        steps: number of refinements to make, at least 0.
        resume: continue after this thought (its state may be made by hand) instead of starting afresh.
        read: True reads the answer off every thought, a collection only off those step numbers.
        grad_steps: let gradients flow through the last `grad_steps` refinements only (truncated
            back-propagation; refinements before them build no graph). None: through all of them. A resumed
            state is detached only if some refinements are cut off; detach it yourself to carry it across
            training steps.
        generator: source of a random first state, for models that have one.

    Raises:
        ValueError: `steps` or `grad_steps` is negative.
    """
    for name, value in (("steps", steps), ("grad_steps", grad_steps)):
        if value is not None and value < 0:
            raise ValueError(f"{name} must be 0 or more, not {value}")
    return _thoughts(model, inputs, steps, resume, read, grad_steps, generator)


def _thoughts(
    model: Recurrence,
    inputs: Tensor,
    steps: int,
    resume: Thought | None,
    read: bool | Collection[int],
    grad_steps: int | None,
    generator: Generator | None,
) -> Iterator[Thought]:
    first = resume.step if resume else 0
    last = first + steps
    without_grad = 0 if grad_steps is None else steps - min(steps, grad_steps)

    def thought(number: int, state: State) -> Thought:
        wanted = read if isinstance(read, bool) else number in read
        return Thought(number, state, model.read(state) if wanted else None)

    # Modes are entered for one call at a time: a `with` around a `yield` would leak into the consumer.
    with torch.set_grad_enabled(torch.is_grad_enabled() and grad_steps != 0):
        state, context = model.start(inputs, generator)
        current = resume or thought(0, state)
    if without_grad:
        current = current._replace(state=map_state(torch.Tensor.detach, current.state))
    if resume is None:
        yield current
    for number in range(first + 1, last + 1):
        with torch.set_grad_enabled(torch.is_grad_enabled() and number > first + without_grad):
            current = thought(number, model.step(current.state, context))
        yield current


def settle(model: Recurrence, inputs: Tensor, steps: int, **options: Any) -> Thought:
    """The last thought of `think(...)`, read: what the model answers after `steps` refinements."""
    last: Any = options.get("resume")
    final = steps + (last.step if last else 0)
    for thought in think(model, inputs, steps, read={final}, **options):
        last = thought  # holds one thought at a time
    return last if last.logits is not None else last._replace(logits=model.read(last.state))
