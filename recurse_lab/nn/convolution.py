"""Convolutions that keep the number of cells, in one or two dimensions.

Shape letters: B batch, D width, *C cells.
"""

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn


def conv(dims: int, wide_in: int, wide_out: int, dilation: int = 1) -> nn.Module:
    """A 3-wide convolution without bias over 1 or 2 dimensions that keeps the number of cells."""
    if dims not in (1, 2):
        raise ValueError(f"dims must be 1 or 2, not {dims}")
    kind = nn.Conv1d if dims == 1 else nn.Conv2d
    return kind(wide_in, wide_out, 3, padding=dilation, dilation=dilation, bias=False)


class ResidualConv(nn.Module):
    """Two convolutions, each followed by group norm (left out when `groups` is 0), around a skip.

    He et al. 2016 with the group norm of Wu and He 2018; the block of Schwarzschild et al. 2021.
    """

    def __init__(self, dims: int, width: int, groups: int, dilation: int = 1) -> None:
        super().__init__()
        self.convs = nn.ModuleList(conv(dims, width, width, dilation) for _ in range(2))
        self.norms = nn.ModuleList(nn.GroupNorm(groups, width) if groups else nn.Identity() for _ in range(2))

    def forward(self, x: Float[Tensor, "B D *C"]) -> Float[Tensor, "B D *C"]:
        """ReLU inside, and after the sum."""
        inner = self.norms[0](self.convs[0](x)).relu()
        return (x + self.norms[1](self.convs[1](inner))).relu()


def conv_head(dims: int, width: int, classes: int) -> nn.Sequential:
    """Three convolutions that turn a state into logits, narrowing by half on the way."""
    sizes = (width, width, width // 2, classes)
    layers: list[nn.Module] = []
    for wide_in, wide_out in pairwise(sizes):
        layers += [conv(dims, wide_in, wide_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
