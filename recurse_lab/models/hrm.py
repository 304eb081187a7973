"""Hierarchical reasoning model: a fast network refines z, a slow one y; each gets one gradient step.

Wang et al. 2025, "Hierarchical reasoning model", section 2. In this package it is the tiny recursive model
with two changes: each latent has its own network, and the gradient flows through the last evaluation of each
network only (the one-step approximation of an equilibrium's gradient), not through a whole cycle. The paper's
hierarchy is thus a set of configuration values, and a chapter can measure the effect of each.
"""

from dataclasses import dataclass
from typing import Literal

from recurse_lab.models.trm import TRM, TRMConfig


@dataclass(frozen=True, kw_only=True)
class HRMConfig(TRMConfig):
    """Sizes of an `HRM`; all other fields are those of the tiny recursive model."""

    layers: tuple[int, ...] = (4, 4)  # f_L refines z, f_H refines y
    refinements: int = 2  # T in the paper: steps of the fast network per step of the slow one
    gradient: Literal["cycle", "last"] = "last"  # section 2, "approximate gradient"
    prefix: int = 1  # one token holds the puzzle's identity


class HRM(TRM):
    """A supervision step is `think(model, inputs, N, resume=..., grad_steps=1)` with N = 2 slow steps."""

    config: HRMConfig
