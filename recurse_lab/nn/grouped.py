"""The block of Llama and MobileLLM: causal attention whose heads share keys and values in groups, and a gated MLP.

Shape letters: B batch, C cells, D width, H heads, G groups of heads, K width of a head.
"""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from recurse_lab.nn.attention import rotate
from recurse_lab.nn.mlp import GatedMLP


class GroupedAttention(nn.Module):
    """Causal self-attention with rotary positions; each group of H / G heads has one key and one value head.

    Ainslie et al. 2023, "GQA", section 2.2. One group is multi-query attention, H groups are the usual one.

    Raises:
        ValueError: `width` is not a multiple of 2 `heads`, or `heads` not one of `groups`.
    """

    def __init__(self, width: int, heads: int, groups: int) -> None:
        super().__init__()
        if heads < 1 or width < 1 or width % (2 * heads):
            raise ValueError(
                f"width must be a multiple of 2 x heads (1 or more), not {width} with {heads} heads"
            )
        if groups < 1 or heads % groups:
            raise ValueError(f"heads must be a multiple of groups (1 or more), not {heads} with {groups}")
        self.heads, self.groups = heads, groups
        self.qkv = nn.Linear(width, (heads + 2 * groups) * (width // heads), bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, x_BCD: Float[Tensor, "B C D"]) -> Float[Tensor, "B C D"]:
        """Mix each cell with the cells before it."""
        B, C, D = x_BCD.shape
        H, G = self.heads, self.groups
        qkv = self.qkv(x_BCD).view(B, C, H + 2 * G, D // H).transpose(1, 2)
        q_BHCK, k_BGCK = rotate(qkv[:, : H + G]).split((H, G), dim=1)
        k, v = (part.repeat_interleave(H // G, dim=1) for part in (k_BGCK, qkv[:, H + G :]))
        mixed_BHCK = F.scaled_dot_product_attention(q_BHCK, k, v, is_causal=True)
        return self.out(mixed_BHCK.transpose(1, 2).reshape(B, C, D))


class GroupedBlock(nn.Module):
    """Grouped attention and a gated MLP, with a norm with gain before each branch (Touvron et al. 2023, Llama, 2.2).

    Raises:
        ValueError: `hidden` is below 1, or `GroupedAttention` refuses its arguments.
    """

    def __init__(self, width: int, hidden: int, heads: int, groups: int) -> None:
        super().__init__()
        if hidden < 1:
            raise ValueError(f"hidden must be 1 or more, not {hidden}")
        self.attention = GroupedAttention(width, heads, groups)
        self.mlp = GatedMLP(width, hidden)
        self.norms = nn.ModuleList(nn.RMSNorm(width, eps=1e-5) for _ in range(2))

    def forward(self, x_BCD: Float[Tensor, "B C D"]) -> Float[Tensor, "B C D"]:
        """x <- x + attention(norm(x)); x <- x + mlp(norm(x))."""
        x_BCD = x_BCD + self.attention(self.norms[0](x_BCD))
        return x_BCD + self.mlp(self.norms[1](x_BCD))
