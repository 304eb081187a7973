"""Generate symbols one by one with a `MobileLLM`; a cache keeps keys and values of the cells that stand already.

The cache is a value that goes in and comes out, like a state. A cell sees only cells before it, so what was computed
for these stays true. Without cache, a call of n symbols costs n passes over the whole row.

Shape letters: B rows, P cells of a prompt, C new cells, N cells in all, M generated symbols, D width, G key heads,
K width of a head, V symbols.
"""

from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Generator, Tensor

from recurse_lab.models.mobile_llm import MobileLLM
from recurse_lab.nn.attention import turn
from recurse_lab.nn.grouped import GroupedAttention, GroupedBlock
from recurse_lab.nn.init import looked_up


class Kept(NamedTuple):
    """Keys and values of one application of a block, (B, G, N, K) each."""

    keys: Tensor
    values: Tensor


Cache = tuple[Kept | None, ...]  # one entry for each application


@torch.no_grad()
def generate(
    model: MobileLLM,
    prompts: Int[Tensor, "B P"],
    most: int,
    end: int,
    temperature: float = 0.0,
    generator: Generator | None = None,
) -> Int[Tensor, "B M"]:
    """Up to `most` symbols after each prompt; after the symbol `end`, only `end` follows.

    Args:
        prompts: rows of one length, without padding.
        temperature: 0 takes the likeliest symbol; else symbols are drawn from softmax(logits / temperature).
        generator: draws the symbols; needed above temperature 0.

    Raises:
        ValueError: `most` is below 1, the temperature below 0, or above 0 without a generator.
    """
    if most < 1 or temperature < 0 or (temperature > 0 and generator is None):
        raise ValueError(
            f"needs most of 1 or more, and a temperature of 0 or, with a generator, more; not {most}, {temperature}"
        )
    cache: Cache = (None,) * model.config.applications
    new, found = prompts, []
    ended_B = torch.zeros(len(prompts), dtype=torch.bool)
    for _ in range(most):
        logits_BCV, cache = extended(model, new, cache)
        last_BV = logits_BCV[:, -1]
        if temperature:
            drawn_B = torch.multinomial((last_BV / temperature).softmax(-1), 1, generator=generator)[:, 0]
        else:
            drawn_B = last_BV.argmax(-1)
        found.append(torch.where(ended_B, end, drawn_B))
        ended_B = found[-1] == end
        if ended_B.all():
            break
        new = found[-1][:, None]
    return torch.stack(found, dim=1)


def extended(model: MobileLLM, new: Int[Tensor, "B C"], cache: Cache) -> tuple[Float[Tensor, "B C V"], Cache]:
    """Logits of new cells that follow those of the cache, and the cache with the new cells."""
    first = cache[0].keys.shape[2] if cache[0] is not None else 0
    z_BCD = looked_up(model.embed, new, "symbols")
    if model.places is not None:
        z_BCD = z_BCD + looked_up(model.places, torch.arange(first, first + new.shape[1]), "positions")
    longer = []
    for application, kept in enumerate(cache):
        block = cast(GroupedBlock, model.blocks[model.config.block_at(application)])
        mixed_BCD, now = attended(block.attention, block.norms[0](z_BCD), kept, first)
        z_BCD = z_BCD + mixed_BCD
        z_BCD = z_BCD + block.mlp(block.norms[1](z_BCD))
        longer.append(now)
    z_BCD = model.norm(z_BCD)
    logits = z_BCD @ model.embed.weight.T if model.head is None else model.head(z_BCD)
    return logits, tuple(longer)


def attended(
    attention: GroupedAttention, x_BCD: Float[Tensor, "B C D"], kept: Kept | None, first: int
) -> tuple[Float[Tensor, "B C D"], Kept]:
    """Grouped attention of new cells, numbered from `first` on, to the cells kept and to themselves."""
    B, C, D = x_BCD.shape
    H, G = attention.heads, attention.groups
    qkv = attention.qkv(x_BCD).view(B, C, H + 2 * G, D // H).transpose(1, 2)
    q_BHCK, k_BGCK = _rotated(qkv[:, : H + G], first).split((H, G), dim=1)
    now = Kept(k_BGCK, qkv[:, H + G :])
    if kept is not None:
        now = Kept(*(torch.cat(pair, dim=2) for pair in zip(kept, now, strict=True)))
    k, v = (part.repeat_interleave(H // G, dim=1) for part in now)
    mask_CN = torch.arange(k.shape[2]) <= torch.arange(first, first + C)[:, None]
    mixed_BHCK = F.scaled_dot_product_attention(q_BHCK, k, v, attn_mask=None if C == 1 else mask_CN)
    return attention.out(mixed_BHCK.transpose(1, 2).reshape(B, C, D)), now


def _rotated(x_BHCK: Float[Tensor, "B H C K"], first: int) -> Float[Tensor, "B H C K"]:
    """`rotate` for cells that are numbered from `first` on."""
    C, K = x_BHCK.shape[-2:]
    cos_CJ, sin_CJ = (part[first:] for part in turn(first + C, K, torch.float32, x_BHCK.device))
    a, b = x_BHCK.chunk(2, dim=-1)
    return torch.cat((a * cos_CJ - b * sin_CJ, b * cos_CJ + a * sin_CJ), dim=-1).to(x_BHCK.dtype)
