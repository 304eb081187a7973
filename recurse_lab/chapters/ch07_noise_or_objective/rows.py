"""Chapter 07: rows of its tables, from small nets and from recorded runs."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recurse_lab.chapters.ch07_noise_or_objective.practice import Shown
from recurse_lab.experiments.completions.arm import STEPS, CompletionArm, Way
from recurse_lab.experiments.completions.tables import mean_score
from recurse_lab.experiments.sudoku.choosing import NOISES, USES
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results


def shown_rows(nets: Mapping[str, Shown]) -> dict[str, dict[str, float]]:
    """Small nets: what posterior and prior reach, and what it costs."""
    return {
        name: {
            "posterior: the given answer comes back": one.posterior,
            "prior: the draw is a solution": one.prior,
            "nats": one.nats,
        }
        for name, one in nets.items()
    }


def _judged(arm: CompletionArm) -> list[tuple[str, Way]]:
    """The ways of an arm that make as many cycles as in training."""
    return [(name, way) for name, way in arm.ways.items() if way.steps == STEPS]


def guided_rows(results: Results, arms: Mapping[str, CompletionArm]) -> dict[str, dict[str, Any]]:
    """Variational nets: what their draws reach, posterior against prior, and nats; means over seeds."""
    table = {}
    for arm, runs in results.items():
        ((name, _),) = _judged(arms[arm])
        each = [run.values for run in runs.values()]
        table[arms[arm].label] = {
            "draws valid": mean_score(runs, name, "validity"),
            "solutions found": mean_score(runs, name, "coverage"),
            "valid, one solution": mean_score(runs, name, "one_solution"),
            "posterior: answer comes back": float(np.mean([values["posterior"] for values in each])),
            "nats": float(np.mean([sum(values["kl"]) for values in each])),
            "seeds": len(runs),
        }
    return table


def split_rows(known: Mapping[int, Record], unseen: Mapping[int, Record]) -> dict[str, dict[str, float]]:
    """The variational net on new boards of known grids, and of kinds of grids that were never a target."""
    return {
        label: {
            "draws valid": mean_score(runs, way, "validity"),
            "solutions found": mean_score(runs, way, "coverage"),
            "those of the test kinds": mean_score(runs, way, "unseen"),
        }
        for label, runs, way in (("grids known", known, "masks"), ("kinds unseen", unseen, "latent"))
    }


def free_rows(results: Results, arms: Mapping[str, CompletionArm]) -> dict[str, dict[str, Any]]:
    """Boards drawn from nothing: share valid, and how many different ones among 256."""
    table = {}
    for arm, runs in results.items():
        for name, way in _judged(arms[arm]):
            each = [run.values["ways"][name].get("free") for run in runs.values()]
            if None not in each:
                table[way.label or arms[arm].label] = {
                    "valid": float(np.mean([one["valid"] for one in each])),
                    "different": float(np.mean([one["different"] for one in each])),
                }
    return table


def chosen_rows(results: Results, arms: Mapping[str, CompletionArm]) -> dict[str, dict[str, float]]:
    """Boards with several solutions: a draw, the draw that the reward head likes best, any of twenty."""
    table = {}
    for arm, runs in results.items():
        for name, way in _judged(arms[arm]):
            if all("chosen" in run.values["ways"][name] for run in runs.values()):
                table[way.label or arms[arm].label] = {
                    "a draw": mean_score(runs, name, "validity"),
                    "the head's choice": mean_score(runs, name, "chosen"),
                    "any of 20": mean_score(runs, name, "passed"),
                }
    return table


def choice_rows(runs: Mapping[int, Record]) -> dict[str, dict[str, Any]]:
    """6x6 puzzles: one run, a longer run; for each noise a run, the majority's and the head's choice, any of 20."""
    each = [run.values for run in runs.values()]
    blank = dict.fromkeys(("a run in the mean", "most frequent answer", "any of 20"), "")
    table: dict[str, dict[str, Any]] = {
        USES[name]: {"right": float(np.mean([values[name] for values in each]))} | blank
        for name in USES
        if name not in NOISES
    }
    for noise in NOISES:
        shares = {
            name: float(np.mean([values["noises"][noise][name] for values in each]))
            for name in ("mean", "majority", "passed")
        }
        table[USES[noise]] = {
            "right": float(np.mean([values[noise] for values in each])),
            "a run in the mean": shares["mean"],
            "most frequent answer": shares["majority"],
            "any of 20": shares["passed"],
        }
    return table
