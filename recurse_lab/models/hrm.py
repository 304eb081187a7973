"""Hierarchical reasoning model: a fast network refines z, a slow one y, and only the last of each is trained.

Wang et al. 2025, "Hierarchical reasoning model", section 2. Seen from here it is the tiny recursive model with
two changes: each role has a network of its own, and the gradient goes back through the last evaluation of each
(the one-step approximation of an equilibrium's gradient) instead of through a whole cycle. What the paper calls
hierarchy is thus a choice of numbers, and a chapter can ask what each of them is worth.
"""

from dataclasses import dataclass
from typing import Literal

from recurse_lab.models.trm import TRM, TRMConfig


@dataclass(frozen=True, kw_only=True)
class HRMConfig(TRMConfig):
    """Sizes of an `HRM`; what is not said here is as in the tiny recursive model."""

    layers: tuple[int, ...] = (4, 4)  # f_L refines z, f_H refines y
    refinements: int = 2  # the paper's T: steps of the fast network for each of the slow one
    gradient: Literal["cycle", "last"] = "last"  # section 2, "approximate gradient"
    prefix: int = 1  # one token holds the puzzle's identity


class HRM(TRM):
    """A supervision step is `think(model, inputs, N, resume=..., grad_steps=1)` with N = 2 slow cycles."""

    config: HRMConfig
