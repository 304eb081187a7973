"""How fast a training step is: its time, the share of the processor's matrix rate it reaches, and where the time goes.

Everything is measured on a training run that is handed in as a function: no step is written again here. Times are
CPU time of this process unless said otherwise. That leaves out waiting, but not what other programs cost through
shared caches and memory. The time of several threads is added up, so that rates are those of one busy thread.
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

Mark = Callable[[], None]  # what a training run calls at the end of each step, so that it can be timed
TrainingRun = Callable[[int, Mark], None]  # makes that many training steps, which change its model

OPTIMIZER = "optimizer"  # name of a profiled range that counts as the optimizer's
PRODUCTS, ATTENTION, ELEMENTWISE, REST = "products", "attention", "element-wise", "rest"
WHERE = (PRODUCTS, ATTENTION, ELEMENTWISE, OPTIMIZER, REST)
NAMES = {  # kind -> parts of the names of its operations, or of one that they belong to; the first that fits
    OPTIMIZER: (OPTIMIZER, "Optimizer.", "_foreach_"),
    ATTENTION: ("scaled_dot_product", "ScaledDotProduct", "aten::_softmax", "bmm"),
    PRODUCTS: ("aten::mm", "aten::addmm"),
}


class Speed(NamedTuple):
    """Of one training step: CPU and wall-clock milliseconds (medians), and model FLOPs."""

    cpu_ms: float
    wall_ms: float
    flops: float

    @property
    def rate(self) -> float:
        """FLOPs a CPU-second."""
        return self.flops / self.cpu_ms * 1e3

    def share(self, peak: float) -> float:
        """Model FLOPs utilization: the step's rate as a share of `peak`, FLOPs a CPU-second of one thread."""
        return self.rate / peak


def speed(run: TrainingRun, flops: float, steps: int) -> Speed:
    """Medians over `steps` training steps of `flops` model FLOPs each; one more before them warms up."""
    cpu, wall = [], []

    def mark() -> None:
        cpu.append(process_time())
        wall.append(perf_counter())

    run(steps + 1, mark)
    return Speed(_median_ms(cpu), _median_ms(wall), flops)


def matrix_rate(sizes: tuple[int, ...] = (512, 1024), repeats: int = 10) -> float:
    """The best rate of a float32 product of two square matrices on one thread, in FLOPs a second."""
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
    """Torch computes on `count` threads inside, and on as many as before afterwards.

    Raises:
        ValueError: there are not so many cores.
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

    `products` are those with weights; `attention`, those of queries, keys and values, and their softmax. `optimizer`
    includes the gradient's norm and the slow average. `element-wise` is all else that torch computes: norms, gates,
    rotations, losses, copies, those for attention too. `rest` is what remains of the time: Python, autograd and
    waiting. The profiler itself costs some time for each operation, so that small ones look larger than they are.
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
    """The kind of a profiled operation, from its name and those of the operations that it is part of."""
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
