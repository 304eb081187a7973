"""Speed of a training step: its time, its share of the processor's matrix rate, and the shares of its parts.

The training run is an argument, a function; no step is written again here. Times are CPU time of this process
unless stated otherwise. CPU time leaves out waiting, but other programs still slow it down through shared
caches and memory. It adds up over threads, so rates are those of one busy thread.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple

import torch
from torch.profiler import ProfilerActivity, profile

Mark = Callable[[], None]  # a training run calls it at the end of each step, to time the step
TrainingRun = Callable[[int, Mark], None]  # makes this number of training steps, which change its model

OPTIMIZER = "optimizer"  # a profiled range of this name counts as the optimizer's
PRODUCTS, ATTENTION, ELEMENTWISE, REST = "products", "attention", "element-wise", "rest"
WHERE = (PRODUCTS, ATTENTION, ELEMENTWISE, OPTIMIZER, REST)
NAMES = {  # kind -> parts of the names of its operations or of their parents; the first kind that fits counts
    OPTIMIZER: (OPTIMIZER, "Optimizer.", "_foreach_"),
    ATTENTION: ("scaled_dot_product", "ScaledDotProduct", "aten::_softmax", "bmm"),
    PRODUCTS: ("aten::mm", "aten::addmm"),
}


class Speed(NamedTuple):
    """One training step: CPU and wall-clock milliseconds (medians), and model FLOPs."""

    cpu_ms: float
    wall_ms: float
    flops: float

    @property
    def rate(self) -> float:
        """FLOPs per CPU-second."""
        return self.flops / self.cpu_ms * 1e3

    def share(self, peak: float) -> float:
        """Model FLOPs utilization: the step's rate over `peak`, in FLOPs per CPU-second of one thread."""
        return self.rate / peak


def speed(run: TrainingRun, flops: float, steps: int) -> Speed:
    """Medians over `steps` training steps of `flops` model FLOPs each, after one step that warms up."""
    cpu, wall = [], []

    def mark() -> None:
        cpu.append(process_time())
        wall.append(perf_counter())

    run(steps + 1, mark)
    return Speed(_median_ms(cpu), _median_ms(wall), flops)


def matrix_rate(sizes: tuple[int, ...] = (512, 1024), repeats: int = 10) -> float:
    """The best rate of a float32 product of two square matrices on one thread, in FLOPs per CPU-second."""
    rates = []
    with threads(1), torch.no_grad():
        for size in sizes:
            left, out = torch.ones(size, size), torch.empty(size, size)
            for _ in range(repeats):
                begun = process_time()
                torch.mm(left, left, out=out)
                rates.append(2 * size**3 / (process_time() - begun))
    return max(rates)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Inside the block, torch computes on `count` threads; afterwards it uses as many as before.

    Raises:
        ValueError: `count` is below 1 or above the number of cores.
    """
    cores = os.cpu_count() or 1
    if not 1 <= count <= cores:
        raise ValueError(f"threads must be from 1 to {cores}, the cores of this machine, not {count}")
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def where(run: TrainingRun, steps: int) -> dict[str, float]:
    """Shares of the wall-clock time of `steps` training steps, after one that warms up; they add up to 1.

    - `products`: matrix products with weights.
    - `attention`: products of queries, keys and values, and their softmax.
    - `optimizer`: its steps, the gradient's norm and the slow average.
    - `element-wise`: all else that torch computes: norms, gates, rotations, losses, copies (attention's too).
    - `rest`: the remaining time: Python, autograd and waiting.

    The profiler adds some time to each operation, so small operations look larger than they are.
    """
    run(1, _nothing)
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        begun = perf_counter()
        run(steps, _nothing)
        microseconds = (perf_counter() - begun) * 1e6
    shares = dict.fromkeys(WHERE, 0.0)
    for event in profiler.events() or ():
        shares[_kind(event)] += event.self_cpu_time_total / microseconds
    shares[REST] = 1 - sum(share for kind, share in shares.items() if kind != REST)
    return shares


def _kind(event: Any) -> str:
    """The kind of a profiled operation, from its name and the names of its parents."""
    names = [event.name]
    while event := event.cpu_parent:
        names.append(event.name)
    for kind, parts in NAMES.items():
        if any(part in name for name in names for part in parts):
            return kind
    return ELEMENTWISE if names[0].startswith("aten::") else REST


def _median_ms(clock: list[float]) -> float:
    return median(end - begin for begin, end in pairwise(clock)) * 1e3


def _nothing() -> None:
    pass
