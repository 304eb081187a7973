"""How a state converges: its movement, its distance from its last value, the step at which each answer settles.

Shape letters: B batch, *C cells, T steps, N numbers in a state. Arrays over T + 1 thoughts begin with thought
0, the start; arrays over T steps begin with step 1.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from recurse_lab.recurrence import Recurrence, think
from recurse_lab.state import latent
from recurse_lab.tasks.judging import CLASSES, Judge


@dataclass(frozen=True, kw_only=True)
class Trace:
    """The thoughts of a model: their answers, and the movement of the state."""

    answers: np.ndarray  # (T+1, B, *C) likeliest class, or a number
    confidence: np.ndarray  # (T+1, B, *C) probability of that class; NaN for numbers
    residual: np.ndarray  # (T, B) |z_t - z_(t-1)| / |z_t|
    moved: (
        np.ndarray
    )  # (T, B) how far outputs moved in a step: of classes, KL(p_t || p_(t-1)) in nats, mean over cells
    right: np.ndarray | None = None  # (T+1, B, *C) which answers are right; None without targets
    latents: np.ndarray | None = None  # (T+1, B, N); None unless asked for

    @property
    def steps(self) -> int:
        """T."""
        return len(self.residual)


@torch.no_grad()
def trace(
    model: Recurrence,
    inputs: Any,
    steps: int,
    *,
    task: Judge = CLASSES,
    targets: Tensor | None = None,
    keep_latents: bool = False,
    **options: Any,
) -> Trace:
    """Think `steps` steps about `inputs` (B, *C) and record every thought; `options` go to `think`.

    The task turns outputs into answers, confidence, movement and, with `targets`, correctness. Only two
    states are held at a time, unless `keep_latents` asks for all of them.
    """
    seen: dict[str, list[Tensor]] = {name: [] for name in ("answers", "confidence", "right", "latents")}
    residuals, moves = [], []
    before: tuple[Tensor, Tensor] | None = None
    for thought in think(model, inputs, steps, read=True, **options):
        assert thought.output is not None
        z, output = latent(thought.state), thought.output
        seen["answers"].append(task.answer(output))
        seen["confidence"].append(task.confidence(output))
        if targets is not None:
            seen["right"].append(task.right(output, task.asked(targets, thought.step)))
        if keep_latents:
            seen["latents"].append(z)
        if before is not None:
            residuals.append(relative_change(z, before[0]))
            moves.append(task.moved(output, before[1]))
        before = z, output
    found = {name: torch.stack(parts).numpy() for name, parts in seen.items() if parts}
    count = len(seen["answers"][0])
    return Trace(residual=_stack(residuals, count), moved=_stack(moves, count), **found)


def relative_change(z_BN: Float[Tensor, "B N"], before_BN: Float[Tensor, "B N"]) -> Float[Tensor, " B"]:
    """|z - before| / |z|, called the residual in the literature on equilibrium models."""
    return (z_BN - before_BN).norm(dim=1) / z_BN.norm(dim=1).clamp_min(1e-12)


def distance_to_limit(latents: Float[np.ndarray, "T B N"]) -> Float[np.ndarray, "T B"]:
    """Distance of each state from the last one, relative to the norm of the last one."""
    last = latents[-1]
    return np.linalg.norm(latents - last, axis=-1) / np.maximum(np.linalg.norm(last, axis=-1), 1e-12)


def pca_path(
    latents: Float[np.ndarray, "T B N"],
) -> tuple[Float[np.ndarray, "T B 2"], Float[np.ndarray, " 2"]]:
    """All states in the plane of their first two principal components, and the share of variance of each."""
    flat = latents.reshape(-1, latents.shape[-1]).astype(np.float64)
    centered = flat - flat.mean(0)
    # the Gram matrix of the states is small: there are fewer states than numbers in a state
    variances, vectors = np.linalg.eigh(centered @ centered.T)
    top, total = variances[::-1][:2].clip(0), max(variances.clip(0).sum(), 1e-30)
    points = vectors[:, ::-1][:, :2] * np.sqrt(top)
    return points.reshape(*latents.shape[:2], 2), top / total


def settling_step(answers: Int[np.ndarray, "T B *C"]) -> Int[np.ndarray, "B *C"]:
    """First thought from which each answer never changes again; 0 if it never changed."""
    changed = answers[1:] != answers[:-1]
    steps = np.arange(1, len(answers)).reshape(-1, *[1] * (answers.ndim - 1))
    return (changed * steps).max(axis=0, initial=0)


def _stack(rows: list[Tensor], batch: int) -> np.ndarray:
    return torch.stack(rows).numpy() if rows else np.zeros((0, batch), dtype=np.float32)
