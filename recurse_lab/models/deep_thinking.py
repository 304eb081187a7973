"""Deep thinking: a small convolution net, applied again and again, that sees the input at every step (recall).

Bansal et al. 2022, "End-to-end algorithm synthesis with recurrent networks", section 3 (recall), with a group
norm that lets the state settle. With several distinct blocks (`depth`) it is a plain feed-forward net.

Shape letters: B batch, D width, V classes, S input channels (symbols - 1), *C cells (one or two dimensions).
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
    dims: int = 1  # 1: a row of cells; 2: a grid
    width: int = 32  # w in the paper (400); 32 trains on a laptop and reaches the same lengths
    residual_blocks: int = 2  # as in the paper
    groups: int = 4  # groups of the norm; 0 removes the norm, and the state may then not settle
    recall: bool = True  # feed the input to every step; without recall the net forgets the input
    dilations: tuple[int, ...] = (1,)  # one per distinct block; (1,) shares one block among all steps

    @property
    def depth(self) -> int:
        """Number of distinct blocks: 1 is the recurrent net, k a feed-forward net of k blocks."""
        return len(self.dilations)

    def reach(self, steps: int) -> int:
        """Receptive field after `steps` steps, in cells to each side, without the effect of the norms."""
        used = [self.dilations[min(step, self.depth - 1)] for step in range(steps)]
        return 1 + sum(used) * (int(self.recall) + 2 * self.residual_blocks) + 3


class Layered(NamedTuple):
    """The state `z`, and `layer`: steps taken, which select the next distinct block (no use with one block)."""

    z: Tensor
    layer: int


class Block(nn.Module):
    """One step: a convolution over [z, x] recalls the input, then residual blocks."""

    def __init__(self, config: DeepThinkingConfig, dilation: int) -> None:
        super().__init__()
        dims, width = config.dims, config.width
        # conv [z, x] = conv_z z + conv_x x; the second term is the same at every step
        self.recall_z = conv(dims, width, width, dilation) if config.recall else None
        self.recall_x = conv(dims, config.symbols - 1, width, dilation) if config.recall else None
        self.residual = nn.Sequential(
            *(ResidualConv(dims, width, config.groups, dilation) for _ in range(config.residual_blocks))
        )

    def recall(self, x: Float[Tensor, "B S *C"]) -> Float[Tensor, "B D *C"] | None:
        """conv_x of the input, computed once and added at every step; None without recall."""
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

    Raises:
        ValueError: `dilations` is empty or holds a number below 1, or `dims` is neither 1 nor 2.
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
        """The first state, and the recalled input (B, D, *C) or None of each distinct block. Nothing is random."""
        x = F.one_hot(inputs, self.config.symbols)[..., 1:].movedim(-1, 1).float()
        recalled = [self.block(layer).recall(x) for layer in range(self.config.depth)]
        return Layered(self.embed(x).relu(), 0), recalled

    def step(self, state: Layered, context: list[Tensor | None]) -> Layered:
        """z <- block(z, x). A feed-forward net applies its next block, and after the last one repeats it."""
        layer = min(state.layer, self.config.depth - 1)
        return Layered(self.block(layer)(state.z, context[layer]), state.layer + 1)

    def block(self, layer: int) -> Block:
        """The distinct block number `layer`, from 0."""
        return cast(Block, self.blocks[layer])

    def read(self, state: Layered) -> Float[Tensor, "B *C V"]:
        """Logits of every cell."""
        return self.head(state.z).movedim(1, -1)
