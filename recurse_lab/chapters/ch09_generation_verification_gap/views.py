"""Chapter 09: what its notebook shows, computed from live nets and from recorded runs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from recurse_lab.chapters.ch09_generation_verification_gap import by_hand, published
from recurse_lab.chapters.ch09_generation_verification_gap.practice import Base
from recurse_lab.claims.arms import arm_results
from recurse_lab.experiments.self_training.arm import SelfTrainingArm
from recurse_lab.experiments.self_training.tables import (
    after_rounds,
    by_cycles,
    curves,
    fact_rows,
    gains,
    known_facts,
    rows,
    solved,
    verifier_rows,
)
from recurse_lab.experiments.self_training.verifiers import agreement
from recurse_lab.measure.verification_gap import Gap, gap, ranking
from recurse_lab.records.replicate import Results
from recurse_lab.train.rounds import Kept

__all__ = [
    "after_rounds",
    "arm_results",
    "by_cycles",
    "curves",
    "fact_rows",
    "gains",
    "known_facts",
    "published",
    "rows",
    "solved",
    "verifier_rows",
]


def example(start: Base, number: int = 0) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """A board without label, five different draws from it (right ones first), and names with log probabilities."""
    right = start.rules[:, number] == 0
    order = sorted(
        range(len(right)), key=lambda draw: (not right[draw], -float(start.draws.log_p[draw, number]))
    )
    seen: dict[tuple[int, ...], int] = {}
    for draw in order:
        seen.setdefault(tuple(start.draws.answers[draw, number].tolist()), draw)
    chosen = list(seen.values())[:5]
    names = [
        f"{'right' if right[draw] else 'wrong'}, {float(start.draws.log_p[draw, number]):.2f}"
        for draw in chosen
    ]
    answers = start.draws.answers[chosen, number].view(-1, 4, 4).numpy()
    return start.pool.inputs[number].view(4, 4).numpy(), answers, ["the board", *names]


def mixed_board(start: Base) -> int:
    """The first board with right and wrong draws; 0 if there is none."""
    right = start.rules == 0
    mixed = (right.any(0) & ~right.all(0)).nonzero()[:, 0]
    return int(mixed[0]) if len(mixed) else 0


def gap_of(right_SB: torch.Tensor, kept: Any) -> Gap:
    """The gap of pairs (board, draw)."""
    board, draw = (torch.tensor(part) for part in zip(*kept, strict=True))
    return gap(right_SB, Kept(board, draw))


def hand_gap() -> Gap:
    """The gap of the boards worked by hand."""
    return gap_of(by_hand.RIGHT, by_hand.KEPT)


def precision_curves(start: Base, seed: int) -> dict[str, dict[float, float]]:
    """Verifier -> share of boards kept -> share of right answers among those kept; each board has its best draw."""
    right = start.rules == 0
    scores = {
        "exact rules": start.rules.clamp_min(-1.0),
        "own probability": start.draws.log_p,
        "agreement": agreement(start.draws.answers),
        "own halting head": start.draws.head,
        "at random": torch.rand(right.shape, generator=torch.Generator().manual_seed(seed)),
    }
    found = {}
    for name, score in scores.items():
        best_B, draw_B = score.max(0)
        good_B = right.gather(0, draw_B[None])[0].float()[best_B.argsort(descending=True, stable=True)]
        shares = good_B.cumsum(0) / torch.arange(1, len(good_B) + 1)
        found[name] = {
            round((place + 1) / len(good_B), 4): float(shares[place])
            for place in range(len(good_B) // 20, len(good_B), max(1, len(good_B) // 30))
        }
    return found


def rankings(start: Base) -> dict[str, float]:
    """Verifier of the net's own -> chance that a right draw scores above a wrong one."""
    right = start.rules == 0
    return {
        "own probability": ranking(start.draws.log_p, right),
        "agreement": ranking(agreement(start.draws.answers), right),
        "own halting head": ranking(start.draws.head, right),
    }


def passed_precision(drawn: float, passed: float) -> float:
    """Share of right answers among those that a verifier keeps which passes all right and some wrong ones."""
    kept = drawn + (1 - drawn) * passed
    return drawn / kept if kept else 0.0


def above_line(points: Mapping[str, list[tuple[float, float]]]) -> tuple[int, int]:
    """Rounds that gained more than their gap, and all rounds."""
    flat = [point for some in points.values() for point in some]
    return sum(change > width for width, change in flat), len(flat)


def mean_gain(points: Mapping[str, list[tuple[float, float]]], label: str) -> tuple[float, float]:
    """Mean gap and mean gain of an arm's rounds."""
    width, change = np.mean(points[label], axis=0)
    return float(width), float(change)


def elsewhere_rows(results: Results, arms: Mapping[str, SelfTrainingArm]) -> dict[str, dict[str, Any]]:
    """Arm label -> shares of draws right and of test boards solved, before and after."""
    table = {}
    for name, runs in results.items():
        ends = [(run.values["rounds"][0], run.values["rounds"][-1]) for run in runs.values()]
        table[arms[name].label] = {
            "draws right, before": float(np.mean([first["drawn"] for first, _ in ends])),
            "after": float(np.mean([last["drawn"] for _, last in ends])),
            "different draws, before": float(np.mean([first["distinct"] for first, _ in ends])),
            "different draws, after": float(np.mean([last["distinct"] for _, last in ends])),
            "unseen boards solved, before": float(np.mean([first["test"]["right"] for first, _ in ends])),
            "unseen boards solved, after": float(np.mean([last["test"]["right"] for _, last in ends])),
            "seeds": len(runs),
        }
    return table


def mean_solved(results: Results, name: str, number: int = -1) -> float:
    """Share of test boards solved after a round, mean over seeds."""
    return float(np.mean([solved(run)[number] for run in results[name].values()]))
