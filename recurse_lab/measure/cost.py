"""Costs of a model: parameters, floating-point operations (FLOPs), bytes of state, peak memory.

A FLOP is one multiplication or addition inside a matrix product, an attention or a convolution. Element-wise
operations are not counted (torch's FlopCounterMode). A backward pass costs twice its forward pass.
"""

import sys
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from recurse_lab.recurrence import Recurrence
from recurse_lab.state import latent


class ForwardFlops(NamedTuple):
    """FLOPs of a model's three functions, each called once on the inputs measured."""

    start: float
    step: float
    read: float

    def answer(self, steps: int) -> float:
        """FLOPs of one start, `steps` steps and one read."""
        return self.start + steps * self.step + self.read

    def training(self, with_gradient: float, without_gradient: float = 0.0) -> float:
        """FLOPs of one training pass, forward and backward, with these numbers of steps with and without gradient."""
        return without_gradient * self.step + 3 * (self.start + with_gradient * self.step + self.read)


def parameters(model: nn.Module) -> int:
    """Number of trainable weights; shared ones count once."""
    return sum(weight.numel() for weight in model.parameters() if weight.requires_grad)


@torch.no_grad()
def forward_flops(model: Recurrence, inputs: Tensor) -> ForwardFlops:
    """FLOPs of one start, one step and one read on all of `inputs` (B, ...)."""
    start, (state, context) = _count(lambda: model.start(inputs))
    step, state = _count(lambda: model.step(state, context))
    read, _ = _count(lambda: model.read(state))
    return ForwardFlops(start, step, read)


@torch.no_grad()
def state_bytes(model: Recurrence, inputs: Tensor) -> int:
    """Bytes of the state of `inputs` (B, ...), which a loop carries from step to step."""
    flat = latent(model.start(inputs)[0])
    return flat.numel() * flat.element_size()


def peak_memory_mb() -> float:
    """Largest resident memory of this process so far, in MB."""
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset / 1e6
    import resource  # Windows has no such module

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


def _count(call):  # type: ignore[no-untyped-def]
    # on a CPU, the counter sees the matrix products of the plain ("math") attention only
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        result = call()
    return float(counter.get_total_flops()), result
