"""Tiny recursive model: each cycle, one small net refines a scratchpad z several times, then the answer y once.

Jolicoeur-Martineau 2025, "Less is more: recursive reasoning with tiny networks", section 4. One step is one
cycle (n refinements of z, one of y); T cycles, `think(model, inputs, T, resume=..., grad_steps=1)`, are a
supervision step. Shape letters: B batch, L cells of the board, I inputs (L, or 1 + L with a puzzle row),
P prefix tokens, C = P + L, D width, E numbers of a puzzle row, V classes, R relations.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Generator, Tensor, nn

from recurse_lab.nn.attention import PlacedAttention
from recurse_lab.nn.blocks import AttentionBlock, BlockStack, TokenBlock
from recurse_lab.nn.init import lecun_normal_, looked_up
from recurse_lab.nn.mlp import GatedMLP, hidden_width
from recurse_lab.state import map_state


@dataclass(frozen=True, kw_only=True)
class TRMConfig:
    """Sizes and options of a `TRM`; the defaults are the published attention net for Sudoku, without its prefix."""

    symbols: int = 11  # padding, blank and nine digits, as the papers count them
    classes: int = 11  # V
    cells: int = 81  # L
    width: int = 512  # D; 32 is enough for 4x4 and 6x6 boards
    heads: int = 8
    layers: tuple[int, ...] = (2,)  # blocks per network: (2,) one network for z and y, (4, 4) one each
    refinements: int = 6  # n: refinements of z per refinement of y
    latents: Literal[1, 2] = 2  # 2: y and z; 1: one state is both scratchpad and answer
    gradient: Literal["cycle", "last"] = "cycle"  # through a cycle, or its last z and y (HRM's one step)
    mixer: Literal["rotary", "attention", "tokens"] = "rotary"  # attention, rotary or not, or an MLP
    learned_positions: bool = False  # add a learned vector for each token to the input
    prefix: int = 0  # P: tokens before the board; TRM's code has 16 (15 stay empty), HRM's 1
    puzzles: int = 0  # rows of the identity table; if above 0, inputs start with a column of row numbers
    puzzle_width: int | None = None  # E: numbers in a row, spread over the prefix; None: D, one token
    expansion: float = 4.0  # of the gated MLPs, before the factor 2/3 that offsets the gate
    multiple: int = 256  # inner widths are rounded up to a multiple of this; 1 keeps small nets small


class Latents(NamedTuple):
    """The answer y (z_H in the code of both papers) and the scratchpad z (z_L), (B, C, D) each."""

    y: Tensor
    z: Tensor


State: TypeAlias = Latents | Tensor  # a tensor if there is one latent


class Context(NamedTuple):
    """The embedded input x (B, C, D), and the biases of each network's attention scores."""

    x: Tensor
    biases: list[list[Tensor | None]]


class Halting(NamedTuple):
    """Logits (B,) of "the answer is right, stop" and of "go on", as in HRM."""

    halt: Tensor
    go_on: Tensor


