"""Parity: how far our numbers are from those of an official implementation, for each group of tensors.

The error of a tensor is rms(ours - theirs) / (unit + rms(theirs)): the unit is 1 for forward numbers, which have
size 1, and 0 for the rest. Forward numbers must agree to 1e-5, gradients and what optimiser steps make of them to
1e-4. Recursion amplifies rounding, so our numbers are computed in float64 as well: where rounding alone, which is
in theirs as in ours, takes float32 further than that, up to four times as far is allowed (`trm_mlp` with its norm
over cells turns 1e-7 into 4e-4 in 42 evaluations; a mistake is amplified as well, and is seen). The worst
single number is shown and not judged.
"""

import math
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from recurse_lab.evidence.compact import sketch
from recurse_lab.evidence.golden import read_golden
from recurse_lab.evidence.recompute import numbers

FORWARD, BACKWARD = (1e-5, 1.0), (1e-4, 0.0)  # tolerance, unit
GROUPS = {  # name -> which tensors, tolerance and unit
    "embedding": (r"out/x_embedding", FORWARD),
    "latents": (r"step\d+/(cycle\d+/.*|carry_.*)", FORWARD),
    "logits": (r"step\d+/logits", FORWARD),
    "halting": (r"step\d+/q_(halt|continue)", FORWARD),
    "losses": (r"step\d+/(.*_loss_sum|loss)", FORWARD),
    "gradients": (r"step\d+/grad/.*", BACKWARD),
    "slots": (r"step\d+/(steps|halted|used_labels)", FORWARD),
    "trained weights": (r"w_end/(?!puzzle_emb).*", BACKWARD),
    "trained table": (r"w_end/puzzle_emb.*", BACKWARD),
    "slow average": (r"ema_end/.*", BACKWARD),
}
ROUNDING = 4.0  # times as far as rounding alone
TINY = 1e-12  # a tensor of zeros must be zeros
# what a net or an optimiser with numbers that make no sense ends in
BROKEN = (ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, AssertionError, MemoryError)


class Error(NamedTuple):
    """Of one tensor: its name, its error and how large that may be, and the error of its worst number."""

    name: str
    error: float
    allowed: float
    number: float

    @property
    def share(self) -> float:
        """Error as a share of the allowed one; infinite if it is no number."""
        share = self.error / self.allowed
        return math.inf if math.isnan(share) else share


def agree(found: dict[str, Error]) -> bool:
    """Whether every group is near enough."""
    return all(error.share <= 1 for error in found.values())


def errors(path: Path) -> dict[str, Error]:
    """In each group of a golden file's tensors, the one that is furthest off for what is allowed."""
    golden = read_golden(path)
    waiting = {name for name in golden.arrays if not re.match(r"w0?/|(step\d+/)?in/", name)}
    found: dict[str, Error] = {}
    try:
        for (name, ours), (_, exact) in zip(numbers(golden), numbers(golden, torch.float64), strict=True):
            kept, own, sure = name, ours.detach().numpy(), exact.detach().numpy()
            if f"sketch/{name}" in waiting:
                kept, own, sure = f"sketch/{name}", sketch(own), sketch(sure)
            if kept in waiting:
                waiting.remove(kept)
                if (told := golden.arrays[kept].shape) != own.shape:
                    raise ValueError(f"{path}: {kept} is {told} in the file, but {own.shape} here")
                group = next(key for key, (pattern, _) in GROUPS.items() if re.fullmatch(pattern, name))
                error = compared(kept, golden.arrays[kept], own, sure, *GROUPS[group][1])
                found[group] = max(error, found.get(group, error), key=lambda one: one.share)
    except BROKEN as error:
        if str(error).startswith(str(path)):
            raise
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ValueError(f"{path}: cannot be computed, {reason}") from error
    if waiting or not found:
        raise ValueError(f"{path}: no way to compute {min(waiting, default='anything')}")
    return {group: found[group] for group in GROUPS if group in found}


def compared(
    name: str, theirs: np.ndarray, ours: np.ndarray, exact: np.ndarray, tolerance: float, unit: float
) -> Error:
    """The error of one tensor, in the form in which the file keeps it."""
    theirs, ours, exact = (np.atleast_1d(part).astype(np.float64) for part in (theirs, ours, exact))
    scale, apart = max(unit + rms(theirs), TINY), np.abs(ours - theirs)
    worst = apart / np.maximum((unit or rms(theirs)) + np.abs(theirs), TINY)
    allowed = max(tolerance, ROUNDING * rms(ours - exact) / scale)
    return Error(name, rms(apart) / scale, allowed, float(worst.max()))


def rms(array: np.ndarray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.square(array).mean()))
