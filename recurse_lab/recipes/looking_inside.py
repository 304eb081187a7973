"""What chapter 02 does with a trained looped net: iterations needed, four starts, spectra, wrong fixed points.

Shape letters: B strings, T iterations, C bits, N numbers in a state.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Generator

from recurse_lab.evidence.records import Record
from recurse_lab.evidence.replicate import Results
from recurse_lab.measure.behaviour import steps_needed
from recurse_lab.measure.jacobian import eigenvalues
from recurse_lab.measure.latents import pca_path, trace
from recurse_lab.models.deep_thinking import DeepThinking
from recurse_lab.recipes.looping import LOOPED
from recurse_lab.recipes.prefix_sums import TEST_SEED, train
from recurse_lab.recurrence import Recurrence, Thought, latent, map_state, settle, think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.prefix_sums import PrefixSums
from recurse_lab.train.objectives import right_cells


def by_length(record: Record) -> dict[int, dict[int, float]]:
    """Length -> iteration -> share of strings wholly right, of one trial."""
    exact = record.values["exact"]
    return {int(bits): {int(step): share for step, share in steps.items()} for bits, steps in exact.items()}


def needed_by_length(runs: Mapping[int, Record]) -> tuple[list[int], dict[str, list[int | None]]]:
    """Lengths, and for each seed the first iteration from which 99 % of the strings stay right (None: never)."""
    needed = {
        f"seed {seed}": [_needed(curve) for curve in by_length(run).values()] for seed, run in runs.items()
    }
    return list(by_length(next(iter(runs.values())))), needed


def _needed(curve: dict[int, float]) -> int | None:
    return steps_needed(list(curve), list(curve.values()))


@torch.inference_mode()
def four_starts(
    net: Recurrence, batch: Batch, steps: int, seed: int, noun: str = "string"
) -> tuple[dict[str, np.ndarray], dict[str, dict[str, float]]]:
    """Paths (T+1, 1, 2) of the first problem from four first states; share right and agreement at the end."""
    own = next(iter(think(net, batch.inputs, 0))).state
    other = settle(net, batch.inputs.roll(1, 0), steps).state
    noise = torch.Generator().manual_seed(seed)
    starts = {
        "its own start": own,
        "zeros": map_state(torch.zeros_like, own),
        "loud noise": map_state(lambda z: 3 * torch.randn(z.shape, generator=noise), own),
        f"another {noun}'s end": other,
    }
    traces, summary = [], {}
    for name, state in starts.items():
        thoughts = [Thought(0, state, None), *think(net, batch.inputs, steps, resume=Thought(0, state, None))]
        traces.append(torch.stack([latent(thought.state) for thought in thoughts]))
        right = right_cells(net.read(thoughts[-1].state), batch.targets).all(1).float().mean().item()
        cosine = torch.cosine_similarity(traces[-1][-1], traces[0][-1]).mean().item()
        summary[name] = {f"{noun}s right": right, "cosine with its own start's end": round(cosine, 4)}
    together = torch.cat([path[:, :1] for path in traces], dim=1).numpy()  # (T+1, 4, N)
    points, _ = pca_path(together)
    return {name: points[:, index : index + 1] for index, name in enumerate(starts)}, summary


def spectra(net: DeepThinking, bits: int, steps: int, seed: int) -> tuple[list[Any], list[float], int | None]:
    """Eigenvalues of the step's Jacobian along one string's path, the largest |.|, and when it was solved."""
    one = PrefixSums().sample(1, bits, "test", Generator().manual_seed(seed))
    frames, solved = [], None
    for thought in think(net, one.inputs, steps, read=True):
        right = thought.logits is not None and bool(right_cells(thought.logits, one.targets).all())
        solved = (solved or thought.step) if right else None
        frames.append((thought.step, eigenvalues(net, one.inputs, thought.state)))
    return frames, [float(np.abs(values).max()) for _, values in frames], solved


def undertrained(
    seed: int, steps: int = 300, watch: Any = None
) -> tuple[DeepThinking, dict[str, float], np.ndarray]:
    """A net of few steps on strings of at most 6 bits: how many 64-bit strings it gets right, and its residuals."""
    arm = replace(LOOPED, plan=replace(LOOPED.plan, steps=steps), train_bits=6)
    net, _, _ = train(arm, seed, watch)
    batch = PrefixSums().sample(24, 64, "test", Generator().manual_seed(TEST_SEED))
    seen = trace(net, batch.inputs, 120)
    right = seen.answers[-1] == batch.targets.numpy()
    summary = {
        "strings wholly right": float(right.all(1).mean()),
        "bits right": float(right.mean()),
        "median residual": float(np.median(seen.residual[-1])),
    }
    return net, summary, seen.residual


def share_right_by_step(
    results: Results, labels: Mapping[str, str], bits: int
) -> dict[str, dict[int, float]]:
    """Arm -> iteration -> share of strings of one length wholly right, mean over seeds."""
    curves = {}
    for name, runs in results.items():
        by_seed = [by_length(run)[bits] for run in runs.values()]
        curves[labels[name]] = {
            step: float(np.mean([curve[step] for curve in by_seed])) for step in by_seed[0]
        }
    return curves


def share_right_by_length(results: Results, labels: Mapping[str, str]) -> dict[str, dict[int, list[float]]]:
    """Arm -> length -> share of strings wholly right at the last reading, one entry a seed."""
    return {
        labels[name]: {
            bits: [list(by_length(run)[bits].values())[-1] for run in runs.values()]
            for bits in by_length(next(iter(runs.values())))
        }
        for name, runs in results.items()
    }


def every_seed(runs: Mapping[int, Record], bits: int) -> dict[str, dict[str, Any]]:
    """Seed -> share of strings of one length right at the last reading, the best share at any, and when it stays."""
    rows = {}
    for seed, run in runs.items():
        curve = by_length(run)[bits]
        rows[f"seed {seed}"] = {
            f"right after {max(curve)} iterations": curve[max(curve)],
            "best at any number": max(curve.values()),
            "iterations until 99 % stay right": _needed(curve),
        }
    return rows


def longest_solved(runs: Mapping[int, Record], share: float = 1.0) -> int:
    """Longest length at which at least `share` of the strings are right on every seed (0: none)."""
    lengths = share_right_by_length({"": dict(runs)}, {"": ""})[""]
    return max((bits for bits, shares in lengths.items() if min(shares) >= share), default=0)


def extrapolated(lengths: Sequence[int], needed: Sequence[int | None], bits: int) -> float:
    """Iterations that a straight line through the known lengths foretells for `bits` (nan: fewer than two known)."""
    known = [(length, step) for length, step in zip(lengths, needed, strict=True) if step is not None]
    if len(known) < 2:
        return float("nan")
    slope, intercept = np.polyfit([length for length, _ in known], [step for _, step in known], 1)
    return float(slope * bits + intercept)