class TRM(nn.Module):
    """Inputs are integer symbols (B, L), or (B, 1 + L) with the puzzle's row number first; logits (B, L, V).

    `relations` (R, L, L) says which cells belong together, for example same row, column or box.
    Raises ValueError if `check` refuses the configuration or the relations.
    """

    y_init: Tensor  # y_init, z_init: fixed random vectors (D,), the same for every cell, not trained
    z_init: Tensor
    relations: Tensor | None

    def __init__(self, config: TRMConfig, relations: Float[Tensor, "R L L"] | None = None) -> None:
        super().__init__()
        check(config, relations)
        self.config = config
        D, P = config.width, config.prefix
        self.embed = nn.Embedding(config.symbols, D)
        self.places = nn.Embedding(P + config.cells, D) if config.learned_positions else None
        self.puzzles = nn.Embedding(config.puzzles, config.puzzle_width or D) if config.puzzles else None
        count = 0 if relations is None else len(relations)
        self.nets = nn.ModuleList(BlockStack([block(config, count) for _ in range(n)]) for n in config.layers)
        self.head = nn.Linear(D, config.classes, bias=False)
        self.halt = nn.Linear(D, 2)
        self.register_buffer("y_init", lecun_normal_(torch.empty(D), std=1.0))
        self.register_buffer("z_init", lecun_normal_(torch.empty(D), std=1.0))
        padded = None if relations is None else F.pad(relations, (P, 0, P, 0))
        self.register_buffer("relations", padded, persistent=False)
        self.reset()

    @torch.no_grad()
    def reset(self) -> None:
        """Initial weights: cut normals of deviation 1 / sqrt(fan in); table 0; halting bias -5, so few halts."""
        for part in self.modules():
            if isinstance(part, nn.Linear | nn.Embedding):
                lecun_normal_(part.weight)
        if self.puzzles is not None:
            self.puzzles.weight.zero_()
        self.halt.weight.zero_()
        self.halt.bias.fill_(-5.0)

    def start(self, inputs: Int[Tensor, "B I"], generator: Generator | None = None) -> tuple[State, Context]:
        """The fixed first vectors at every cell, and the context; nothing is random. Raises as `embedded` does."""
        x_BCD = self.embedded(inputs)
        y, z = self.y_init.expand_as(x_BCD), self.z_init.expand_as(x_BCD)
        biases = [net.biases(self.relations) for net in self.nets]  # type: ignore[operator]
        return (Latents(y, z) if self.config.latents == 2 else z), Context(x_BCD, biases)

    def embedded(self, inputs: Int[Tensor, "B I"]) -> Float[Tensor, "B C D"]:
        """sqrt(D) c, or sqrt(D / 2) (c + places); c = [row, zeros, cells]. Raises ValueError: wrong size or symbol."""
        wanted = self.config.cells + (self.puzzles is not None)
        if inputs.dim() != 2 or inputs.shape[1] != wanted:
            raise ValueError(f"this model takes boards (B, {wanted}), not {tuple(inputs.shape)}")
        B, D, P = len(inputs), self.config.width, self.config.prefix
        cells_BLD = looked_up(self.embed, inputs[:, -self.config.cells :], "symbols")
        row_BE = cells_BLD.new_zeros(B, 0)
        if self.puzzles is not None:
            row_BE = looked_up(self.puzzles, inputs[:, 0], "the puzzles' rows")
        prefix_BPD = F.pad(row_BE, (0, P * D - row_BE.shape[1])).view(B, P, D)
        x_BCD = torch.cat((prefix_BPD, cells_BLD), dim=1)
        if self.places is not None:
            x_BCD = 0.5**0.5 * (x_BCD + self.places.weight)
        return D**0.5 * x_BCD

    def refine_z(self, state: State, context: Context) -> State:
        """z <- net(z + (y + x)); with one latent, z <- net(z + x)."""
        if isinstance(state, Tensor):
            return self.nets[0](state + context.x, context.biases[0])
        return Latents(state.y, self.nets[0](state.z + (state.y + context.x), context.biases[0]))

    def refine_y(self, state: State, context: Context) -> State:
        """y <- net(y + z); with one latent, z <- net(z). The missing x tells a shared net that it refines y."""
        if isinstance(state, Tensor):
            return self.nets[-1](state, context.biases[-1])
        return Latents(self.nets[-1](state.y + state.z, context.biases[-1]), state.z)

    def cycle(self, state: State, context: Context) -> Iterator[State]:
        """Yield every state of one cycle: n refinements of z, then one of y."""
        one_step = self.config.gradient == "last"
        if one_step:
            state = map_state(Tensor.detach, state)
        for left in reversed(range(self.config.refinements)):
            with torch.set_grad_enabled(torch.is_grad_enabled() and not (one_step and left)):
                state = self.refine_z(state, context)
            yield state
        yield self.refine_y(state, context)

    def step(self, state: State, context: Context) -> State:
        """The last state of one cycle."""
        for refined in self.cycle(state, context):
            state = refined
        return state

    def read(self, state: State) -> Float[Tensor, "B L V"]:
        """Logits of every cell: a linear map of the answer without its prefix."""
        return self.head(answer(state)[:, self.config.prefix :])

    def halting(self, state: State) -> Halting:
        """Halting logits (B,), read off the answer's first token, in float32 or better."""
        q_B2 = self.halt(answer(state)[:, 0])
        q_B2 = q_B2 if q_B2.dtype == torch.float64 else q_B2.float()
        return Halting(q_B2[:, 0], q_B2[:, 1])


def answer(state: State) -> Float[Tensor, "B C D"]:
    """The latent that holds the answer: y, or the only latent."""
    return state if isinstance(state, Tensor) else state.y


def block(config: TRMConfig, relations: int) -> AttentionBlock | TokenBlock:
    """Build one block; `config.mixer` selects its mixing layer, `relations` is R."""

    def mlp(width: int) -> GatedMLP:
        return GatedMLP(width, hidden_width(width, config.expansion, config.multiple))

    if config.mixer == "tokens":
        return TokenBlock(mlp(config.prefix + config.cells), mlp(config.width))
    attention = PlacedAttention(config.width, config.heads, config.mixer == "rotary", relations)
    return AttentionBlock(attention, mlp(config.width))


LEAST = {
    1: ("symbols", "classes", "cells", "width", "heads", "refinements", "multiple"),
    0: ("prefix", "puzzles"),
}  # least value -> fields of the configuration


def check(config: TRMConfig, relations: Tensor | None) -> None:
    """Raise ValueError if the model cannot be built, with a one-line message."""
    L, row = config.cells, (config.puzzle_width or config.width) if config.puzzles else 0
    for least, names in LEAST.items():
        for name in names:
            if (value := getattr(config, name)) < least:
                raise ValueError(f"{name} must be {least} or more, not {value}")
    if len(config.layers) not in (1, 2) or min(config.layers) < 1:
        raise ValueError(
            f"layers must be the blocks of one or two networks, 1 or more each, not {config.layers}"
        )
    if row > config.prefix * config.width:
        raise ValueError(f"a prefix of {config.prefix} tokens has no room for {row} numbers a puzzle")
    if relations is not None and (config.mixer == "tokens" or relations.shape[1:] != (L, L)):
        raise ValueError(
            f"relations need attention and the shape (R, {L}, {L}), not {tuple(relations.shape)}"
        )
