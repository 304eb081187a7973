"""Compute a part of `nn` in another way for a while: how `kernels` offers faster passes without being known here."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any

from torch import Tensor, nn

Way = Callable[..., Any]  # (part, *inputs of its forward pass) -> what the pass returns, or NotImplemented

_ways: ContextVar[Mapping[type, Way]] = ContextVar("ways", default={})  # noqa: B039 (never changed in place)


@contextmanager
def computed_by(ways: Mapping[type, Way]) -> Iterator[None]:
    """Inside, modules of exactly these classes are computed by these functions."""
    token = _ways.set({**_ways.get(), **ways})
    try:
        yield
    finally:
        _ways.reset(token)


def overridable(forward: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Let a forward method give way to the function that `computed_by` names for the module's class.

    Where there is none, or where it returns NotImplemented, the method itself is used.
    """

    @wraps(forward)
    def forward_or_way(self: nn.Module, *inputs: Any) -> Tensor:
        way = _ways.get().get(type(self))
        found = NotImplemented if way is None else way(self, *inputs)
        return forward(self, *inputs) if found is NotImplemented else found

    return forward_or_way
