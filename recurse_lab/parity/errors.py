"""Parity: the distance of our numbers from those of an official implementation, for each group of tensors.

The error of a tensor is rms(ours - theirs) / (unit + rms(theirs)). The unit is 1 for forward numbers, which
have size 1, and 0 for the rest. The tolerance is 1e-5 for forward numbers, and 1e-4 for gradients and for
results of optimizer steps.

Both sides round, and recursion amplifies rounding: `trm_mlp`, with its norm over cells, turns 1e-7 into 4e-4
in 42 evaluations. So our numbers are computed in float64 too. The distance of our float32 numbers from them
measures rounding alone. The allowed error is the tolerance, or four times this distance if that is more.
Recursion amplifies a mistake as well, so mistakes still show.

Rounding depends on the net and on the number of steps, and one tensor is a small sample of it: the halting
head's two numbers may be exact by chance. So the rounding that counts for a tensor is the largest in its
group so far, its own included. For logits, halting and losses, the rounding of the latents behind them counts
too. Later tensors do not count: rounding has been amplified further in them. Smaller tensors do not count:
they are worse samples. The gradient of a sure head, for example, is nothing but rounding, and must not excuse
a wrong gradient of a network. The error of the worst single number is reported, but not judged.
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
GROUPS = {  # name -> pattern of tensor names, (tolerance, unit)
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
ROUNDING = 4.0  # factor on rounding alone
TINY = 1e-12  # a tensor of zeros must be zeros

# errors of a net or an optimizer whose numbers make no sense
BROKEN = (ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, AssertionError, MemoryError)


class Error(NamedTuple):
    """The error of one tensor, the allowed error, and the error of its worst single number."""

    name: str
    error: float
    allowed: float
    number: float

    @property
    def share(self) -> float:
        """Error over allowed error; infinite if the error is NaN."""
        share = self.error / self.allowed
        return math.inf if math.isnan(share) else share


def usable(device: str) -> torch.device:
    """The device of this name.

    Raises:
        ValueError: torch cannot compute on this device here.
    """
    try:
        found = torch.zeros(1, device=device)
        found.cpu()  # `meta` holds no numbers
    except (
        RuntimeError,
        AssertionError,
        ImportError,
    ) as error:  # the last two if torch was built without the device
        raise ValueError(f"device {device!r} cannot be used here; cpu always can") from error
    return found.device


def agree(found: dict[str, Error]) -> bool:
    """Whether the error of every group is within the allowed one."""
    return all(error.share <= 1 for error in found.values())


def errors(path: Path, device: str = "cpu") -> dict[str, Error]:
    """The worst error of each group of a golden file's tensors, relative to the allowed error.

    Our float32 numbers are computed on `device`, the float64 ones on the CPU.

    Raises:
        ValueError: the file or the device cannot be used, a shape differs, or no way is known to compute a
            tensor.
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
    """Judges the tensors of one group in their order."""

    tolerance: float
    unit: float
    found: list[Error] = field(default_factory=list)
    roundings: list[tuple[int, float]] = field(
        default_factory=list
    )  # size and rounding of each tensor of the group so far
    beneath: list[tuple[int, float]] = field(
        default_factory=list
    )  # the same for the latents, if this group is read off them

    def judge(self, name: str, theirs: np.ndarray, ours: np.ndarray, exact: np.ndarray, size: int) -> None:
        """Judge one tensor of `size` numbers, given in the form that the file keeps (whole, or a sketch)."""
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
    """A judge for each group; those of logits, halting and losses also see the rounding of latents."""
    by_group = {group: Judge(*limits) for group, (_, limits) in GROUPS.items()}
    for group in READ_OFF_LATENTS:
        by_group[group].beneath = by_group["latents"].roundings
    return by_group


def rms(array: np.ndarray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.square(array).mean()))
