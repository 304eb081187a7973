"""Every model of this book refines a state again and again; `think` is the only loop that does so.

A model is any object with three functions:

    start(inputs)  -> state, context      embed the input once, make the first state
    step(state, context) -> state         refine the state; recurrent models share the weights of all steps
    read(state)    -> output              read the answer off any state: logits, or numbers

Shape letters: B batch, C cells, V classes.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Generator, Tensor

from recurse_lab.state import State, detached


@runtime_checkable
class Recurrence(Protocol):
    """The three functions of a model. They return the state; the model never stores it."""

    def start(self, inputs: Any, generator: Generator | None = None) -> tuple[State, Any]:
        """Embed `inputs` (B, ...cells) once and make the first state; return state and context.

        `generator` draws every random number of the stream: a random first state, and the random numbers of
        the steps (the model then keeps the generator in the context). None replaces each draw by its mean.
        """
        ...

    def step(self, state: State, context: Any) -> "State | Refined":
        """Refine `state` once; `context` holds the embedded input."""
        ...

    def read(self, state: State) -> Tensor:
        """Read the answer off `state`: logits (B, ...cells, V), or numbers (B, ...cells)."""
        ...


class Refined(NamedTuple):
    """The return value of a step that adds terms to the loss: its state and the terms."""

    state: State
    terms: Mapping[
        str, Tensor
    ]  # name -> (B,): the objective adds them to the loss; for example KL divergences


class Thought(NamedTuple):
    """One state of a stream, `step` refinements after the start."""

    step: int
    state: State
    output: Tensor | None = None  # the answer, if `think` was asked to read it
    context: Any = None  # the embedded input; if None, resuming embeds the input again
    terms: Mapping[str, Tensor] = {}  # name -> (B,): loss terms, summed over the steps of this stream


def think(
    model: Recurrence,
    inputs: Any,
    steps: int,
    *,
    resume: Thought | None = None,
    read: bool | Collection[int] = False,
    grad_steps: int | None = None,
    generator: Generator | None = None,
) -> Iterator[Thought]:
    """Yield the thoughts of `steps` refinements of `inputs`, in order.

    A fresh stream begins with thought 0, the start state. A resumed stream begins with the thought after
    `resume`. One long stream and two shorter ones, the second resumed, give the same thoughts.

    Args:
        steps: number of refinements to make, at least 0.
        resume: continue after this thought instead of starting afresh. The stream uses the thought's context
            as is. If the context is None, `model.start` embeds `inputs` again; its first state is ignored.
        read: True reads the answer off every thought; a collection, only at those step numbers.
        grad_steps: let gradients flow through the last `grad_steps` refinements only (truncated
            back-propagation); earlier refinements build no graph. The embedding keeps its graph unless
            `grad_steps` is 0. None: gradients flow through all refinements. A resumed state is detached only
            if some refinements are cut off; detach it yourself to carry it across training steps.
        generator: draws the random numbers of a fresh stream. A resumed stream uses the generator in its
            context.

    Raises:
        ValueError: `steps` or `grad_steps` is negative.
    """
    for name, value in (("steps", steps), ("grad_steps", grad_steps)):
        if value is not None and value < 0:
            raise ValueError(f"{name} must be 0 or more, not {value}")
    return _thoughts(model, inputs, steps, resume, read, grad_steps, generator)


def _thoughts(
    model: Recurrence,
    inputs: Any,
    steps: int,
    resume: Thought | None,
    read: bool | Collection[int],
    grad_steps: int | None,
    generator: Generator | None,
) -> Iterator[Thought]:
    first = resume.step if resume else 0
    last = first + steps
    without_grad = 0 if grad_steps is None else steps - min(steps, grad_steps)

    def thought(number: int, state: State, terms: Mapping[str, Tensor]) -> Thought:
        wanted = read if isinstance(read, bool) else number in read
        return Thought(number, state, model.read(state) if wanted else None, context, terms)

    # Set the gradient mode for one call at a time: a `with` around a `yield` would leak into the consumer.
    with torch.set_grad_enabled(torch.is_grad_enabled() and grad_steps != 0):
        if resume is None:
            state, context = model.start(inputs, generator)
            current = thought(0, state, {})
        else:
            context = model.start(inputs, generator)[1] if resume.context is None else resume.context
            current = resume._replace(terms={})
    if without_grad:
        current = current._replace(state=detached(current.state))
    if resume is None:
        yield current
    for number in range(first + 1, last + 1):
        with torch.set_grad_enabled(torch.is_grad_enabled() and number > first + without_grad):
            refined = model.step(current.state, context)
            if isinstance(refined, Refined):
                current = thought(number, refined.state, _sum(current.terms, refined.terms))
            else:
                current = thought(number, refined, current.terms)
        yield current


def settle(model: Recurrence, inputs: Any, steps: int, **options: Any) -> Thought:
    """Return the last thought of `think(...)` with its output: the answer after `steps` refinements.

    Args:
        options: options of `think` other than `read`.

    Raises:
        ValueError: `steps` or `grad_steps` is negative.
    """
    last: Any = options.get("resume")
    final = steps + (last.step if last else 0)
    for thought in think(model, inputs, steps, read={final}, **options):
        last = thought  # keep only one thought in memory
    return last if last.output is not None else last._replace(output=model.read(last.state))


def _sum(so_far: Mapping[str, Tensor], new: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    return {name: value + so_far[name] if name in so_far else value for name, value in new.items()}
