"""SCAN: commands to sequences of actions, in the splits that ask for systematic generalization.

Lake and Baroni 2018, "Generalization without Systematicity" (arXiv:1711.00350), sections 3 to 5. An input holds
the command and, behind it, the actions so far (teacher forcing); the target of each of its cells is the next action.

Shape letters: B commands, W words of a command with padding (9), M actions and the end, C = W + M cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import torch
from jaxtyping import Bool, Int
from torch import Generator, Tensor

from recurse_lab.tasks.base import Batch, Split
from recurse_lab.tasks.judging import IGNORE, Classes
from recurse_lab.tasks.scan_grammar import ACTIONS, WORDS, Actions, Command, commands, meaning

Kind = Literal["simple", "length", "jump"]
KINDS = ("simple", "length", "jump")
MOST_WORDS = 9  # of a command
PAD, END = 0, len(ACTIONS) + 1  # symbols; words 1 to 13, actions 1 to 6; the end is also the begin
JUMP_ALONE = 0.1  # share of "jump" itself in the training of the jump split, as in the published one
VALIDATION = 20  # one in so many commands of the training side is for validation


@dataclass(frozen=True)
class Scan(Classes):
    """Commands of one split. Symbols of words and of actions are counted separately, each from 1 on.

    "length": training on at most `longest` actions, test on more. "jump": no command with "jump" in training but
    "jump" itself, which is one in ten of the training problems; test on all others with it. "simple": a fifth for
    the test, drawn at random.

    Raises:
        ValueError: the kind is unknown, or `longest` leaves one side of the split without commands.
    """

    kind: Kind = "length"
    small: bool = False  # without "thrice" and "around": 4,656 commands of at most 12 actions
    longest: int = 22  # actions of a training command in the length split
    dims: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}")
        if self.kind == "length" and not 2 <= self.longest < (most := 12 if self.small else 48):
            raise ValueError(f"longest must be from 2 to {most - 1} actions, not {self.longest}")

    @property
    def symbols(self) -> int:
        """Words and padding; the fewer actions have symbols below this."""
        return len(WORDS) + 1

    @property
    def classes(self) -> int:
        """Padding (never right), actions and the end."""
        return len(ACTIONS) + 2

    def commands(self, split: Split) -> tuple[Command, ...]:
        """All commands of a split, in the order of the grammar."""
        return split_of(self.kind, self.small, self.longest)[split]

    def sample(self, count: int, size: int, split: Split, generator: Generator) -> Batch:
        """Draw `count` commands with replacement, of any length; `size` is not used.

        Raises:
            ValueError: `count` is below 1.
        """
        if count < 1:
            raise ValueError(f"count must be 1 problem or more, not {count}")
        pool = self.commands(split)
        chosen = torch.randint(len(pool), (count,), generator=generator)
        if self.kind == "jump" and split == "train":
            alone = torch.rand(count, generator=generator) < JUMP_ALONE
            chosen = torch.where(alone, pool.index(("jump",)), chosen)
        return self.encoded([pool[number] for number in chosen.tolist()])

    def encoded(self, drawn: Sequence[Command]) -> Batch:
        """Inputs (B, 9 + M) and targets (B, M), padded to the longest of these commands."""
        return encoded(drawn, [meaning(command) for command in drawn])

    def verify(self, inputs: Int[Tensor, "B C"], answers: Int[Tensor, "B M"]) -> Bool[Tensor, " B"]:
        """True where all actions and the end are right; what stands behind the end does not count."""
        targets = self.encoded([command_of(row) for row in inputs.tolist()]).targets
        return ((answers[:, : targets.shape[1]] == targets) | (targets == IGNORE)).all(1)


@cache
def split_of(kind: Kind, small: bool, longest: int) -> dict[Split, tuple[Command, ...]]:
    """Split -> its commands."""
    every = [c for c in commands() if not small or not {"thrice", "around"} & set(c)]
    if kind == "simple":
        order = torch.randperm(len(every), generator=Generator().manual_seed(0)).tolist()
        asked = {every[number] for number in order[: len(every) // 5]}
    elif kind == "length":
        asked = {command for command in every if len(meaning(command)) > longest}
    else:
        asked = {command for command in every if "jump" in command and command != ("jump",)}
    taught = [command for command in every if command not in asked]
    order = torch.randperm(len(taught), generator=Generator().manual_seed(1)).tolist()
    kept_out = {taught[number] for number in order[: len(taught) // VALIDATION]} - {("jump",)}
    return {
        "train": tuple(command for command in taught if command not in kept_out),
        "validation": tuple(command for command in taught if command in kept_out),
        "test": tuple(command for command in every if command in asked),
    }


def encoded(drawn: Sequence[Command], meant: Sequence[Actions], words: int = MOST_WORDS) -> Batch:
    """Commands (padded to `words`) and actions as inputs and targets."""
    M = max(map(len, meant)) + 1
    inputs = torch.zeros(len(drawn), words + M, dtype=torch.int64)
    targets = torch.full((len(drawn), M), IGNORE)
    for row, (command, actions) in enumerate(zip(drawn, meant, strict=True)):
        numbers = [ACTIONS.index(action) + 1 for action in actions]
        inputs[row, : len(command)] = torch.tensor([WORDS.index(word) + 1 for word in command])
        inputs[row, words : words + len(actions) + 1] = torch.tensor([END, *numbers])
        targets[row, : len(actions) + 1] = torch.tensor([*numbers, END])
    return Batch(inputs, targets)


def command_of(row: Sequence[int]) -> Command:
    """The command of one row of inputs."""
    return tuple(WORDS[symbol - 1] for symbol in row[:MOST_WORDS] if symbol != PAD)
