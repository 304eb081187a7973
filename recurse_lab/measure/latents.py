"""Watch a state converge: how much it moves, how far it is from its end, when each answer settles.

Shape letters: B batch, *C cells, V classes, T steps, N numbers in a state. Arrays over T + 1 thoughts begin
with thought 0, the start; arrays over T steps begin with step 1.
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
    """What a model's thoughts look like from outside (answers) and inside (the state's movement)."""

    answers: np.ndarray  # (T+1, B, *C) likeliest class, or number
    confidence: np.ndarray  # (T+1, B, *C) probability of that class
    residual: np.ndarray  # (T, B) |z_t - z_(t-1)| / |z_t|
    moved: (
        np.ndarray
    )  # (T, B) how far outputs moved in a step: of classes, KL(p_t || p_(t-1)) in nats, mean over cells
    right: np.ndarray | None = None  # (T+1, B, *C) which answers are right, where targets were given
    latents: np.ndarray | None = None  # (T+1, B, N), only on request

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
    """Think `steps` steps about `inputs` and record every thought; `options` go to `think`.

    The task says what an output answers, how sure and how right it is. Only two states are held at a time, unless
    `keep_latents` asks for all of them.
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
    """|z - before| / |z|, the residual of the literature on equilibrium models."""
    return (z_BN - before_BN).norm(dim=1) / z_BN.norm(dim=1).clamp_min(1e-12)


def distance_to_limit(latents: Float[np.ndarray, "T B N"]) -> Float[np.ndarray, "T B"]:
    """Distance of each state to the last one, relative to the size of the last one."""
    last = latents[-1]
    return np.linalg.norm(latents - last, axis=-1) / np.maximum(np.linalg.norm(last, axis=-1), 1e-12)


def pca_path(
    latents: Float[np.ndarray, "T B N"],
) -> tuple[Float[np.ndarray, "T B 2"], Float[np.ndarray, " 2"]]:
    """All states in the plane of their two largest principal components, and the shares of variance kept."""
    flat = latents.reshape(-1, latents.shape[-1]).astype(np.float64)
    centered = flat - flat.mean(0)
    # eigenvectors of the small Gram matrix: there are fewer states than numbers in a state
    variances, vectors = np.linalg.eigh(centered @ centered.T)
    top, total = variances[::-1][:2].clip(0), max(variances.clip(0).sum(), 1e-30)
    points = vectors[:, ::-1][:, :2] * np.sqrt(top)
    return points.reshape(*latents.shape[:2], 2), top / total


def settling_step(answers: Int[np.ndarray, "T B *C"]) -> Int[np.ndarray, "B *C"]:
    """First thought from which an answer never changes again; 0 if it never did."""
    changed = answers[1:] != answers[:-1]
    steps = np.arange(1, len(answers)).reshape(-1, *[1] * (answers.ndim - 1))
    return (changed * steps).max(axis=0, initial=0)


def _stack(rows: list[Tensor], batch: int) -> np.ndarray:
    return torch.stack(rows).numpy() if rows else np.zeros((0, batch), dtype=np.float32)
