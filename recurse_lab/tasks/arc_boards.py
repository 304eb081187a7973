"""Augment ARC grids, encode them as tokens on a canvas, and vote over the predicted grids.

Wang et al. 2025 (HRM) and Jolicoeur-Martineau 2025 (TRM): the net sees many augmentations of each task; each
answer is transformed back, and equal answers are counted. Shape letters: H rows, W columns, L canvas cells.
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
MOVES = 8  # 4 rotations, each with or without a transposition before it


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """One of 8 symmetries of the square and a permutation of the colors; black stays black, else ValueError."""

    move: int = 0  # number of quarter turns, plus 4 for a transposition before them
    colors: tuple[int, ...] = tuple(range(COLORS))  # old color -> new color

    def __post_init__(self) -> None:
        if not 0 <= self.move < MOVES:
            raise ValueError(f"move must be from 0 to {MOVES - 1}, not {self.move}")
        if sorted(self.colors) != list(range(COLORS)) or self.colors[0]:
            raise ValueError(f"colors must be 0 and a permutation of 1 to {COLORS - 1}, not {self.colors}")

    def apply(self, grid: Grid) -> Grid:
        """Recolor and move a grid (H, W); the result is (H, W) or (W, H)."""
        moved = np.rot90(grid.T if self.move >= 4 else grid, self.move % 4)
        return np.array(self.colors)[moved]

    def undo(self, grid: Grid) -> Grid:
        """Invert `apply`."""
        back = np.rot90(np.argsort(self.colors)[grid], -(self.move % 4))
        return back.T if self.move >= 4 else back


def augmentations(count: int, generator: Generator) -> tuple[Augmentation, ...]:
    """Draw `count` distinct augmentations; the first is the identity.

    Raises:
        ValueError: `count` is below 1 or above 8 x 9!.
    """
    if not 1 <= count <= MOVES * factorial(COLORS - 1):
        raise ValueError(f"count must be from 1 to {MOVES} x {COLORS - 1}!, not {count}")
    drawn = {Augmentation(): None}  # a dictionary keeps the order
    while len(drawn) < count:
        move = int(torch.randint(0, MOVES, (), generator=generator))
        colors = (0, *(1 + torch.randperm(COLORS - 1, generator=generator)).tolist())
        drawn[Augmentation(move=move, colors=colors)] = None
    return tuple(drawn)


def encode(grid: Grid, side: int) -> Int[Tensor, " L"]:
    """Tokens of a canvas of `side` x `side` cells, the grid in its upper left corner with a border of END.

    The canvas cuts off a border outside it. In training, the papers' code also shifts both grids of a pair by
    the same random offset.

    Raises:
        ValueError: the grid is larger than the canvas.
    """
    H, W = grid.shape
    if max(H, W) > side:
        raise ValueError(f"a grid of {H} x {W} cells does not fit a canvas of {side} x {side}")
    canvas = np.full((side + 1, side + 1), PADDING)
    canvas[:H, :W] = grid + BLACK
    canvas[H, :W] = canvas[:H, W] = END
    return torch.from_numpy(canvas[:side, :side].flatten())


def encode_pair(pair: Pair, side: int) -> tuple[Int[Tensor, " L"], Int[Tensor, " L"]]:
    """Input tokens, and targets; targets outside the grid and its border are IGNORE."""
    answer_L = encode(pair.output, side)
    return encode(pair.input, side), torch.where(answer_L == PADDING, IGNORE, answer_L)


def decode(tokens_L: Int[Tensor, " L"]) -> Grid | None:
    """The grid in the upper left corner; None unless it is a rectangle of colors with a complete border.

    Tokens outside the border do not matter, because they were not targets.

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
    """A predicted grid (H, W), the number of predictions equal to it, and their mean confidence."""

    grid: np.ndarray
    votes: int
    confidence: float


def rank(grids: Sequence[Grid | None], confidences: Sequence[float]) -> list[Vote]:
    """Sort distinct grids by count, then mean confidence, best first; ties keep the order of prediction."""
    found: dict[bytes, tuple[Grid, list[float]]] = {}
    for grid, confidence in zip(grids, confidences, strict=True):
        if grid is not None:
            key = bytes(grid.shape) + grid.astype(np.uint8).tobytes()
            found.setdefault(key, (grid, []))[1].append(confidence)
    votes = [Vote(grid, len(sure), float(np.mean(sure))) for grid, sure in found.values()]
    return sorted(votes, key=lambda vote: (-vote.votes, -vote.confidence))


def passes(votes: Sequence[Vote], answer: Grid, tries: int) -> bool:
    """Whether the answer is among the first `tries` grids: pass@k with k = `tries`."""
    return any(np.array_equal(vote.grid, answer) for vote in votes[:tries])
