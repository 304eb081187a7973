"""Grids as the papers' nets see them: moved and recolored, written as tokens on a canvas, put to the vote.

Wang et al. 2025 (HRM) and Jolicoeur-Martineau 2025 (TRM): each task is shown in many augmentations, and the
answers under all of them are moved back and counted. Shape letters: H rows, W columns, L cells of the canvas.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import factorial, isqrt
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int
from torch import Generator, Tensor

from recurse_lab.tasks.arc import COLORS, Grid, Pair
from recurse_lab.tasks.judging import IGNORE

PADDING, END, BLACK = range(3)  # END closes a grid below and to the right; a color c is BLACK + c
TOKENS = BLACK + COLORS
MOVES = 8  # four quarter turns, without and with a transposition before


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """One of 8 moves of the square and new names for the colors; black keeps its own."""

    move: int = 0  # quarter turns, plus 4 if rows and columns change places before
    colors: tuple[int, ...] = tuple(range(COLORS))  # what each color becomes

    def __post_init__(self) -> None:
        if not 0 <= self.move < MOVES:
            raise ValueError(f"move must be from 0 to {MOVES - 1}, not {self.move}")
        if sorted(self.colors) != list(range(COLORS)) or self.colors[0]:
            raise ValueError(f"colors must be 0 and a permutation of 1 to {COLORS - 1}, not {self.colors}")

    def apply(self, grid: Grid) -> Grid:
        """The grid recolored and moved."""
        moved = np.rot90(grid.T if self.move >= 4 else grid, self.move % 4)
        return np.array(self.colors)[moved]

    def undo(self, grid: Grid) -> Grid:
        """The grid that `apply` made this of."""
        back = np.rot90(np.argsort(self.colors)[grid], -(self.move % 4))
        return back.T if self.move >= 4 else back


def augmentations(count: int, generator: Generator) -> tuple[Augmentation, ...]:
    """Different augmentations, the one that changes nothing first."""
    if not 1 <= count <= MOVES * factorial(COLORS - 1):
        raise ValueError(f"count must be from 1 to {MOVES} x {COLORS - 1}!, not {count}")
    drawn = {Augmentation(): None}  # a dictionary keeps the order
    while len(drawn) < count:
        move = int(torch.randint(0, MOVES, (), generator=generator))
        colors = (0, *(1 + torch.randperm(COLORS - 1, generator=generator)).tolist())
        drawn[Augmentation(move=move, colors=colors)] = None
    return tuple(drawn)


def encode(grid: Grid, side: int) -> Int[Tensor, " L"]:
    """The grid in the upper left corner of a `side` x `side` canvas, closed by END where there is room.

    The papers' code also shifts the grids of a pair together, at random, in training.
    """
    H, W = grid.shape
    if max(H, W) > side:
        raise ValueError(f"a grid of {H} x {W} cells does not fit a canvas of {side} x {side}")
    canvas = np.full((side + 1, side + 1), PADDING)
    canvas[:H, :W] = grid + BLACK
    canvas[H, :W] = canvas[:H, W] = END
    return torch.from_numpy(canvas[:side, :side].flatten())


def encode_pair(pair: Pair, side: int) -> tuple[Int[Tensor, " L"], Int[Tensor, " L"]]:
    """Input tokens, and targets that do not count outside the grid and its border."""
    answer_L = encode(pair.output, side)
    return encode(pair.input, side), torch.where(answer_L == PADDING, IGNORE, answer_L)


def decode(tokens_L: Int[Tensor, " L"]) -> Grid | None:
    """The grid in the upper left corner, or None unless it is a closed rectangle of colors.

    What stands outside the border is nobody's business: it was no target either.

    Raises:
        ValueError: the canvas is not square.
    """
    side = isqrt(len(tokens_L))
    if tokens_L.shape != (side**2,):
        raise ValueError(f"a canvas must be a row of side x side tokens, not {tuple(tokens_L.shape)}")
    canvas = np.full((side + 1, side + 1), END)
    canvas[:side, :side] = tokens_L.view(side, side).numpy()
    H, W = (sum(1 for _ in takewhile(lambda t: t >= BLACK, line)) for line in (canvas[:, 0], canvas[0]))
    closed = (canvas[:H, :W] >= BLACK).all() and (canvas[H, :W] == END).all() and (canvas[:H, W] == END).all()
    return canvas[:H, :W] - BLACK if H and W and closed else None


class Vote(NamedTuple):
    """A proposed grid, how many proposed it, and how sure they were on average."""

    grid: np.ndarray
    votes: int
    confidence: float


def rank(grids: Sequence[Grid | None], confidences: Sequence[float]) -> list[Vote]:
    """Different grids by (count, mean confidence), the best first; of equals, the one proposed first."""
    found: dict[bytes, tuple[Grid, list[float]]] = {}
    for grid, confidence in zip(grids, confidences, strict=True):
        if grid is not None:
            key = bytes(grid.shape) + grid.astype(np.uint8).tobytes()
            found.setdefault(key, (grid, []))[1].append(confidence)
    votes = [Vote(grid, len(sure), float(np.mean(sure))) for grid, sure in found.values()]
    return sorted(votes, key=lambda vote: (-vote.votes, -vote.confidence))


def passes(votes: Sequence[Vote], answer: Grid, tries: int) -> bool:
    """Whether the answer is among the first `tries` grids: pass@k."""
    return any(np.array_equal(vote.grid, answer) for vote in votes[:tries])
