"""Views inside a net trained on text: what each application adds, and the bytes read off after each.

The same functions serve nets with shared and with distinct blocks. Shape letters: C bytes.
"""

from typing import NamedTuple

import torch

from recurse_lab.experiments.text.arm import TextArm
from recurse_lab.experiments.text.scores import windows
from recurse_lab.measure.depth import alignments, bits, changes, lens, streams
from recurse_lab.models.mobile_llm import MobileLLM
from recurse_lab.recurrence import think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.text import Text


class Updates(NamedTuple):
    """What the applications of blocks add to the state of each cell."""

    changes: list[float]  # |z_l - z_(l-1)| / |z_l|, mean over cells
    alignments: list[list[float]]  # cosine between the updates of two applications, mean over cells


def updates(arm: TextArm, net: MobileLLM, seed: int) -> Updates:
    """Sizes and directions of the updates, on the test windows of a seed."""
    z_ABCD = streams(net, windows(arm, "test", seed).inputs, arm.model.applications)
    return Updates(changes(z_ABCD), alignments(z_ABCD))


def bits_by_depth(arm: TextArm, net: MobileLLM, seed: int) -> list[float]:
    """Bits per byte read after each application, from the start on, on the test windows of a seed."""
    batch = windows(arm, "test", seed)
    return lens(net, batch, arm.model.applications, {"bits": bits(Text())})["bits"]


@torch.no_grad()
def readings(net: MobileLLM, batch: Batch, applications: int) -> list[str]:
    """The bytes predicted for the first window after each application, from the start on, as text."""
    thoughts = think(net, batch.inputs, applications, read=True)
    answers = [thought.output[0].argmax(-1) for thought in thoughts if thought.output is not None]
    return [shown(answer.tolist()) for answer in answers]


def shown(numbers: list[int]) -> str:
    """Bytes as text of one character each: bytes outside of printable ASCII become a dot."""
    return "".join(chr(number) if 32 <= number < 127 else "·" for number in numbers)
