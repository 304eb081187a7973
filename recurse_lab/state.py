"""Map a function over states and contexts: trees of tensors in tuples, named tuples, lists, dictionaries.

A tree may also hold plain values (layer counters, names, None) and generators; they stay unchanged.
`map_state` raises an error at anything else, so it never skips tensors in an unknown container.

Shape letters: B batch, N numbers of one example's state.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from jaxtyping import Num
from torch import Generator, Tensor

State: TypeAlias = Any  # a tree as described above
PLAIN = (int, float, str, type(None), Generator)  # bool is an int


def map_state(function: Callable[..., Any], state: State, *others: State) -> State:
    """Apply `function` to each tensor of `state` and the tensors at the same place in `others`.

    The result has the form of `state`, and its plain values.

    Raises:
        TypeError: the state holds a container or value of an unknown type.
        ValueError: the states have different keys or numbers of parts.
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
    """Detach every tensor of a state from its autograd graph."""
    return map_state(Tensor.detach, state)


def latent(state: State) -> Num[Tensor, "B N"]:
    """Concatenate all tensors of a state, one row of N numbers per example, to measure convergence."""
    parts: list[Tensor] = []
    map_state(lambda part: parts.append(part.reshape(len(part), -1)), state)
    return torch.cat(parts, dim=1)
