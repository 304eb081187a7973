"""One optimizer step: AdamW for the weights, sign steps for an identity table, an exponential average.

Average: Jolicoeur-Martineau 2025 (TRM), section 4.7. Sign steps of the table: the code of that paper.

Shape letters: B slots, N rows of the table, D width.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

TABLE = "puzzles.weight"  # a model's identity table; neither AdamW nor the average includes it


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Optimizer settings. The budget is a number of steps, not of seconds, so the seed determines the result."""

    steps: int
    rate: float = 2e-3  # largest learning rate of AdamW
    warmup: int = 100  # steps of linear warm-up
    decay_last: float = 0.2  # share of the steps, at the end, with a tenth of the rate
    weight_decay: float = 2e-4  # AdamW's, on every weight including biases and embeddings
    betas: tuple[float, float] = (0.9, 0.999)
    clip: float | None = 1.0  # largest norm of the gradient; None: no clipping
    average: float = 0.0  # mu of the exponential average of the weights; 0: no average
    table_rate: float = (
        1e-4  # learning rate of the identity table, if any (1e-2 for ARC, which has a large table)
    )
    table_decay: float = 1.0  # weight decay of the identity table

    def rate_at(self, step: int) -> float:
        """Learning rate of optimizer step `step`, counted from 0."""
        late = step >= self.steps * (1 - self.decay_last)
        return self.rate * min(1.0, (step + 1) / max(1, self.warmup)) * (0.1 if late else 1.0)


class Stepper:
    """Updates a model in place according to a plan, and its averaged weights."""

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
        """One step down `loss`. If the model has a table, column 0 of `inputs` (B, ...) holds the rows used."""
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
    """row <- (1 - rate decay) row - rate sign(sum of its gradients), once for each row in `rows`."""
    assert table_ND.grad is not None
    used = rows.unique()
    # autograd sums the gradients of slots that share a row
    table_ND[used] = table_ND[used] * (1 - rate * decay) - rate * table_ND.grad[used].sign()


class Average:
    """The exponential average of a model's weights (without its table); the papers evaluate these weights.

    `share` is mu; if it is 0, the average equals the weights.
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
        """A context inside which the model has its averaged weights; afterwards it has its own again."""
        own = {name: value.detach().clone() for name, value in self.weights.items()}
        self.keep()
        try:
            yield
        finally:
            self._put(own)

    def keep(self) -> None:
        """Put the averaged weights into the model permanently."""
        self._put(self.slow)

    @torch.no_grad()
    def _put(self, values: dict[str, Tensor]) -> None:
        for name, value in values.items():
            self.weights[name].copy_(value)
