"""Attention that finds the nearest matching cell, and the copy gate: the parts of the neural data router.

Csordás et al. 2022, "The Neural Data Router: Adaptive Control Flow in Transformers Improves Systematic
Generalization", section 3.

Shape letters: B batch, C cells, D width, H heads, K width of a head, F inner width.
"""

from functools import lru_cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from recurse_lab.nn.attention import RELATION_SCALE
from recurse_lab.nn.init import check_heads, uniform_


class GeometricAttention(nn.Module):
    """Each cell reads the nearest cells that match it (section 3.2); it has no positions, only two directions.

    A key cell j matches the query cell i with probability p_ij = sigmoid(content + direction). The weight of j
    is p_ij times the probability that no nearer cell matches. Weights are divided by their sum.

    Raises:
        ValueError: `heads` is below 1, or `width` is not a multiple of `heads`.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        check_heads(width, heads)
        self.heads, inner = heads, width // heads
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.direction = nn.Linear(
            width, 2 * heads
        )  # one score for all cells before, one for all cells after
        self.out = nn.Linear(width, width, bias=False)
        self.content = nn.Parameter(torch.zeros(heads, 1, inner))  # added to every query
        self.scale = nn.Parameter(torch.tensor(inner**-0.5))  # alpha
        self.scale_direction = nn.Parameter(torch.tensor(1.0))  # beta
        self.shift = nn.Parameter(torch.tensor(0.0))  # gamma
        for weight in (self.query.weight, self.key_value.weight, self.out.weight):
            uniform_(weight, width + inner)
        uniform_(self.direction.weight, width + 2)

    def weights(self, x_BCD: Float[Tensor, "B C D"]) -> Float[Tensor, "B H C C"]:
        """Attention weights of query cells (third axis) and key cells (last axis)."""
        q = self._heads(self.query(x_BCD)) + self.content
        k = self._heads(self.key_value(x_BCD).chunk(2, dim=-1)[0])
        before, after = (
            (self.direction(x_BCD) * self.scale_direction).mT.unflatten(1, (self.heads, 2)).unbind(2)
        )
        cells = x_BCD.shape[1]
        ones = x_BCD.new_ones(cells, cells)
        toward = before[..., None] * ones.tril(-1) + after[..., None] * ones.triu(1)
        return geometric(q @ k.mT * self.scale + toward + self.shift)

    def forward(
        self, x_BCD: Float[Tensor, "B C D"], bias: Float[Tensor, "..."] | None = None
    ) -> Float[Tensor, "B C D"]:
        """Mix the cells of each example; there is no bias to add."""
        v = self._heads(self.key_value(x_BCD).chunk(2, dim=-1)[1])
        return self.out((self.weights(x_BCD) @ v).transpose(1, 2).flatten(2))

    def _heads(self, x_BCD: Float[Tensor, "B C D"]) -> Float[Tensor, "B H C K"]:
        return x_BCD.unflatten(-1, (self.heads, -1)).transpose(1, 2)


def geometric(scores_BHCC: Float[Tensor, "B H C C"]) -> Float[Tensor, "B H C C"]:
    """Weights sigmoid(s_ij) x product of sigmoid(-s_ik) over all k nearer to i, divided by their sum over j.

    Of two cells at equal distance the one after i counts as nearer; a cell never attends to itself (eq. 4-6).
    """
    C = scores_BHCC.shape[-1]
    window = windows(C, scores_BHCC.device)
    scores = scores_BHCC.masked_fill(window.itself, -torch.inf)
    so_far = F.pad(F.logsigmoid(-scores).cumsum(-1), (1, 0))
    nearer = so_far.gather(-1, window.end.expand_as(scores)) - so_far.gather(
        -1, window.begin.expand_as(scores)
    )
    chances = (F.logsigmoid(scores) + nearer).exp()
    return F.normalize(chances, p=1, dim=-1)


class Windows(NamedTuple):
    """For query i and key j, (C, C): the cells nearer to i than j are `begin` to `end` - 1 (without i)."""

    begin: Tensor
    end: Tensor
    itself: Tensor  # True where i = j


@lru_cache(maxsize=64)
def windows(cells: int, device: torch.device) -> Windows:
    """Which cells are nearer; of two cells at equal distance the one after i is nearer."""
    with torch.inference_mode(False):  # cache normal tensors; inference tensors cannot be saved for backward
        i, j = torch.meshgrid(*2 * [torch.arange(cells, device=device)], indexing="ij")
        distance = (i - j).abs()
        begin = (i - distance + 1).clamp(min=0)  # key j itself is at i - distance if it lies before i
        end = torch.where(j > i, j, (i + distance + 1).clamp(max=cells))
        return Windows(begin, torch.maximum(begin, end), i == j)


class RelativeAttention(nn.Module):
    """Softmax attention with a learned bias per head and distance (Raffel et al. 2020, T5, section 2.1).

    Distances beyond `clip` count as `clip`; `clip` 0 means no positions. The bias is times `scale`: 8
    (RELATION_SCALE) learns distances faster, 1 is T5's and carries over to longer sequences.

    Raises:
        ValueError: `heads` is below 1, `width` is not a multiple of `heads`, or `clip` is below 0.
    """

    def __init__(
        self, width: int, heads: int, clip: int = 16, causal: bool = False, scale: float = RELATION_SCALE
    ) -> None:
        super().__init__()
        check_heads(width, heads)
        if clip < 0:
            raise ValueError(f"clip must be 0 or more, not {clip}")
        self.heads, self.clip, self.causal, self.scale = heads, clip, causal, scale
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.distance = nn.Parameter(torch.zeros(heads, 2 * clip + 1)) if clip else None
        uniform_(self.qkv.weight, 2 * width)
        uniform_(self.out.weight, 2 * width)

    def forward(
        self, x_BCD: Float[Tensor, "B C D"], bias: Float[Tensor, "*E H C C"] | None = None
    ) -> Float[Tensor, "B C D"]:
        """Mix the cells of each example; `bias`, for all examples or for each, is added to the scores."""
        q, k, v = self.qkv(x_BCD).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        scores = q @ k.mT * q.shape[-1] ** -0.5
        scores = scores if bias is None else scores + bias
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))

    def bias(self, cells: int) -> Float[Tensor, "H C C"] | None:
        """The bias of the distances of `cells` cells; minus infinity at later cells if the net is causal."""
        place = torch.arange(cells, device=self.out.weight.device)
        bias = self._of_distances(place[None, :] - place[:, None]) if self.distance is not None else None
        return self._causal(bias, cells)

    def bias_between(self, ids_BC: Int[Tensor, "B C"]) -> Float[Tensor, "B H C C"] | None:
        """The same for distances between given ids, which several cells may share; causal in the order of cells."""
        bias = None
        if self.distance is not None:
            bias = self._of_distances(ids_BC[:, None, :] - ids_BC[:, :, None]).transpose(0, 1)
        return self._causal(bias, ids_BC.shape[1])

    def _of_distances(self, away: Int[Tensor, "*B C C"]) -> Float[Tensor, "H *B C C"]:
        assert self.distance is not None
        return self.scale * self.distance[:, away.clamp(-self.clip, self.clip) + self.clip]

    def _causal(self, bias: Float[Tensor, "*B C C"] | None, cells: int) -> Float[Tensor, "*B C C"] | None:
        if not self.causal:
            return bias
        later = torch.full((cells, cells), -torch.inf, device=self.out.weight.device).triu(1)
        return later[None] if bias is None else bias + later
