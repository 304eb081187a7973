"""Gated recurrent unit: the recurrence over positions, as a control for recursion over depth.

Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", section 2.3. One step of `think`
is one pass of a layer over all cells, from the first to the last.

Shape letters: B batch, C cells, D width, V symbols.
"""

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Generator, Tensor, nn

from recurse_lab.models.deep_thinking import Layered
from recurse_lab.nn.init import looked_up


@dataclass(frozen=True, kw_only=True)
class GRUConfig:
    """Sizes of a `GRUNet`."""

    symbols: int = 6  # V, of inputs and answers
    width: int = 16  # D; the smallest width of a first trial that answers prefix products in S3
    depth: int = 1  # layers, each a pass over all cells

    def __post_init__(self) -> None:
        """Check the sizes."""
        if min(self.symbols, self.width, self.depth) < 1:
            numbers = f"{self.symbols}, {self.width} and {self.depth}"
            raise ValueError(f"symbols, width and depth must be 1 or more, not {numbers}")

    @property
    def applications(self) -> int:
        """Number of passes in one answer: the steps to think."""
        return self.depth


class GRUNet(nn.Module):
    """Inputs are symbols (B, C), states (B, C, D), logits (B, C, V)."""

    def __init__(self, config: GRUConfig) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.symbols, config.width)
        self.layers = nn.ModuleList(
            nn.GRU(config.width, config.width, batch_first=True) for _ in range(config.depth)
        )
        self.head = nn.Linear(config.width, config.symbols)

    def start(
        self, inputs: Int[Tensor, "B C"], generator: Generator | None = None
    ) -> tuple[Layered, Float[Tensor, "B C D"]]:
        """The embedded symbols, as state and as context; no layer looks at the context.

        Raises:
            ValueError: a symbol is not in the table.
        """
        x_BCD = looked_up(self.embed, inputs, "symbols")
        return Layered(x_BCD, 0), x_BCD

    def step(self, state: Layered, context: Float[Tensor, "B C D"]) -> Layered:
        """h_c = GRU(z_c, h_(c-1)) from the first cell to the last, with the next layer; then z stays unchanged."""
        if state.layer >= self.config.depth:
            return state
        h_BCD, _ = self.layers[state.layer](state.z)
        return Layered(h_BCD, state.layer + 1)

    def read(self, state: Layered) -> Float[Tensor, "B C V"]:
        """Logits of every cell: a linear map."""
        return self.head(state.z)
