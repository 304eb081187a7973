"""Deep thinking: a small convolution net applied again and again, with the input recalled at every step.

Bansal et al. 2022, "End-to-end algorithm synthesis with recurrent networks", section 3 (recall), with
the group norm that makes the state settle. `depth` distinct blocks make it the plain feed-forward net.

Shape letters: B batch, D width, V classes, S symbols, *C cells (one or two dimensions).
"""

from dataclasses import dataclass
from typing import NamedTuple, cast

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Generator, Tensor, nn

from recurse_lab.nn.convolution import ResidualConv, conv, conv_head


@dataclass(frozen=True, kw_only=True)
class DeepThinkingConfig:
    """Sizes of a `DeepThinking` net; the defaults are the prefix-sum net of chapter 02."""

    symbols: int = 2  # kinds of input cell; symbol 0 is the all-zero vector, as in the paper's images
    classes: int = 2  # kinds of answer cell
    dims: int = 1  # a row of cells, or a grid
    width: int = 32  # w in the paper, which uses 400; 32 trains on a laptop and reaches the same lengths
    residual_blocks: int = 2  # as in the paper
    groups: int = 4  # groups of the norm; 0 leaves the norm out, and the state then need not settle
    recall: bool = True  # show the input to every step; without it the input is forgotten
    dilations: tuple[int, ...] = (1,)  # one per distinct block: (1,) ties all steps, k numbers untie k

    @property
    def depth(self) -> int:
        """Number of distinct blocks: 1 is the recurrent net, k a feed-forward net of k blocks."""
        return len(self.dilations)

    def reach(self, steps: int) -> int:
        """How many cells to each side an answer can depend on after `steps` steps (norms left aside)."""
        used = [self.dilations[min(step, self.depth - 1)] for step in range(steps)]
        return 1 + sum(used) * (int(self.recall) + 2 * self.residual_blocks) + 3


class Layered(NamedTuple):
    """The state `z` and the number of the next distinct block (which a tied net has no use for)."""

    z: Tensor
    layer: int


class Block(nn.Module):
    """One step: recall the input with a convolution over [z, x], then residual blocks."""

    def __init__(self, config: DeepThinkingConfig, dilation: int) -> None:
        super().__init__()
        dims, width = config.dims, config.width
        # conv [z, x] = conv_z z + conv_x x, and the second term is the same at every step
        self.recall_z = conv(dims, width, width, dilation) if config.recall else None
        self.recall_x = conv(dims, config.symbols - 1, width, dilation) if config.recall else None
        self.residual = nn.Sequential(
            *(ResidualConv(dims, width, config.groups, dilation) for _ in range(config.residual_blocks))
        )

    def recall(self, x: Float[Tensor, "B S *C"]) -> Float[Tensor, "B D *C"] | None:
        """conv_x of the input: computed once, added at every step; None without recall."""
        return None if self.recall_x is None else self.recall_x(x)

    def forward(
        self, z: Float[Tensor, "B D *C"], recalled: Float[Tensor, "B D *C"] | None
    ) -> Float[Tensor, "B D *C"]:
        """Refine `z`; `recalled` is conv_x of the input."""
        if self.recall_z is not None:
            z = (self.recall_z(z) + recalled).relu()
        return self.residual(z)


class DeepThinking(nn.Module):
    """Recurrent convolution net with recall; `think` iterates it.

    Inputs are integer symbols (B, *C), states (B, D, *C), logits (B, *C, V).
    """

    def __init__(self, config: DeepThinkingConfig) -> None:
        super().__init__()
        if not config.dilations or min(config.dilations) < 1:
            raise ValueError(f"dilations must be one or more numbers from 1 on, not {config.dilations}")
        self.config = config
        self.embed = conv(config.dims, config.symbols - 1, config.width)
        self.blocks = nn.ModuleList([Block(config, dilation) for dilation in config.dilations])
        self.head = conv_head(config.dims, config.width, config.classes)

    def start(
        self, inputs: Int[Tensor, "B *C"], generator: Generator | None = None
    ) -> tuple[Layered, list[Tensor | None]]:
        """First state and, for each distinct block, the input as it recalls it; nothing here is random."""
        x = F.one_hot(inputs, self.config.symbols)[..., 1:].movedim(-1, 1).float()
        recalled = [self.block(layer).recall(x) for layer in range(self.config.depth)]
        return Layered(self.embed(x).relu(), 0), recalled

    def step(self, state: Layered, context: list[Tensor | None]) -> Layered:
        """z <- block(z, x); a feed-forward net takes its next block, and beyond its depth the last one again."""
        layer = min(state.layer, self.config.depth - 1)
        return Layered(self.block(layer)(state.z, context[layer]), state.layer + 1)

    def block(self, layer: int) -> Block:
        """One of the distinct blocks."""
        return cast(Block, self.blocks[layer])

    def read(self, state: Layered) -> Float[Tensor, "B *C V"]:
        """Logits of every cell."""
        return self.head(state.z).movedim(1, -1)
