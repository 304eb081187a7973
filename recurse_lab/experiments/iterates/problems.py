"""Batches of systems with their iterates: fresh systems, or a few prototypes with their neighbors.

Shape letters: B batch, N numbers, T iterates, M prototypes.
"""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from recurse_lab.experiments.iterates.arm import TRAINED, IterateArm
from recurse_lab.models.numerical import GradientDescent
from recurse_lab.recurrence import Recurrence, think
from recurse_lab.tasks.base import Batch, Split, own_seed
from recurse_lab.tasks.linear_systems import LinearSystems

TEST_SEED = 1_000_003
JITTER = 0.1  # deviation of each number of b around its prototype


@torch.no_grad()
def iterates(
    systems: Float[Tensor, "B N N+1"], steps: int, method: Recurrence | None = None
) -> Float[Tensor, "B T N"]:
    """The iterates 0 to `steps` of a method (None: gradient descent with rate 1)."""
    thoughts = think(method or GradientDescent(), systems, steps, read=True)
    return torch.stack([thought.output for thought in thoughts if thought.output is not None], 1)


@dataclass
class Fresh:
    """A source of systems never seen before, with the iterates of the trained steps."""

    task: LinearSystems
    count: int
    generator: Generator

    def draw(self) -> Batch:
        """New systems and their iterates."""
        systems = self.task.systems(self.count, "train", self.generator)
        return Batch(systems, iterates(systems, TRAINED))

    def observe(self, accuracy: float) -> None:
        """Do nothing: the accuracy has no effect."""


@dataclass
class Neighbors:
    """A source of prototypes whose b is moved a little; A stays the prototype's."""

    task: LinearSystems
    count: int
    generator: Generator
    prototypes: Float[Tensor, "M N N+1"] = field(repr=False)

    def draw(self) -> Batch:
        """Neighbors of random prototypes and their iterates."""
        chosen = torch.randint(len(self.prototypes), (self.count,), generator=self.generator)
        systems = moved(self.prototypes[chosen], JITTER, self.generator)
        return Batch(systems, iterates(systems, TRAINED))

    def observe(self, accuracy: float) -> None:
        """Do nothing: the accuracy has no effect."""


def moved(systems: Float[Tensor, "B N N+1"], size: float, generator: Generator) -> Float[Tensor, "B N N+1"]:
    """The systems, with a normal draw of deviation `size` added to each number of b."""
    change = torch.zeros_like(systems)
    change[:, :, -1] = size * torch.randn(systems.shape[:2], generator=generator)
    return systems + change


def source(arm: IterateArm, generator: Generator) -> Fresh | Neighbors:
    """The arm's training problems; the generator draws the prototypes first."""
    task = LinearSystems(condition=arm.condition)
    if arm.prototypes is None:
        return Fresh(task, arm.batch, generator)
    return Neighbors(task, arm.batch, generator, task.systems(arm.prototypes, "train", generator))


def held_out(
    arm: IterateArm, seed: int, steps: int, kappa: float | None = None, split: Split = "test"
) -> Batch:
    """The seed's own problems of a split, at one condition number if `kappa` is given."""
    task = LinearSystems(condition=(kappa, kappa) if kappa else arm.condition)
    generator = Generator().manual_seed(own_seed(TEST_SEED, seed, True))
    systems = task.systems(arm.problems, split, generator)
    return Batch(systems, iterates(systems, steps))
