"""A memorizer of windows: no net, only the answers seen in training for an item and its neighbors.

It is the null model of "matching subgraphs" (Dziri et al. 2023, section 4): what can be had from pieces that were
seen, without any rule.

Shape letters: B batch, C items, V classes, N items of all training lists.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Generator, Tensor

from recurse_lab.tasks.base import Batch


@dataclass(frozen=True, kw_only=True)
class MemorizerConfig:
    """Sizes of a `Memorizer`."""

    reach: int = 5  # items to each side: with 5, a window of any item of a trained list holds the whole list
    symbols: int = 5  # different items
    classes: int = 2  # V

    def __post_init__(self) -> None:
        """Check the sizes."""
        if self.reach < 0 or min(self.symbols, self.classes) < 1:
            numbers = f"{self.reach}, {self.symbols} and {self.classes}"
            raise ValueError(f"reach must be 0 or more, symbols and classes 1 or more, not {numbers}")

    @property
    def windows(self) -> list[tuple[int, int]]:
        """Items to the left and right of each window, the widest last; of equal ones, that with more on the right.

        The gain of an item depends on the items to its right.
        """
        sides = range(self.reach + 1)
        return sorted(((left, right) for left in sides for right in sides), key=lambda w: (sum(w), w[1]))


@dataclass(frozen=True)
class Memorizer:
    """Answers with the most frequent answer of the widest window that it has seen. State: the inputs themselves."""

    config: MemorizerConfig
    # window -> the codes of all its contents seen, sorted, and how often each had which answer
    seen: dict[tuple[int, int], tuple[Tensor, Tensor]] = field(default_factory=dict)

    def learn(self, lists: Sequence[Batch]) -> None:
        """Count the answers of all windows of all lists, and forget what was counted before."""
        targets_N = torch.cat([targets.flatten() for _, targets in lists])
        for window in self.config.windows:
            codes_N = torch.cat([self.codes(inputs, window).flatten() for inputs, _ in lists])
            known, place_N = codes_N.unique(return_inverse=True)
            counts = torch.zeros(len(known) * self.config.classes)
            counts.index_add_(0, place_N * self.config.classes + targets_N, torch.ones(len(place_N)))
            self.seen[window] = known, counts.view(len(known), -1)

    def codes(self, inputs_BC: Int[Tensor, "B C"], window: tuple[int, int]) -> Int[Tensor, "B C"]:
        """A number for each item's window; places beyond the ends count as one further symbol."""
        padded = F.pad(inputs_BC, window, value=self.config.symbols)
        base = (self.config.symbols + 1) ** torch.arange(sum(window) + 1)
        return (padded.unfold(1, sum(window) + 1, 1) * base).sum(-1)

    def start(
        self, inputs: Int[Tensor, "B C"], generator: Generator | None = None
    ) -> tuple[Int[Tensor, "B C"], None]:
        """The inputs; there is no context."""
        return inputs, None

    def step(self, state: Int[Tensor, "B C"], context: None) -> Int[Tensor, "B C"]:
        """Nothing to refine."""
        return state

    def read(self, state: Int[Tensor, "B C"]) -> Float[Tensor, "B C V"]:
        """How often each answer was seen, in the widest window that was seen at all; else zeros."""
        found = torch.zeros(*state.shape, self.config.classes)
        for window in self.config.windows:
            if window in self.seen:
                known, counts = self.seen[window]
                codes = self.codes(state, window)
                place = torch.searchsorted(known, codes).clamp(max=len(known) - 1)
                found = torch.where((known[place] == codes)[..., None], counts[place], found)
        return found

    def entries(self) -> int:
        """Number of windows kept."""
        return sum(len(known) for known, _ in self.seen.values())
