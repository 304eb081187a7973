"""Views inside a net trained on prefix sums: spectra along a path, and wrong fixed points."""

from dataclasses import replace
from typing import Any

import numpy as np
from torch import Generator

from recurse_lab.experiments.prefix_sums.arm import LOOPED
from recurse_lab.experiments.prefix_sums.scores import TEST_SEED
from recurse_lab.experiments.prefix_sums.trial import train
from recurse_lab.measure.jacobian import eigenvalues
from recurse_lab.measure.latents import Trace, trace
from recurse_lab.models.deep_thinking import DeepThinking
from recurse_lab.recurrence import think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.prefix_sums import PrefixSums
from recurse_lab.train.loop import After


def spectra(net: DeepThinking, bits: int, steps: int, seed: int) -> tuple[list[Any], list[float], int | None]:
    """Eigenvalues of the Jacobian at each step for one string, largest |.|, step from which the answer stays right."""
    one = PrefixSums().sample(1, bits, "test", Generator().manual_seed(seed))
    frames, solved = [], None
    for thought in think(net, one.inputs, steps, read=True):
        right = thought.output is not None and bool(PrefixSums().right(thought.output, one.targets).all())
        solved = (solved or thought.step) if right else None
        frames.append((thought.step, eigenvalues(net, one.inputs, thought.state)))
    return frames, [float(np.abs(values).max()) for _, values in frames], solved


def undertrained(
    seed: int, steps: int = 300, after: After | None = None
) -> tuple[DeepThinking, dict[str, float], np.ndarray]:
    """Train a net for few steps on at most 6 bits; return the net, its accuracy on 64-bit strings, its residuals."""
    arm = replace(LOOPED, plan=replace(LOOPED.plan, steps=steps), train_bits=6)
    net, _, _ = train(arm, seed, after)
    batch = PrefixSums().sample(24, 64, "test", Generator().manual_seed(TEST_SEED))
    seen = trace(net, batch.inputs, 120)
    right = seen.answers[-1] == batch.targets.numpy()
    summary = {
        "strings wholly right": float(right.all(1).mean()),
        "bits right": float(right.mean()),
        "median residual": float(np.median(seen.residual[-1])),
    }
    return net, summary, seen.residual


def one_string(net: DeepThinking, bits: int, steps: int, seed: int) -> tuple[Batch, Trace]:
    """One test string and the net's thoughts about it."""
    batch = PrefixSums().sample(1, bits, "test", Generator().manual_seed(seed))
    return batch, trace(net, batch.inputs, steps)
