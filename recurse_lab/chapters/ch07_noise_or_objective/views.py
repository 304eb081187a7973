"""Chapter 07: what its notebook shows, computed from boards, from live nets and from recorded runs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Generator

from recurse_lab.chapters.ch07_noise_or_objective import by_hand, published
from recurse_lab.chapters.ch07_noise_or_objective.rows import (
    choice_rows,
    chosen_rows,
    free_rows,
    guided_rows,
    shown_rows,
    split_rows,
)
from recurse_lab.claims.arms import ArmResult
from recurse_lab.experiments.completions.arm import SAMPLES, CompletionArm, Way
from recurse_lab.experiments.completions.inside import Fan, by_cycle, by_solutions, fan
from recurse_lab.experiments.completions.problems import boards
from recurse_lab.experiments.completions.scores import sampled
from recurse_lab.experiments.completions.tables import (
    by_draws,
    by_way,
    covered,
    covered_at_equal_compute,
    mean_score,
    rows,
    seconds_a_draw,
    valid,
)
from recurse_lab.experiments.sudoku.choosing import by_use
from recurse_lab.measure.factorized import Floor, at_temperature, entropies, floor, marginals, widest
from recurse_lab.measure.solution_sets import Samples
from recurse_lab.records.replicate import Results

__all__ = [
    "by_cycle",
    "by_draws",
    "by_solutions",
    "by_use",
    "by_way",
    "choice_rows",
    "chosen_rows",
    "covered",
    "covered_at_equal_compute",
    "fan",
    "free_rows",
    "guided_rows",
    "mean_score",
    "published",
    "rows",
    "sampled",
    "seconds_a_draw",
    "shown_rows",
    "split_rows",
    "valid",
]


# Settings that the figure of prices shows: the main table leaves them out.
DIALS = (
    *(f"latent_{steps}" for steps in (1, 2, 3, 4)),
    *("order_1", "order_4", "order_sure_2", "order_pairs", "order_carried"),
)


def example() -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The board worked by hand, all its solutions and the likeliest digit of every cell, and names of all."""
    solved = by_hand.solutions()
    names = [f"solution {chr(ord('A') + number)}" for number in range(len(solved))]
    drawn = np.concatenate((solved, by_hand.likeliest()[None]))
    return by_hand.grid(by_hand.BOARD), drawn, ["the board", *names, "likeliest digits"]


def floors(
    arm: CompletionArm, seed: int, most: int = 64
) -> tuple[dict[str, dict[str, float]], dict[str, Floor]]:
    """Rows of the exact floor on test boards with several solutions, and the same numbers by name."""
    task = arm.boards
    solutions = task.solutions(boards(arm, "test", seed).inputs[:most])
    p = marginals(task, solutions)
    found = {
        "likeliest digits, ties by chance": floor(task, solutions, at_temperature(p, 0.01), SAMPLES),
        "every cell drawn by itself": floor(task, solutions, p, SAMPLES),
        "the same, temperature 0.3": floor(task, solutions, at_temperature(p, 0.3), SAMPLES),
        "best independent cells found": floor(task, solutions, widest(task, solutions, SAMPLES), SAMPLES),
    }
    ideal = (1 - (1 - 1 / solutions.sum(1).double()) ** SAMPLES).mean().item()
    found["whole boards, all solutions alike"] = Floor(1.0, ideal, 1.0)
    return {
        name: {"draws valid": one.validity, "solutions found": one.coverage, "one found": one.passed}
        for name, one in found.items()
    }, found


def nats(arm: CompletionArm, seed: int) -> Any:
    """Entropy of the cells one by one and of the whole board on test boards with several solutions."""
    task = arm.boards
    return entropies(task, task.solutions(boards(arm, "test", seed).inputs))


def means(found: Sequence[ArmResult]) -> dict[str, float]:
    """Name of each arm or way -> mean over seeds."""
    return {arm.name: float(np.mean(list(arm.values.values()))) for arm in found}


def fan_boards(found: Fan) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The board of a fan, its solutions, and their names with the number of draws that reached each."""
    names = [chr(ord("A") + number) for number in range(len(found.solutions))]
    titles = ["the board", *(f"{name}: {found.reached.count(name)} draws" for name in names)]
    solved = np.stack([by_hand.grid(board) for board in found.solutions])
    return by_hand.grid(found.board), solved, titles


def price(
    results: Results, arms: Mapping[str, CompletionArm], ways: Mapping[str, tuple[str, ...]]
) -> dict[str, dict[float, float]]:
    """Label of a curve -> MFLOP of a draw -> share of the solutions found by 20 draws; `ways` names its points."""
    points: dict[str, tuple[float, float]] = {}
    for arm, runs in results.items():
        for name in arms[arm].ways:
            points[name] = (mean_score(runs, name, "flops") / 1e6, mean_score(runs, name, "coverage"))
    return {label: dict(points[name] for name in names) for label, names in ways.items()}


def with_cycles(
    arm: CompletionArm, model: Any, cycles: tuple[int, ...], seed: int
) -> dict[str, dict[str, float]]:
    """Number of cycles -> shares of the live net's draws on test boards with several solutions."""
    inputs, table = boards(arm, "test", seed).inputs, {}
    for steps in cycles:
        drawn = sampled(model, Way(steps=steps), inputs, SAMPLES, Generator().manual_seed(seed)).answers
        found = Samples(arm.boards, inputs, drawn)
        table[f"{steps} cycle{'s' * (steps > 1)}"] = {
            "draws valid": found.valid.float().mean().item(),
            "solutions found": found.coverage().mean().item(),
        }
    return table
