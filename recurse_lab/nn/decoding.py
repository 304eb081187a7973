"""The block of a decoder: attention among its own cells, attention to the cells of the encoder, a net for each cell.

Vaswani et al. 2017, "Attention Is All You Need", section 3.1; the gate is that of Csordás et al. 2022.

Shape letters: B batch, S source cells, C target cells, D width, H heads.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from recurse_lab.nn.gate import CellNet
from recurse_lab.nn.init import check_heads, uniform_


class CrossAttention(nn.Module):
    """Each target cell reads source cells by content alone.

    Raises:
        ValueError: `heads` is below 1, or `width` is not a multiple of `heads`.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        check_heads(width, heads)
        self.heads = heads
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        for weight in (self.query.weight, self.key_value.weight, self.out.weight):
            uniform_(weight, 2 * width)

    def forward(
        self,
        y_BCD: Float[Tensor, "B C D"],
        x_BSD: Float[Tensor, "B S D"],
        bias: Float[Tensor, "B 1 1 S"],
    ) -> Float[Tensor, "B C D"]:
        """Read the source; `bias` is minus infinity at its padding."""
        q = self.query(y_BCD).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        k, v = self.key_value(x_BSD).unflatten(-1, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        scores = q @ k.mT * q.shape[-1] ** -0.5 + bias
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


class DecoderBlock(nn.Module):
    """One step of the decoder, with a norm after each sum and, if asked for, a copy gate."""

    def __init__(self, attention: nn.Module, width: int, heads: int, hidden: int, gate: bool) -> None:
        super().__init__()
        self.attention, self.cross = attention, CrossAttention(width, heads)
        self.net = CellNet(width, hidden, (2**0.5, 5 / 3))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.gate_net = CellNet(width, width, (2**0.5, 1.0)) if gate else None
        if self.gate_net is not None:
            nn.init.constant_(self.gate_net.down.bias, -3.0)  # almost closed at first: cells keep their state

    def forward(
        self,
        y_BCD: Float[Tensor, "B C D"],
        x_BSD: Float[Tensor, "B S D"],
        bias: Float[Tensor, "H C C"] | None,
        padding: Float[Tensor, "B 1 1 S"],
    ) -> Float[Tensor, "B C D"]:
        """a = norm(y + own(y)); a = norm(a + cross(a, x)); y <- norm(a + net(a)), or gated as in `RoutedBlock`."""
        a_BCD = self.norms[0](y_BCD + self.attention(y_BCD, bias))
        a_BCD = self.norms[1](a_BCD + self.cross(a_BCD, x_BSD, padding))
        if self.gate_net is None:
            return self.norms[2](a_BCD + self.net(a_BCD))
        g_BCD = torch.sigmoid(self.gate_net(a_BCD))
        return g_BCD * self.norms[2](self.net(a_BCD)) + (1 - g_BCD) * y_BCD
