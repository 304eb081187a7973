"""Convolutions over one or two dimensions; they keep the number of cells.

Shape letters: B batch, D width, *C cells.
"""

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn


def conv(dims: int, wide_in: int, wide_out: int, dilation: int = 1) -> nn.Module:
    """Build a 3-wide convolution without bias over 1 or 2 dimensions; it keeps the number of cells.

    Raises:
        ValueError: `dims` is neither 1 nor 2.
    """
    if dims not in (1, 2):
        raise ValueError(f"dims must be 1 or 2, not {dims}")
    kind = nn.Conv1d if dims == 1 else nn.Conv2d
    return kind(wide_in, wide_out, 3, padding=dilation, dilation=dilation, bias=False)


class ResidualConv(nn.Module):
    """Residual block of two convolutions, each followed by group norm (no norm if `groups` is 0).

    He et al. 2016, with the group norm of Wu and He 2018; Schwarzschild et al. 2021 use this block.
    """

    def __init__(self, dims: int, width: int, groups: int, dilation: int = 1) -> None:
        super().__init__()
        self.convs = nn.ModuleList(conv(dims, width, width, dilation) for _ in range(2))
        self.norms = nn.ModuleList(nn.GroupNorm(groups, width) if groups else nn.Identity() for _ in range(2))

    def forward(self, x: Float[Tensor, "B D *C"]) -> Float[Tensor, "B D *C"]:
        """relu(x + norm(conv(relu(norm(conv(x))))))."""
        inner = self.norms[0](self.convs[0](x)).relu()
        return (x + self.norms[1](self.convs[1](inner))).relu()


def conv_head(dims: int, width: int, classes: int) -> nn.Sequential:
    """Build three convolutions from a state (B, width, *C) to logits (B, classes, *C); the second halves the width."""
    sizes = (width, width, width // 2, classes)
    layers: list[nn.Module] = []
    for wide_in, wide_out in pairwise(sizes):
        layers += [conv(dims, wide_in, wide_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
