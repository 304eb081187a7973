"""Parity: how far our numbers are from those of an official implementation, for each group of tensors.

The error of a tensor is rms(ours - theirs) / (unit + rms(theirs)): the unit is 1 for forward numbers, which have
size 1, and 0 for the rest. Forward numbers must agree to 1e-5, gradients and what optimizer steps make of them to
1e-4. But both sides round, and recursion amplifies rounding: `trm_mlp`, with its norm over cells, turns 1e-7 into 4e-4
in 42 evaluations. So our numbers are computed in float64 as well, and the distance of our float32 numbers from them
says how far rounding alone goes. Four times that distance is allowed where it is more than the tolerance. A mistake
is amplified as well, and is seen.

How far rounding goes is a property of the net and of how long it has thought, but one tensor is a small sample of
that: the halting head's two numbers may happen to come out exactly. So a tensor is allowed what rounding has done at
most to tensors of its group up to now, itself included; for logits, halting and losses, also to the latents, which
they are read off. Tensors that come later do not count, because rounding has been amplified further in them. Smaller
tensors do not count either, because they are worse samples: the gradient of a sure head is nothing but rounding, and
must not excuse a wrong gradient of a network. The worst single number is shown and not judged.
"""

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from recurse_lab.parity.compact import sketch
from recurse_lab.parity.golden import read_golden
from recurse_lab.parity.recompute import numbers

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

READ_OFF_LATENTS = ("logits", "halting", "losses")
ROUNDING = 4.0  # times as far as rounding alone
TINY = 1e-12  # a tensor of zeros must be zeros

# what a net or an optimizer with numbers that make no sense raises
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


def usable(device: str) -> torch.device:
    """A device by name.

    Raises:
        ValueError: torch has no such device here.
    """
    try:
        found = torch.zeros(1, device=device)
        found.cpu()  # `meta` holds no numbers
    except (
        RuntimeError,
        AssertionError,
        ImportError,
    ) as error:  # the last two where torch was built without it
        raise ValueError(f"device {device!r} cannot be used here; cpu always can") from error
    return found.device


def agree(found: dict[str, Error]) -> bool:
    """Whether every group is near enough."""
    return all(error.share <= 1 for error in found.values())


def errors(path: Path, device: str = "cpu") -> dict[str, Error]:
    """In each group of a golden file's tensors, the one that is furthest off for what is allowed.

    Our float32 numbers are computed on `device`, the float64 ones on the CPU.
    """
    golden, where = read_golden(path), usable(device)
    waiting = {name for name in golden.arrays if not re.match(r"w0?/|(step\d+/)?in/", name)}
    by_group = judges()
    try:
        pairs = zip(numbers(golden, device=where), numbers(golden, torch.float64), strict=True)
        for (name, ours), (_, exact) in pairs:
            kept, own, sure = name, ours.detach().cpu().numpy(), exact.detach().numpy()
            if f"sketch/{name}" in waiting:
                kept, own, sure = f"sketch/{name}", sketch(own), sketch(sure)
            if kept in waiting:
                waiting.remove(kept)
                if (told := golden.arrays[kept].shape) != own.shape:
                    raise ValueError(f"{path}: {kept} is {told} in the file, but {own.shape} here")
                group = next(key for key, (pattern, _) in GROUPS.items() if re.fullmatch(pattern, name))
                by_group[group].judge(kept, golden.arrays[kept], own, sure, ours.numel())
    except BROKEN as error:
        if str(error).startswith(str(path)):
            raise
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ValueError(f"{path}: cannot be computed, {reason}") from error
    found = {group: judge.found for group, judge in by_group.items() if judge.found}
    if waiting or not found:
        raise ValueError(f"{path}: no way to compute {min(waiting, default='anything')}")
    return {group: max(of_group, key=lambda error: error.share) for group, of_group in found.items()}


@dataclass
class Judge:
    """Judges the tensors of one group, one after the other."""

    tolerance: float
    unit: float
    found: list[Error] = field(default_factory=list)
    roundings: list[tuple[int, float]] = field(
        default_factory=list
    )  # of each tensor up to now: its size, and how far rounding went
    beneath: list[tuple[int, float]] = field(
        default_factory=list
    )  # the same of the latents, where this group is read off them

    def judge(self, name: str, theirs: np.ndarray, ours: np.ndarray, exact: np.ndarray, size: int) -> None:
        """Judge one tensor of `size` numbers, in the form in which the file keeps it."""
        theirs, ours, exact = (np.atleast_1d(part).astype(np.float64) for part in (theirs, ours, exact))
        scale, apart = max(self.unit + rms(theirs), TINY), np.abs(ours - theirs)
        worst = apart / np.maximum((self.unit or rms(theirs)) + np.abs(theirs), TINY)
        if math.isfinite(rounding := rms(ours - exact) / scale):
            self.roundings.append((size, rounding))
        seen = self.roundings + self.beneath
        furthest = max((far for count, far in seen if count >= size), default=0.0)
        allowed = max(self.tolerance, ROUNDING * furthest)
        self.found.append(Error(name, rms(apart) / scale, allowed, float(worst.max())))


def judges() -> dict[str, Judge]:
    """A judge for each group; what is read off latents may be as far off as they are."""
    by_group = {group: Judge(*limits) for group, (_, limits) in GROUPS.items()}
    for group in READ_OFF_LATENTS:
        by_group[group].beneath = by_group["latents"].roundings
    return by_group


def rms(array: np.ndarray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.square(array).mean()))
