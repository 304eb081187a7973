"""A learned step of a numerical method: z <- z + f(z, A, b), the same f at every step.

The state z is the iterate itself, or a latent vector from which the iterate is read. Three kinds of f:

    product   O (U s * V s): two linear maps of s = [z, A, b], multiplied number by number. The gated MLP of
              today's transformers does the same with one more nonlinearity (Shazeer 2020).
    mlp       two hidden layers of SiLU units
    gru       a gated recurrent unit (Cho et al. 2014); it replaces z instead of adding to it

Shape letters: B batch, N numbers of the system, S numbers of the state, H hidden, P numbers of the problem.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from recurse_lab.models.deep_thinking import Layered


@dataclass(frozen=True, kw_only=True)
class LearnedStepConfig:
    """Sizes of a `LearnedStep`; the defaults are the loop of chapter 01.

    Raises:
        ValueError: a size is below 1, the kind of step is unknown, or a GRU is to work on the iterate itself.
    """

    numbers: int = 4  # N
    latent: int | None = None  # numbers of a latent state; None: the state is the iterate
    kind: str = "product"
    hidden: int = 64  # H; an exact gradient step needs N^2 + N products
    recall: bool = True  # show the problem at every step; False: only the first state holds it
    depth: int = 1  # distinct steps; 1 shares one among all steps, and more repeat the last one

    def __post_init__(self) -> None:
        if min(self.numbers, self.hidden, self.depth, self.latent or 1) < 1:
            raise ValueError(f"sizes must be 1 or more: {self}")
        if self.kind not in ("product", "mlp", "gru"):
            raise ValueError(f"kind must be 'product', 'mlp' or 'gru', not {self.kind!r}")
        if self.latent is None and (self.kind == "gru" or not self.recall):
            raise ValueError("a GRU, and a step without recall, need a latent state")

    @property
    def problem(self) -> int:
        """P: numbers of A on and above its diagonal, and of b."""
        return self.numbers * (self.numbers + 3) // 2

    @property
    def state(self) -> int:
        """S."""
        return self.numbers if self.latent is None else self.latent


class Product(nn.Module):
    """O (U s * V s); without its products, a linear map."""

    def __init__(self, seen: int, hidden: int, out: int) -> None:
        super().__init__()
        self.u, self.v = nn.Linear(seen, hidden), nn.Linear(seen, hidden)
        self.o = nn.Linear(hidden, out, bias=False)

    def forward(self, s: Float[Tensor, "B _"]) -> Float[Tensor, "B S"]:
        """The change of the state."""
        return self.o(self.u(s) * self.v(s))


class LearnedStep(nn.Module):
    """Inputs are systems [A | b] (B, N, N+1), outputs iterates (B, N). `config` sets the state."""

    def __init__(self, config: LearnedStepConfig) -> None:
        super().__init__()
        self.config = config
        self.blocks = nn.ModuleList([step_of(config) for _ in range(config.depth)])
        self.first = None if config.recall else nn.Linear(config.problem, config.state)
        self.head = None if config.latent is None else nn.Linear(config.latent, config.numbers)
        self.rows, self.columns = torch.triu_indices(config.numbers, config.numbers).tolist()

    def start(
        self, inputs: Float[Tensor, "..."], generator: Generator | None = None
    ) -> tuple[Layered, Float[Tensor, "B P"]]:
        """First state 0 (without recall, a linear map of the problem); the context is the problem's numbers.

        Raises:
            ValueError: the systems have another size, or a number is not finite.
        """
        problem = numbers_of(inputs, self.config.numbers, self.rows, self.columns)
        zero = problem.new_zeros(len(problem), self.config.state)
        return Layered(zero if self.first is None else self.first(problem), 0), problem

    def step(self, state: Layered, context: Float[Tensor, "B P"]) -> Layered:
        """z <- z + f(z, A, b), or the GRU's new state."""
        block = self.blocks[min(state.layer, self.config.depth - 1)]
        if self.config.kind == "gru":
            return Layered(block(context, state.z), state.layer + 1)
        seen = torch.cat((state.z, context), 1) if self.config.recall else state.z
        return Layered(state.z + block(seen), state.layer + 1)

    def read(self, state: Layered) -> Float[Tensor, "B N"]:
        """The state itself, or a linear map of a latent one."""
        return state.z if self.head is None else self.head(state.z)


def step_of(config: LearnedStepConfig) -> nn.Module:
    """One learned step f."""
    if config.kind == "gru":
        return nn.GRUCell(config.problem, config.state)
    seen = config.state + (config.problem if config.recall else 0)
    if config.kind == "product":
        return Product(seen, config.hidden, config.state)
    layers = [nn.Linear(seen, config.hidden), nn.SiLU(), nn.Linear(config.hidden, config.hidden), nn.SiLU()]
    return nn.Sequential(*layers, nn.Linear(config.hidden, config.state))


def numbers_of(
    systems: Float[Tensor, "..."], numbers: int, rows: list[int], columns: list[int]
) -> Float[Tensor, "B P"]:
    """The numbers of a problem in one row: A on and above its diagonal, then b.

    Raises:
        ValueError: the systems have another size, or a number is not finite.
    """
    if systems.shape[1:] != (numbers, numbers + 1):
        raise ValueError(
            f"systems [A | b] must have the shape (B, {numbers}, {numbers + 1}), not {tuple(systems.shape)}"
        )
    if not torch.isfinite(systems).all():
        raise ValueError("every number of a system must be finite")
    return torch.cat((systems[:, rows, columns], systems[:, :, -1]), 1)
