"""Attention among the nodes of a tree: a learned bias per head for parent, child on each side, and the node itself.

Shape letters: B batch, C nodes, D width, H heads, R relations.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from recurse_lab.nn.attention import RELATION_SCALE
from recurse_lab.nn.init import check_heads
from recurse_lab.nn.mlp import GatedMLP
from recurse_lab.nn.norms import rms


def relations(
    parent_BC: Int[Tensor, "B C"], side_BC: Int[Tensor, "B C"], sides: int
) -> Float[Tensor, "B R C C"]:
    """1 where cell j is i itself, its parent, or its child on side 1, ..., `sides`; R = 2 + `sides`.

    Raises:
        ValueError: a parent is no cell.
    """
    C = parent_BC.shape[1]
    if len(parent_BC) and not 0 <= int(parent_BC.min()) <= int(parent_BC.max()) < C:
        raise ValueError(f"parents must be cells from 0 to {C - 1}")
    cells = torch.arange(C, device=parent_BC.device)
    below_BC = (side_BC >= 1) & (side_BC <= sides)  # neither the root nor padding
    up_BCC = (parent_BC[:, :, None] == cells) & below_BC[:, :, None]
    down = [up_BCC.mT & (side_BC == side)[:, None, :] for side in range(1, sides + 1)]
    itself = torch.eye(C, dtype=torch.bool, device=cells.device).expand_as(up_BCC)
    return torch.stack([itself, up_BCC, *down], dim=1).float()


def depths(parent_BC: Int[Tensor, "B C"]) -> Int[Tensor, "B C"]:
    """Edges from the root to each node; 0 for the root and for padding, which are their own parents.

    A parent stands before its children.
    """
    depth_BC = torch.zeros_like(parent_BC)
    for cell in range(1, parent_BC.shape[1]):
        above_B = depth_BC.gather(1, parent_BC[:, cell : cell + 1])[:, 0] + 1
        depth_BC[:, cell] = torch.where(parent_BC[:, cell] == cell, 0, above_B)
    return depth_BC


class TreeAttention(nn.Module):
    """Softmax attention; each head adds 8 w_r to the score of relation r, and may attend to nothing (a null key)."""

    def __init__(self, width: int, heads: int, relations: int, near: bool = False) -> None:
        super().__init__()
        check_heads(width, heads)
        self.heads, self.near = heads, near
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.relation = nn.Parameter(torch.zeros(heads, relations))
        self.nothing = nn.Parameter(torch.zeros(heads))

    def bias(
        self, relations_BRCC: Float[Tensor, "B R C C"], padding_BC: Bool[Tensor, "B C"]
    ) -> Float[Tensor, "B H C C"]:
        """8 sum_r w_hr relation_r(i, j); minus infinity where key j is padding, or not related if `near`."""
        bias_BHCC = RELATION_SCALE * torch.einsum("hr,brij->bhij", self.relation, relations_BRCC)
        hidden = padding_BC[:, None, None, :]
        if self.near:
            hidden = hidden | ~relations_BRCC.bool().any(1)[:, None]
        return bias_BHCC.masked_fill(hidden, -torch.inf)

    def forward(
        self, x_BCD: Float[Tensor, "B C D"], bias: Float[Tensor, "B H C C"]
    ) -> Float[Tensor, "B C D"]:
        """Mix the nodes of each tree."""
        q, k, v = self.qkv(x_BCD).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        scores = (q * q.shape[-1] ** -0.5) @ k.mT + bias
        nothing = (RELATION_SCALE * self.nothing)[:, None, None].expand(*scores.shape[:-1], 1)
        weights = torch.cat((scores, nothing), dim=-1).softmax(-1)[..., :-1]
        return self.out((weights @ v).transpose(1, 2).flatten(2))


class TreeBlock(nn.Module):
    """Attention, then a gated MLP, with a norm without gain after each sum or before each branch."""

    def __init__(self, attention: nn.Module, width: int, hidden: int, norm: str = "post") -> None:
        super().__init__()
        self.attention, self.norm = attention, norm
        self.mlp = GatedMLP(width, hidden)

    def forward(
        self, h_BCD: Float[Tensor, "B C D"], bias: Float[Tensor, "*E H C C"] | None
    ) -> Float[Tensor, "B C D"]:
        """h <- rms(h + attention(h)); h <- rms(h + mlp(h)); with `norm` "pre", h <- h + branch(rms(h))."""
        if self.norm == "pre":
            h_BCD = h_BCD + self.attention(rms(h_BCD), bias)
            return h_BCD + self.mlp(rms(h_BCD))
        h_BCD = rms(h_BCD + self.attention(h_BCD, bias))
        return rms(h_BCD + self.mlp(h_BCD))
