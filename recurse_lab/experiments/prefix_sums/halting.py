"""Three halting rules compared on strings of several lengths.

`fixed` gives every string the same number of iterations. `residual` stops when the state changes by less than
a threshold. `head` stops when a small classifier, trained on thoughts about 16-bit strings, is sure enough.

Shape letters: B strings, R rule settings.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from recurse_lab.measure.halting import head_halt, outcome_at, residual_halt, train_halting_head
from recurse_lab.measure.latents import Trace, trace
from recurse_lab.records.record import Record
from recurse_lab.recurrence import Recurrence
from recurse_lab.tasks.prefix_sums import PrefixSums

THRESHOLD = 1e-3  # of the residual; fixed on development seeds before the claim was run

THRESHOLDS = {
    "residual": (0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0003, 0.0001),
    "head": (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9999),
}

TEST_SEED = 1_000_033


def compare_rules(
    model: Recurrence, lengths: Sequence[int], late: Callable[[int], int], *, seed: int, strings: int = 16
) -> dict[str, Any]:
    """Mean iterations and accuracy of each rule at each setting, and at equal mean iterations.

    Every length has the same weight. `late(bits)` is the largest number of iterations for that length.
    """
    head = train_halting_head(model, PrefixSums(), size=lengths[0], steps=late(lengths[0]), seed=seed)
    rules: dict[str, tuple[Sequence[float], Callable[[Trace, float], np.ndarray]]] = {
        "residual": (THRESHOLDS["residual"], residual_halt),
        "head": (THRESHOLDS["head"], partial(head_halt, head)),
        "fixed": (range(1, late(lengths[-1]) + 1, 2), fixed_halt),
    }
    spent: dict[str, list[Any]] = {name: [] for name in rules}
    generator = torch.Generator().manual_seed(TEST_SEED)
    for length in lengths:
        batch = PrefixSums().sample(strings, length, "test", generator)
        seen = trace(model, batch.inputs, late(length), task=PrefixSums(), targets=batch.targets)
        for name, (settings, rule) in rules.items():
            halts = np.stack([rule(seen, setting) for setting in settings])  # (R, B)
            right = np.stack([outcome_at(seen, halt) for halt in halts])
            spent[name].append((halts.mean(1), right.mean(1)))
    curves = {name: _mean_over_lengths(list(rules[name][0]), parts) for name, parts in spent.items()}
    return curves | {"equal": _at_equal_iterations(curves)}


def fixed_halt(seen: Trace, number: float) -> np.ndarray:
    """`number` iterations for every string, or all of the trace's if it has fewer."""
    return np.full(seen.residual.shape[1], min(int(number), seen.steps))


def mean_tradeoff(records: Mapping[int, Record]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Mean over seeds of each rule's curve: rule -> (mean iterations, accuracy), one entry a setting."""
    runs = [record.values["halting"] for record in records.values()]
    return {
        name: tuple(np.mean([run[name][part] for run in runs], axis=0) for part in ("iterations", "accuracy"))
        for name in ("fixed", "residual", "head")
    }


def right_by_rule(rule: str) -> Callable[[Record], float]:
    """The halting claims' metric: a rule's accuracy at no more mean iterations than the residual rule's."""
    return lambda record: record.values["halting"]["equal"][rule]


def _mean_over_lengths(settings: list[float], parts: list[Any]) -> dict[str, list[float]]:
    iterations, accuracy = (np.mean([part[index] for part in parts], axis=0) for index in (0, 1))
    return {"setting": settings, "iterations": iterations.tolist(), "accuracy": accuracy.tolist()}


def _at_equal_iterations(curves: dict[str, dict[str, list[float]]]) -> dict[str, float]:
    """Each rule's best accuracy among the settings that spend no more than the residual rule at 1e-3."""
    residual = curves["residual"]
    chosen = residual["setting"].index(THRESHOLD)
    allowed = residual["iterations"][chosen]

    def best(name: str) -> float:
        pairs = zip(curves[name]["iterations"], curves[name]["accuracy"], strict=True)
        return max((right for spent, right in pairs if spent <= allowed), default=0.0)

    equal = {"residual": residual["accuracy"][chosen], "fixed": best("fixed"), "head": best("head")}
    return equal | {"iterations": allowed}
