"""One optimiser step of a tiny recursive model: AdamW for the weights, signs for the identity table, a slow average.

Jolicoeur-Martineau 2025 (TRM), section 4.7 and the code's optimisers.

Shape letters: B slots, N rows of the table, D width.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

TABLE = "puzzles.weight"  # a model's identity table; it is neither averaged nor given to AdamW


@dataclass(frozen=True, kw_only=True)
class Optimiser:
    """Rates and decays of the published Sudoku recipe."""

    rate: float = 1e-4  # of AdamW
    betas: tuple[float, float] = (0.9, 0.95)
    weight_decay: float = 1.0  # on every weight, biases and embeddings included
    table_rate: float = 1e-4  # 1e-2 for ARC, whose table is large and seldom visited
    table_decay: float = 1.0
    average: float = 0.999  # mu of the slow average


class Stepper:
    """Steps a model in place and keeps the average of its weights."""

    def __init__(self, model: nn.Module, options: Optimiser) -> None:
        self.options = options
        named = dict(model.named_parameters())
        self.table = named.pop(TABLE, None)
        self.adam = torch.optim.AdamW(
            named.values(),
            lr=options.rate,
            betas=options.betas,
            weight_decay=options.weight_decay,
            fused=True,
        )
        self.average = Average(model, options.average)

    def step(self, loss: Float[Tensor, ""], rows: Int[Tensor, " B"] | None = None) -> None:
        """One step down `loss`; `rows` are the table's rows that the slots belong to."""
        self.adam.zero_grad()
        if self.table is not None:
            self.table.grad = None
        loss.backward()
        self.adam.step()
        if self.table is not None and rows is not None:
            sign_step(self.table, rows, self.options.table_rate, self.options.table_decay)
        self.average.update()


@torch.no_grad()
def sign_step(table_ND: nn.Parameter, rows: Int[Tensor, " B"], rate: float, decay: float) -> None:
    """row <- (1 - rate decay) row - rate sign(sum of its gradients), for the rows that were used, once each."""
    assert table_ND.grad is not None
    used = rows.unique()
    # autograd has summed the gradients of slots that share a row
    table_ND[used] = table_ND[used] * (1 - rate * decay) - rate * table_ND.grad[used].sign()


class Average:
    """The exponential average of a model's weights (without its table): what the papers evaluate."""

    def __init__(self, model: nn.Module, share: float) -> None:
        self.share = share
        self.weights = {name: value for name, value in model.named_parameters() if name != TABLE}
        self.slow = {name: value.detach().clone() for name, value in self.weights.items()}

    @torch.no_grad()
    def update(self) -> None:
        """slow <- (1 - mu) weights + mu slow, after each optimiser step."""
        for name, value in self.weights.items():
            self.slow[name].lerp_(value, 1 - self.share)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The model has its averaged weights inside, and its own again afterwards."""
        own = {name: value.detach().clone() for name, value in self.weights.items()}
        self._put(self.slow)
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
