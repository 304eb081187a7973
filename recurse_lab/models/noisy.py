"""A tiny recursive model with undirected noise: it adds chance to the recursion and learns nothing about it.

Noise before every cycle without training: Sghaier et al. 2026 (PTRM), arXiv:2605.19943. A random first state:
Baek et al. 2026 (GRAM), Table 3. Dropout that stays on: Gal and Ghahramani 2016, arXiv:1506.02142.

Shape letters: B batch, L cells, C tokens (prefix first), D width.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from recurse_lab.models.trm import TRM, TRMConfig
from recurse_lab.models.trm import Context as Cycle
from recurse_lab.state import map_state


@dataclass(frozen=True, kw_only=True)
class NoisyConfig(TRMConfig):
    """A `TRMConfig` and three kinds of noise; 0 switches a kind off, and all off give the tiny recursive model."""

    start: float = 0.0  # deviation of the noise added to the first state, whose numbers have size 1
    every_step: float = 0.0  # deviation of the noise added to the state before each cycle
    dropout: float = 0.0  # share set to 0 before each cycle; the others grow by 1 / (1 - share)


class Context(NamedTuple):
    """The embedded board, and the generator of the noise; None: no noise."""

    cycle: Cycle
    generator: Generator | None


class Noisy(TRM):
    """As `TRM`; noise comes from the generator that `think` is given, in training and in use alike.

    Raises:
        ValueError: a deviation is below 0, the dropout is not from 0 to below 1, or `TRM` refuses the rest.
    """

    def __init__(self, config: NoisyConfig, relations: Float[Tensor, "R L L"] | None = None) -> None:
        if min(config.start, config.every_step) < 0 or not 0 <= config.dropout < 1:
            raise ValueError(
                "noise must be 0 or more and dropout from 0 to below 1, "
                f"not {config.start}, {config.every_step} and {config.dropout}"
            )
        super().__init__(config, relations)
        self.noise = config

    def start(self, inputs: Int[Tensor, "B L"], generator: Generator | None = None) -> tuple[Any, Any]:
        """The fixed first state with its noise; ValueError as in `TRM`."""
        state, cycle = super().start(inputs)
        return _shaken(state, self.noise.start, generator), Context(cycle, generator)

    def step(self, state: Any, context: Any) -> Any:
        """One cycle, after the state's noise."""
        generator, share = context.generator, self.noise.dropout
        state = _shaken(state, self.noise.every_step, generator)
        if share and generator is not None:
            state = map_state(lambda part: part * _kept(part, share, generator), state)
        return super().step(state, context.cycle)


def _shaken(state: Any, deviation: float, generator: Generator | None) -> Any:
    if not deviation or generator is None:
        return state
    return map_state(lambda part: part + deviation * torch.randn(part.shape, generator=generator), state)


def _kept(part: Tensor, share: float, generator: Generator) -> Tensor:
    return (torch.rand(part.shape, generator=generator) >= share).to(part.dtype) / (1 - share)
