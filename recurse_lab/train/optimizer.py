"""One optimizer step: AdamW for the weights, signs for an identity table, a slow average.

The table and the average are those of Jolicoeur-Martineau 2025 (TRM), section 4.7, and of its code.

Shape letters: B slots, N rows of the table, D width.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

TABLE = "puzzles.weight"  # a model's identity table; it is neither averaged nor given to AdamW


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How to optimize; a budget is a number of steps, never of seconds, so that a seed fixes the result."""

    steps: int
    rate: float = 2e-3  # peak learning rate of AdamW
    warmup: int = 100  # steps of linear warm-up
    decay_last: float = 0.2  # the rate is ten times smaller for this last share of the steps
    weight_decay: float = 2e-4  # on every weight, biases and embeddings included
    betas: tuple[float, float] = (0.9, 0.999)
    clip: float | None = 1.0  # largest norm of the gradient; None: as it comes
    average: float = 0.0  # mu of the slow average that training ends with; 0 ends with the last weights
    table_rate: float = (
        1e-4  # of the identity table, where the model has one (1e-2 for ARC, whose table is large)
    )
    table_decay: float = 1.0

    def rate_at(self, step: int) -> float:
        """Learning rate of optimizer step `step`, counted from 0."""
        late = step >= self.steps * (1 - self.decay_last)
        return self.rate * min(1.0, (step + 1) / max(1, self.warmup)) * (0.1 if late else 1.0)


class Stepper:
    """Steps a model in place by a plan, and keeps the average of its weights."""

    def __init__(self, model: nn.Module, plan: Plan) -> None:
        self.plan, self.taken = plan, 0
        named = dict(model.named_parameters())
        self.all_weights = list(named.values())
        self.table = named.pop(TABLE, None)
        self.adam = torch.optim.AdamW(
            named.values(), lr=plan.rate, weight_decay=plan.weight_decay, betas=plan.betas, fused=True
        )
        self.average = Average(model, plan.average)

    def step(self, loss: Float[Tensor, ""], inputs: Any = None) -> None:
        """One step down `loss`. Of a model with a table, `inputs` begin with the column of the rows they used."""
        self.adam.param_groups[0]["lr"] = self.plan.rate_at(self.taken)
        self.adam.zero_grad()
        if self.table is not None:
            self.table.grad = None
        loss.backward()
        if self.plan.clip is not None:
            nn.utils.clip_grad_norm_(self.all_weights, self.plan.clip)
        self.adam.step()
        if self.table is not None and inputs is not None:
            sign_step(self.table, inputs[:, 0], self.plan.table_rate, self.plan.table_decay)
        self.average.update()
        self.taken += 1


@torch.no_grad()
def sign_step(table_ND: nn.Parameter, rows: Int[Tensor, " B"], rate: float, decay: float) -> None:
    """row <- (1 - rate decay) row - rate sign(sum of its gradients), for the rows that were used, once each."""
    assert table_ND.grad is not None
    used = rows.unique()
    # autograd has summed the gradients of slots that share a row
    table_ND[used] = table_ND[used] * (1 - rate * decay) - rate * table_ND.grad[used].sign()


class Average:
    """The exponential average of a model's weights (without its table): what the papers evaluate.

    With a share mu of 0 there is none: the average is the weights themselves.
    """

    def __init__(self, model: nn.Module, share: float) -> None:
        self.share = share
        self.weights = {name: value for name, value in model.named_parameters() if name != TABLE}
        self.slow = {name: value.detach().clone() for name, value in self.weights.items()} if share else {}

    @torch.no_grad()
    def update(self) -> None:
        """slow <- (1 - mu) weights + mu slow, after each optimizer step."""
        if self.share:
            torch._foreach_lerp_(list(self.slow.values()), list(self.weights.values()), 1 - self.share)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The model has its averaged weights inside, and its own again afterwards."""
        own = {name: value.detach().clone() for name, value in self.weights.items()}
        self.keep()
        try:
            yield
        finally:
            self._put(own)

    def keep(self) -> None:
        """The model has its averaged weights from now on."""
        self._put(self.slow)

    @torch.no_grad()
    def _put(self, values: dict[str, Tensor]) -> None:
        for name, value in values.items():
            self.weights[name].copy_(value)
