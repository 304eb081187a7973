"""Binary trees as places of a full tree, level by level: shapes drawn at random, and their prefix order.

Place h has its children at 2 h + 1 and 2 h + 2. A tree has one such layout, so that it is the canonical form
by which splits are kept apart.

Shape letters: B batch, H places of a full tree of depth L (2^(L+1) - 1), N nodes.
"""

from functools import cache

import torch
from jaxtyping import Int
from torch import Generator, Tensor

ABSENT = -1
ROOT, LEFT, RIGHT, PADDING = range(4)  # sides of a node


def drawn_shape(count: int, depth: int, generator: Generator) -> Int[Tensor, "B H"]:
    """Random trees of exactly this depth: 1 inner node, 0 leaf, -1 no node.

    A node with k levels to go has a child with k - 1 to go, left or right with equal chance; the number of levels
    of the other child is drawn from 0 to k - 1.
    """
    going_BH = torch.full((count, 2 ** (depth + 1) - 1), ABSENT)  # levels to go
    going_BH[:, 0] = depth
    for level in range(depth):
        places = torch.arange(2**level - 1, 2 ** (level + 1) - 1)
        going = going_BH[:, places]
        size = going.shape
        other = (torch.rand(size, generator=generator) * going.clamp_min(1)).long()
        left_is_long = torch.rand(size, generator=generator) < 0.5
        pair = (going - 1, other)
        for child, swapped in ((1, left_is_long), (2, ~left_is_long)):
            drawn = torch.where(swapped, *pair)
            going_BH[:, 2 * places + child] = torch.where(going > 0, drawn, ABSENT)
    return going_BH.clamp_max(1)


@cache
def prefix_places(places: int) -> Int[Tensor, " H"]:
    """The places of a full tree in prefix order."""
    found, waiting = [], [0]
    while waiting:
        place = waiting.pop()
        if place < places:
            found.append(place)
            waiting += [2 * place + 2, 2 * place + 1]
    return torch.tensor(found)


def in_prefix_order(symbol_BH: Int[Tensor, "B H"], padding: int) -> Int[Tensor, "B N 3"]:
    """Symbol, cell of the parent and side of each node; -1 in `symbol_BH` is no node.

    The root is its own parent; cells of padding hold `padding`, themselves as parent, and side 3.
    """
    order_H = prefix_places(symbol_BH.shape[1])
    present_BH = symbol_BH != ABSENT
    counted_BH = torch.zeros_like(symbol_BH)
    counted_BH[:, order_H] = present_BH[:, order_H].cumsum(1) - 1  # place -> cell
    places = torch.arange(symbol_BH.shape[1])
    parent_BH = counted_BH[:, (places - 1).clamp_min(0) // 2]
    side_H = torch.where(places == 0, ROOT, 2 - places % 2)  # odd places are left children
    N = int(present_BH.sum(1).max())
    cells_BN3 = torch.empty(len(symbol_BH), N, 3, dtype=torch.int64)
    cells_BN3[..., 0], cells_BN3[..., 1], cells_BN3[..., 2] = padding, torch.arange(N), PADDING
    full = torch.stack((symbol_BH, parent_BH, side_H.expand_as(symbol_BH)), dim=-1)
    row, place = present_BH.nonzero(as_tuple=True)
    cells_BN3[row, counted_BH[row, place]] = full[row, place]
    return cells_BN3
