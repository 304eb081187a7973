"""The block of the neural data router: attention, a small net for each cell, and a gate that keeps the old state.

Csordás et al. 2022, "The Neural Data Router", section 3.1; without dropout.

Shape letters: B batch, C cells, D width.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from recurse_lab.nn.init import uniform_

Norm = Literal["post", "pre"]
NORMS = ("post", "pre")


class CellNet(nn.Module):
    """Two linear maps with a ReLU between them, for each cell alone."""

    def __init__(self, width: int, hidden: int, gains: tuple[float, float]) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(width, hidden), nn.Linear(hidden, width)
        for layer, gain in zip((self.up, self.down), gains, strict=True):
            uniform_(layer.weight, width + hidden, gain)

    def forward(self, x: Float[Tensor, "... D"]) -> Float[Tensor, "... D"]:
        """down(relu(up x))."""
        return self.down(torch.relu(self.up(x)))


class RoutedBlock(nn.Module):
    """One step of the router. Without a gate it is the usual transformer block, with its norms after or before."""

    def __init__(
        self, attention: nn.Module, width: int, hidden: int, gate: bool = False, norm: Norm = "post"
    ) -> None:
        super().__init__()
        self.attention, self.norm = attention, norm
        self.net = CellNet(width, hidden, (2**0.5, 5 / 3))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.gate_net = CellNet(width, width, (2**0.5, 1.0)) if gate else None
        if self.gate_net is not None:
            nn.init.constant_(self.gate_net.down.bias, -3.0)  # almost closed at first: cells keep their state

    def forward(
        self, h_BCD: Float[Tensor, "B C D"], bias: Float[Tensor, "..."] | None = None
    ) -> Float[Tensor, "B C D"]:
        """a = norm(h + attention(h)); u = norm(net(a)); g = sigmoid(gate(a)); h <- g u + (1 - g) h."""
        if self.norm == "pre":
            h_BCD = h_BCD + self.attention(self.norms[0](h_BCD), bias)
            return h_BCD + self.net(self.norms[1](h_BCD))
        a_BCD = self.norms[0](h_BCD + self.attention(h_BCD, bias))
        if self.gate_net is None:
            return self.norms[1](a_BCD + self.net(a_BCD))
        g_BCD = torch.sigmoid(self.gate_net(a_BCD))
        return g_BCD * self.norms[1](self.net(a_BCD)) + (1 - g_BCD) * h_BCD

    def openness(
        self, h_BCD: Float[Tensor, "B C D"], bias: Float[Tensor, "..."] | None = None
    ) -> Float[Tensor, "B C"]:
        """How far the gate of each cell is open, 0 to 1, mean over the width.

        Raises:
            ValueError: the block has no gate.
        """
        if self.gate_net is None:
            raise ValueError("this block has no gate")
        return torch.sigmoid(self.gate_net(self.norms[0](h_BCD + self.attention(h_BCD, bias)))).mean(-1)
