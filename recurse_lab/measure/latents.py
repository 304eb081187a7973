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


@dataclass(frozen=True, kw_only=True)
class Trace:
    """What a model's thoughts look like from outside (answers) and inside (the state's movement)."""

    answers: np.ndarray  # (T+1, B, *C) likeliest class
    confidence: np.ndarray  # (T+1, B, *C) its probability
    residual: np.ndarray  # (T, B) |z_t - z_(t-1)| / |z_t|
    output_kl: np.ndarray  # (T, B) KL(p_t || p_(t-1)) in nats, mean over cells
    latents: np.ndarray | None = None  # (T+1, B, N), only on request

    @property
    def steps(self) -> int:
        """T."""
        return len(self.residual)


@torch.no_grad()
def trace(
    model: Recurrence, inputs: Tensor, steps: int, *, keep_latents: bool = False, **options: Any
) -> Trace:
    """Think `steps` steps about `inputs` and record every thought; `options` go to `think`.

    Only two states are held at a time, unless `keep_latents` asks for all of them.
    """
    answers, confidences, residuals, kls, kept = [], [], [], [], []
    z_before = log_p_before = None
    for thought in think(model, inputs, steps, read=True, **options):
        assert thought.logits is not None
        z, log_p = latent(thought.state), thought.logits.float().log_softmax(-1)
        best, answer = log_p.max(-1)
        answers.append(answer)
        confidences.append(best.exp())
        if z_before is not None and log_p_before is not None:
            residuals.append(relative_change(z, z_before))
            kls.append((log_p.exp() * (log_p - log_p_before)).sum(-1).flatten(1).mean(1))
        if keep_latents:
            kept.append(z)
        z_before, log_p_before = z, log_p
    return Trace(
        answers=torch.stack(answers).numpy(),
        confidence=torch.stack(confidences).numpy(),
        residual=_stack(residuals, len(inputs)),
        output_kl=_stack(kls, len(inputs)),
        latents=torch.stack(kept).numpy() if keep_latents else None,
    )


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
