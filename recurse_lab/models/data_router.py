"""Looped transformer with options: where cells find each other, a copy gate, shared or distinct blocks.

With geometric attention and the gate it is the neural data router (Csordás et al. 2022, "The Neural Data
Router", section 3); without the gate and with shared blocks a universal transformer (Dehghani et al. 2019,
section 2.1, without its step embedding); with distinct blocks a plain transformer.

Shape letters: B batch, C cells, D width, K questions, V classes.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor, nn

from recurse_lab.models.deep_thinking import Layered
from recurse_lab.nn.gate import NORMS, Norm, RoutedBlock
from recurse_lab.nn.init import lecun_normal_, looked_up
from recurse_lab.nn.routing import GeometricAttention, RelativeAttention
from recurse_lab.nn.trees import TreeAttention, TreeBlock, relations

Places = Literal["geometric", "relative", "absolute", "tree", "coupled"]
PLACES = ("geometric", "relative", "absolute", "tree", "coupled")


@dataclass(frozen=True, kw_only=True)
class DataRouterConfig:
    """Sizes of a `DataRouter`; numbers in parentheses are the paper's for table lookup."""

    symbols: int = 8
    classes: int = 8
    width: int = 48  # D (256); 48 trains on a laptop and generalizes as far
    heads: int = 4  # (1)
    hidden: int = 96  # inner width of the net of each cell; 2 D as in the paper
    places: Places = (
        "geometric"  # how a cell finds others: nearest match, distances, sines, tree relations, or ids
    )
    clip: int = 16  # distances beyond count as this; only with relative and coupled places
    gate: bool = True  # the copy gate
    norm: Norm = "post"  # without a gate, norms may stand before the branches
    blocks: int = 1  # blocks in one step (1)
    depth: int = (
        1  # distinct steps: 1 shares the blocks among all steps, k uses new blocks at each of k steps
    )
    recall: bool = False  # add the embedded input to the state before each step
    causal: bool = (
        False  # whether a cell attends only to itself and earlier cells; not with tree or geometric
    )
    questions: int = 1  # K answers for each cell
    sides: int = 2  # children of a node; only with tree relations
    # SwiGLU and norms without gain instead of ReLU and layer norms; without a gate. Tree relations always have it.
    swiglu: bool = False
    near: bool = False  # whether a node attends to itself, its parent and its children only, not to all nodes

    def __post_init__(self) -> None:
        """Check the options that no part of the net checks."""
        if self.places not in PLACES:
            raise ValueError(f"places must be one of {', '.join(PLACES)}, not {self.places!r}")
        if self.norm not in NORMS or (self.gate and self.norm == "pre"):
            raise ValueError(f"norm must be post, or pre without a gate, not {self.norm!r}")
        if self.swiglu and self.gate:
            raise ValueError("swiglu must be False in a net with a copy gate")
        if min(self.symbols, self.classes, self.blocks, self.depth, self.questions, self.sides) < 1:
            raise ValueError("symbols, classes, blocks, depth, questions and sides must be 1 or more")
        if self.causal and self.places in ("geometric", "tree"):
            raise ValueError(f"a causal net must have relative or absolute places, not {self.places}")


class Context(NamedTuple):
    """The embedded input, and for each distinct block the bias of its attention scores (or None)."""

    x: Tensor
    biases: list[Tensor | None]


class DataRouter(nn.Module):
    """Inputs are symbols (B, C), states (B, C, D), logits (B, C, V), or (B, K, C, V) for K > 1 questions.

    With tree relations inputs are (B, C, 3): symbol, cell of the parent (a root's is its own), and side: 0 for
    the root, 1 to `sides` for a child, and `sides` + 1 for padding. With coupled places they are (B, C, 2): symbol
    and id, and distances are those between ids (Cho et al. 2024, "Position Coupling", section 4).
    """

    def __init__(self, config: DataRouterConfig) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.symbols, config.width)
        self.blocks = nn.ModuleList(_block(config) for _ in range(config.depth * config.blocks))
        self.norm = nn.LayerNorm(config.width) if config.norm == "pre" else nn.Identity()
        self.head = nn.Linear(config.width, config.questions * config.classes)

    def start(
        self, inputs: Int[Tensor, "B C *F"], generator: Generator | None = None
    ) -> tuple[Layered, Context]:
        """The embedded symbols, as first state and in the context, with the biases of all blocks.

        Raises:
            ValueError: a symbol is not in the table, or a parent is no cell.
        """
        symbols = inputs[..., 0] if self.config.places in ("tree", "coupled") else inputs
        x_BCD = looked_up(self.embed, symbols, "symbols")
        if self.config.places == "absolute":
            x_BCD = x_BCD + sines(x_BCD.shape[1], self.config.width).to(x_BCD)
        return Layered(x_BCD, 0), Context(x_BCD, self._biases(inputs))

    def step(self, state: Layered, context: Context) -> Layered:
        """z <- blocks(z), or blocks(z + x) with recall. A net of distinct steps stays after its last one."""
        layer, per_step = state.layer, self.config.blocks
        if self.config.depth > 1 and layer >= self.config.depth:
            return state
        z_BCD = state.z + context.x if self.config.recall else state.z
        first = 0 if self.config.depth == 1 else layer * per_step
        for number in range(first, first + per_step):
            z_BCD = self.blocks[number](z_BCD, context.biases[number])
        return Layered(z_BCD, layer + 1)

    def read(self, state: Layered) -> Float[Tensor, "B *K C V"]:
        """Logits of every cell for each question: a linear map."""
        logits = self.head(self.norm(state.z))
        if self.config.questions == 1:
            return logits
        return logits.unflatten(-1, (self.config.questions, -1)).transpose(1, 2)

    def _biases(self, inputs: Int[Tensor, "B C *F"]) -> list[Tensor | None]:
        attentions: list[Any] = [block.attention for block in self.blocks]
        if self.config.places == "tree":
            _, parent, side = inputs.unbind(-1)
            between = relations(parent, side, self.config.sides)
            return [attention.bias(between, side > self.config.sides) for attention in attentions]
        if self.config.places == "coupled":
            return [attention.bias_between(inputs[..., 1]) for attention in attentions]
        if self.config.places == "geometric":
            return [None for _ in attentions]
        return [attention.bias(inputs.shape[1]) for attention in attentions]


def _block(config: DataRouterConfig) -> nn.Module:
    attention, tree = _attention(config), config.places == "tree"
    if not (tree or config.swiglu):
        return RoutedBlock(attention, config.width, config.hidden, config.gate, config.norm)
    block: nn.Module = TreeBlock(attention, config.width, config.hidden, config.norm)
    if config.gate:
        block = RoutedBlock(attention, config.width, config.hidden, gate=True)
    for name, weight in block.named_parameters():
        if weight.ndim == 2 and not name.endswith(("relation", "distance")):
            lecun_normal_(weight)
    return block


def _attention(config: DataRouterConfig) -> nn.Module:
    width, heads = config.width, config.heads
    if config.places == "tree":
        return TreeAttention(width, heads, 2 + config.sides, config.near)
    if config.places == "geometric":
        return GeometricAttention(width, heads)
    clip = 0 if config.places == "absolute" else config.clip
    return RelativeAttention(width, heads, clip, config.causal)


def sines(cells: int, width: int) -> Float[Tensor, "C D"]:
    """Sines and cosines of the angles i / 10000^(2 j / D), in radians (Vaswani et al. 2017, section 3.5)."""
    rates = 10_000.0 ** (-torch.arange(0, width, 2) / width)
    angles = torch.outer(torch.arange(cells), rates)
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)[:, :width]
