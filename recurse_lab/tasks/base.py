"""The interface of tasks: seeded batches of a chosen size, disjoint splits, and an exact verifier.

Shape letters: B batch, *C cells.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol, get_args, runtime_checkable

import torch
from jaxtyping import Bool, Int
from torch import Generator, Tensor

from recurse_lab.tasks.judging import Judge

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

IGNORE = -100  # target of a cell that counts neither in the loss nor in the accuracy
FOLDS = 8  # a hash of the problem gives its fold: 6 train, 1 validation, 1 test
FOLD_OF = {"train": range(6), "validation": range(6, 7), "test": range(7, 8)}


class Batch(NamedTuple):
    """Inputs and targets, (B, *C) each: symbols and classes, or numbers."""

    inputs: Tensor
    targets: Tensor


@runtime_checkable
class Task(Judge, Protocol):
    """A seeded generator with a difficulty parameter (`size`), an exact verifier, and a `Judge` of outputs."""

    @property
    def symbols(self) -> int: ...  # noqa: D102
    @property
    def classes(self) -> int: ...  # noqa: D102
    @property
    def dims(self) -> int: ...  # noqa: D102

    def sample(self, count: int, size: int, split: Split, generator: Generator) -> Batch:
        """Draw `count` problems of one size and split; splits share no problem."""
        ...

    def verify(self, inputs: Tensor, answers: Tensor) -> Tensor:
        """Whether each answer (B, *C) solves its problem, (B,)."""
        ...


def own_seed(base: int, seed: int, own: bool) -> int:
    """Seed that draws the test problems: `base` for all training seeds, or a distinct one per `seed` if `own`."""
    return base + 7_919 * (seed + 1) if own else base


def fold(inputs: Int[Tensor, "B *C"]) -> Int[Tensor, " B"]:
    """The fold of each problem, 0 to 7: a hash of all its cells that never changes."""
    code = torch.zeros(len(inputs), dtype=torch.int64)
    for cell_B in inputs.flatten(1).long().T:
        # 64-bit multiply and mix; the overflow is intended
        code = (code ^ (cell_B + 1)) * 0x9E3779B97F4A7C1 + 0x632BE59BD9B4E01
        code = code ^ (code >> 29)
    return (code >> 7) % FOLDS


def in_split(inputs: Int[Tensor, "B *C"], split: Split) -> Bool[Tensor, " B"]:
    """Whether each problem belongs to `split`.

    Raises:
        ValueError: the split is unknown.
    """
    if split not in FOLD_OF:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, not {split!r}")
    wanted, folds = FOLD_OF[split], fold(inputs)
    return (folds >= wanted.start) & (folds < wanted.stop)


def sample_split(
    draw: Callable[[int], Tensor], count: int, split: Split, tries: int = 200
) -> Int[Tensor, "B *C"]:
    """`count` problems of one split: call `draw(number)` up to `tries` times and keep those of the split.

    Raises:
        ValueError: `count` is below 1, the split is unknown, or too few problems were drawn.
    """
    if count < 1:
        raise ValueError(f"count must be 1 problem or more, not {count}")
    kept: list[Tensor] = []
    have = 0
    for _ in range(tries):
        drawn = draw(2 * count if split == "train" else FOLDS * count)
        kept.append(drawn[in_split(drawn, split)])
        have += len(kept[-1])
        if have >= count:
            return torch.cat(kept)[:count]
    raise ValueError(
        f"no more than {have} problems of this size fall into the {split} split; ask for a larger size"
    )
