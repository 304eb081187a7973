"""Chapter 00: data for its tables and figures."""

from recurse_lab.experiments.prefix_sums.inside import one_string
from recurse_lab.measure.coverage import DIFFERENCES, coverage
from recurse_lab.recurrence import Recurrence, think
from recurse_lab.tasks.base import Batch

__all__ = ["DIFFERENCES", "coverage", "coverage_rows", "one_string", "thought_rows"]


def thought_rows(net: Recurrence, batch: Batch, steps: int) -> dict[str, dict[str, int | str]]:
    """The input, the answer after every step, and the right answer of the first string, bit by bit."""

    def row(bits: list[int]) -> dict[str, int | str]:
        return {f"bit {number}": bit for number, bit in enumerate(bits, start=1)}

    found = {"input": row(batch.inputs[0].tolist())}
    for thought in think(net, batch.inputs, steps, read=True):
        assert thought.output is not None
        found[f"after {thought.step} step{'s' * (thought.step != 1)}"] = row(thought.output[0].tolist())
    return found | {"right": row(batch.targets[0].tolist())}


def coverage_rows(counts: tuple[int, ...] = (5, 10)) -> dict[str, dict[str, float]]:
    """How often the interval of so many seeds holds the true mean, and on which side it lies where it does not."""
    rows = {}
    for name, differences in DIFFERENCES.items():
        for seeds in counts:
            found = coverage(differences, seeds)
            rows[f"{name}; {seeds} seeds"] = {
                "holds the true mean": round(found.holds, 3),
                "lies above it": round(found.above, 3),
                "lies below it": round(found.below, 3),
            }
    return rows
