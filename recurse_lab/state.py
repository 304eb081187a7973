"""The one walker over states and contexts: trees of tensors in tuples, named tuples, lists and dictionaries.

Beside tensors a tree may hold plain values (layer counters, names, None) and generators, which are kept as they are.
Anything else is refused, so that a cache in a container of another kind is never skipped unnoticed.

Shape letter: B batch.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from jaxtyping import Num
from torch import Generator, Tensor

State: TypeAlias = Any  # a tree as above
PLAIN = (int, float, str, type(None), Generator)  # bool is an int


def map_state(function: Callable[..., Any], state: State, *others: State) -> State:
    """Apply `function` to each tensor of a state, together with its counterparts in other states of the same form.

    Plain values are those of `state`.

    Raises:
        TypeError: the state holds a container or value of an unknown kind.
        ValueError: the states differ in form.
    """
    if isinstance(state, Tensor):
        return function(state, *others)
    if isinstance(state, PLAIN):
        return state
    if isinstance(state, dict):
        if any(set(other) != set(state) for other in others):
            raise ValueError("states must have the same keys")
        return {key: map_state(function, state[key], *(other[key] for other in others)) for key in state}
    if isinstance(state, tuple | list):
        if any(len(other) != len(state) for other in others):
            raise ValueError("states must have the same number of parts")
        parts = [map_state(function, *group) for group in zip(state, *others, strict=True)]
        return type(state)(*parts) if hasattr(state, "_fields") else type(state)(parts)
    raise TypeError(
        f"a state may hold tensors and plain values in tuples, lists and dictionaries, not {type(state).__name__}"
    )


def detached(state: State) -> State:
    """The same state, cut off from the graph that made it."""
    return map_state(Tensor.detach, state)


def latent(state: State) -> Num[Tensor, "B N"]:
    """All tensors of a state, with one row of N numbers an example: what convergence is measured on."""
    parts: list[Tensor] = []
    map_state(lambda part: parts.append(part.reshape(len(part), -1)), state)
    return torch.cat(parts, dim=1)
