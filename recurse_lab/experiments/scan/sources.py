"""Training batches of commands that have about as many actions, and the same problems for every kind of net."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Generator

from recurse_lab.experiments.scan.arm import ScanArm
from recurse_lab.experiments.scan.episodes import OWN, drawn_meanings, episode, queries
from recurse_lab.tasks.base import Batch, Split
from recurse_lab.tasks.scan import JUMP_ALONE, Scan
from recurse_lab.tasks.scan_grammar import Command, meaning


@dataclass(frozen=True)
class Windows:
    """Commands next to each other in the order of their number of actions; ties are shuffled once.

    Windows of similar length save padding: a batch of SCAN drawn at random is as long as its longest command.
    """

    arm: ScanArm
    generator: Generator

    @property
    def task(self) -> Scan:
        """The judge of the answers."""
        return self.arm.task

    @cached_property
    def ordered(self) -> list[Command]:
        """All training commands, the shortest first."""
        pool = list(queries(self.task, "train") if self.arm.episodes else self.task.commands("train"))
        shuffled = [pool[number] for number in torch.randperm(len(pool), generator=self.generator).tolist()]
        return sorted(shuffled, key=lambda command: len(meaning(command)))

    def draw(self) -> Batch:
        """A window, with replacement of a tenth by "jump" in the jump split; episodes need none."""
        count, pool = self.arm.batch, self.ordered
        first = int(torch.randint(-count // 2, len(pool) - count // 2, (), generator=self.generator).item())
        first = max(0, min(first, len(pool) - count))
        chosen = pool[first : first + count]
        if self.task.kind == "jump" and not self.arm.episodes:
            alone = torch.rand(len(chosen), generator=self.generator) < JUMP_ALONE
            chosen = [("jump",) if a else c for a, c in zip(alone.tolist(), chosen, strict=True)]
        return problems(self.arm, chosen, "train", self.generator)

    def observe(self, accuracy: float) -> None:
        """Do nothing: the accuracy has no effect."""


def problems(arm: ScanArm, commands: list[Command], split: Split, generator: Generator) -> Batch:
    """Inputs and targets of commands, as an arm sees them."""
    if not arm.episodes:
        return arm.task.encoded(commands)
    meanings = [OWN if split != "train" else drawn_meanings(arm.task, split, generator) for _ in commands]
    return episode(commands, meanings)
