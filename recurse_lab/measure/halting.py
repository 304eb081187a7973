"""Two halting rules: a threshold on the residual, and a head that learns when the answer is right.

Shape letters: B problems, T steps, F features.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor, nn

from recurse_lab.measure.latents import Trace, trace
from recurse_lab.recurrence import Recurrence
from recurse_lab.tasks.base import Batch, Task
from recurse_lab.tasks.judging import Classes
from recurse_lab.train.loop import fit, seeded
from recurse_lab.train.objectives.base import Outcome
from recurse_lab.train.optimizer import Plan
from recurse_lab.train.sources import InTurn

FEATURES = 6
HEAD_PLAN = Plan(steps=300, rate=1e-2, warmup=0, decay_last=0.0, weight_decay=1e-2, clip=None)


def residual_halt(seen: Trace, threshold: float) -> Int[np.ndarray, " B"]:
    """First step of each problem whose residual is below `threshold`; the last step if there is none."""
    return _first(seen.residual < threshold)


def outcome_at(seen: Trace, halts: Int[np.ndarray, " B"]) -> Bool[np.ndarray, " B"]:
    """Whether each problem's answer at its halting step is wholly right.

    Raises:
        ValueError: the trace was made without targets.
    """
    if seen.right is None:
        raise ValueError("the trace does not say what is right; give targets to `trace`")
    return seen.right[halts, np.arange(len(halts))].reshape(len(halts), -1).all(axis=1)


class HaltingHead(nn.Module):
    """A learned halting rule: the probability that the present answer is wholly right.

    It follows Graves 2016 (ACT) and Banino et al. 2021 (PonderNet), with one difference: it is trained on the
    thoughts of a finished model, with "the answer is right" as the label, so training it cannot change the
    model.
    """

    def __init__(self, hidden: int = 32) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(FEATURES, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, features: Float[Tensor, "*TB F"]) -> Float[Tensor, "*TB"]:
        """Logit of "the answer is right"."""
        return self.net(features)[..., 0]


def features(seen: Trace) -> Float[Tensor, "T B F"]:
    """Features of each step: movement of state and output, confidence (mean, least), and share of answers changed."""
    cells = tuple(range(2, seen.answers.ndim))
    confidence, change = seen.confidence[1:], (seen.answers[1:] != seen.answers[:-1]).mean(axis=cells)
    columns = (
        np.log10(seen.residual + 1e-8),
        np.log10(np.abs(seen.moved) + 1e-8),
        confidence.mean(axis=cells),
        confidence.min(axis=cells),
        change,
        np.log10(1 - confidence.min(axis=cells) + 1e-8),
    )
    return torch.from_numpy(np.stack(columns, axis=-1).astype(np.float32))


def train_halting_head(
    model: Recurrence,
    task: Task,
    *,
    size: int,
    steps: int,
    seed: int,
    problems: int = 128,
    updates: int = 300,
) -> HaltingHead:
    """Train a head on the thoughts of steps 1 to T about `problems` training problems of one size.

    The loss is binary cross-entropy. `updates` counts optimizer steps.
    """
    batch = task.sample(problems, size, "train", Generator().manual_seed(seed))
    seen = trace(model, batch.inputs, steps, task=task, targets=batch.targets)
    everywhere = [np.full(problems, step) for step in range(1, steps + 1)]
    right_TB = torch.from_numpy(np.stack([outcome_at(seen, halts) for halts in everywhere]))
    with seeded(seed) as generator:
        head = HaltingHead()
    source = InTurn(Truth(), [Batch(features(seen), right_TB)])
    fit(head, source, heads_word, replace(HEAD_PLAN, steps=updates), generator)
    return head


@dataclass(frozen=True)
class Truth(Classes):
    """The judge of a halting head: outputs are logits (T, B) of "the answer is right", targets (T, B) the truth."""

    def loss(self, outputs: Float[Tensor, "*TB"], targets: Bool[Tensor, "*TB"]) -> Float[Tensor, ""]:
        """Binary cross-entropy."""
        return F.binary_cross_entropy_with_logits(outputs, targets.float())

    def counts(self, targets: Bool[Tensor, "*TB"]) -> Bool[Tensor, "*TB"]:
        """Every thought counts."""
        return torch.ones_like(targets)

    def right(self, outputs: Float[Tensor, "*TB"], targets: Bool[Tensor, "*TB"]) -> Bool[Tensor, "*TB"]:
        """Whether the logit is above zero exactly where the target is true."""
        return (outputs > 0) == targets


def heads_word(head: HaltingHead, task: Truth, batch: Batch, *_: Any) -> Outcome:
    """The objective of a halting head: its loss on all thoughts of a batch."""
    said = head(batch.inputs)
    return Outcome(task.loss(said, batch.targets), said, batch.targets, None, len(batch.inputs))


@torch.no_grad()
def head_halt(head: HaltingHead, seen: Trace, probability: float) -> Int[np.ndarray, " B"]:
    """First step at which the head's probability exceeds `probability`; the last step if there is none."""
    return _first((head(features(seen)).sigmoid() > probability).numpy())


def _first(stopped: Bool[np.ndarray, "T B"]) -> Int[np.ndarray, " B"]:
    steps = len(stopped)
    return np.where(stopped.any(axis=0), stopped.argmax(axis=0) + 1, steps)
