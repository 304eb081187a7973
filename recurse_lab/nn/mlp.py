"""The gated MLP that all transformer blocks use.

Shape letter: D width.
"""

import math

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class GatedMLP(nn.Module):
    """SwiGLU: down(silu(gate x) * up x) (Shazeer 2020, GLU variants, eq. 6)."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gate_up = nn.Linear(width, 2 * hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x: Float[Tensor, "... D"]) -> Float[Tensor, "... D"]:
        """Transform each cell separately."""
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


def hidden_width(width: int, expansion: float = 4.0, multiple: int = 256) -> int:
    """Inner width of SwiGLU: 2/3 of `expansion` x width, rounded to an integer, then up to a multiple of `multiple`."""
    return math.ceil(round(expansion * width * 2 / 3) / multiple) * multiple
