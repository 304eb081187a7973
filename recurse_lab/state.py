"""The one walker over states: trees of tensors, in tuples, lists and dictionaries.

Shape letter: B batch.
"""

from typing import Any, TypeAlias

import torch
from torch import Tensor

State: TypeAlias = Any  # a tensor, or a (named) tuple that holds tensors and layer counters


def map_state(function: Any, state: State) -> State:
    """Apply `function` to each tensor of a state and keep everything else as it is."""
    if isinstance(state, Tensor):
        return function(state)
    if isinstance(state, tuple):
        parts = [map_state(function, part) for part in state]
        return type(state)(*parts) if hasattr(state, "_fields") else tuple(parts)
    return state


def latent(state: State) -> Tensor:
    """All tensors of a state as one row per example, (B, numbers): what convergence is measured on."""
    if isinstance(state, Tensor):
        return state.flatten(1)
    return torch.cat([latent(part) for part in state if isinstance(part, Tensor | tuple)], dim=1)
