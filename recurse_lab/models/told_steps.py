"""A feed-forward net that is told the step number k, and predicts the k-th iterate in one pass.

It obeys the protocol of the loops: a step only counts, and `read` answers for the present count. So the same
objective trains it on the iterates of all steps, and `think` reads it at any k.

Shape letters: B batch, N numbers of the system, P numbers of the problem, D width, K powers.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Generator, Tensor, nn

from recurse_lab.models.deep_thinking import Layered
from recurse_lab.models.learned_step import numbers_of
from recurse_lab.nn.mlp import GatedMLP


@dataclass(frozen=True, kw_only=True)
class ToldStepsConfig:
    """Sizes of a `ToldSteps` net.

    Raises:
        ValueError: a size is below 1, or `powers` is negative.
    """

    numbers: int = 4  # N
    width: int = 16  # D
    depth: int = 3  # gated blocks
    powers: int = 0  # K: work on each number of b, A b, ..., A^K b (a Krylov basis); 0: on A and b themselves

    def __post_init__(self) -> None:
        if min(self.numbers, self.width, self.depth) < 1 or self.powers < 0:
            raise ValueError(f"sizes must be 1 or more, powers 0 or more: {self}")

    @property
    def seen(self) -> int:
        """Numbers that the first layer sees, without k."""
        return self.powers + 1 if self.powers else self.numbers * (self.numbers + 3) // 2


class ToldSteps(nn.Module):
    """Inputs are systems [A | b] (B, N, N+1), outputs iterates (B, N)."""

    def __init__(self, config: ToldStepsConfig) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Linear(config.seen + 1, config.width)
        self.blocks = nn.ModuleList([GatedMLP(config.width, config.width) for _ in range(config.depth)])
        self.head = nn.Linear(config.width, 1 if config.powers else config.numbers)
        self.rows, self.columns = torch.triu_indices(config.numbers, config.numbers).tolist()

    def start(self, inputs: Float[Tensor, "..."], generator: Generator | None = None) -> tuple[Layered, None]:
        """The problem's numbers, (B, P) or with powers (B, N, K+1), and the count 0.

        Raises:
            ValueError: the systems have another size, or a number is not finite.
        """
        problem = numbers_of(inputs, self.config.numbers, self.rows, self.columns)
        if not self.config.powers:
            return Layered(problem, 0), None
        powers = [inputs[:, :, -1:]]
        for _ in range(self.config.powers):
            powers.append(inputs[:, :, :-1] @ powers[-1])
        return Layered(torch.cat(powers, 2), 0), None

    def step(self, state: Layered, context: None) -> Layered:
        """Count one step."""
        return Layered(state.z, state.layer + 1)

    def read(self, state: Layered) -> Float[Tensor, "B N"]:
        """The k-th iterate in one pass, k the count; the net sees log k, which grows slowly beyond training."""
        k = state.z.new_full((*state.z.shape[:-1], 1), float(max(1, state.layer))).log()
        h = self.embed(torch.cat((state.z, k), -1))
        for block in self.blocks:
            h = h + block(F.rms_norm(h, (h.shape[-1],)))
        return self.head(h)[..., 0] if self.config.powers else self.head(h)
