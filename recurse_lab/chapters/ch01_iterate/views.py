"""Chapter 01: data for its figures and tables.

Shape letters: B batch, N numbers of the system, T steps.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Generator, Tensor

from recurse_lab.experiments.dispatch.tables import met_by_step
from recurse_lab.experiments.dispatch.tables import rows as dispatch_rows
from recurse_lab.experiments.iterates.arm import JUDGED, READ, TRAINED, IterateArm
from recurse_lab.experiments.iterates.inside import (
    ignoring_the_matrix,
    progress,
    radii,
    right_at,
    step_eigenvalues,
)
from recurse_lab.experiments.iterates.problems import iterates
from recurse_lab.experiments.iterates.tables import (
    by_number_of_families,
    error_by_condition,
    error_by_step,
    followed,
    right_beyond,
    shares,
)
from recurse_lab.experiments.solvers.tables import error_by_step as solver_errors
from recurse_lab.experiments.solvers.tables import rows as _solver_rows
from recurse_lab.measure.jacobian import eigenvalues
from recurse_lab.models.fitted_step import Repeated, fitted_products
from recurse_lab.models.numerical import GradientDescent, Jacobi, NewtonRoot, PowerIteration
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results
from recurse_lab.recurrence import Recurrence, settle, think
from recurse_lab.tasks.linear_systems import LinearSystems, relative_error

__all__ = [
    "JUDGED",
    "NETS",
    "TRAINED",
    "by_number_of_families",
    "dispatch_rows",
    "error_by_condition",
    "error_by_step",
    "followed",
    "progress",
    "radii",
    "right_beyond",
    "shares",
    "solver_errors",
    "step_eigenvalues",
]

NETS = {"loop": "loop", "told_14": "feed-forward, 14x"}  # the two nets of the family test


def systems(count: int, seed: int, kappa: float | None = None, numbers: int = 4) -> Float[Tensor, "B N N+1"]:
    """Systems [A | b] that no net was trained on, with condition numbers 10 to 100, or all `kappa`."""
    condition = (kappa, kappa) if kappa else (10.0, 100.0)
    return LinearSystems(numbers=numbers, condition=condition).systems(
        count, "validation", Generator().manual_seed(seed)
    )


def in_the_plane(steps: int) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Two problems in the plane with their paths: one quick, one slow."""
    found = {}
    for kappa in (3.0, 30.0):
        problem = systems(1, 3, kappa, numbers=2)
        path = iterates(problem, steps)[0].numpy()
        found[f"condition number {kappa:g}"] = (problem[0, :, :2].numpy(), problem[0, :, 2].numpy(), path)
    return found


def methods() -> dict[str, tuple[Recurrence, Tensor]]:
    """Five methods, each with one problem, in double precision."""
    quick, slow = (systems(1, 3, kappa, numbers=2).double() for kappa in (3.0, 30.0))
    return {
        "Newton's square root of 2": (NewtonRoot(), torch.tensor([[2.0]]).double()),
        "gradient descent, κ = 3": (GradientDescent(), quick),
        "gradient descent, κ = 30": (GradientDescent(), slow),
        "Jacobi, κ = 3": (Jacobi(), quick),
        "power iteration, κ = 3": (PowerIteration(), quick[:, :, :2]),
    }


def distances(steps: int) -> dict[str, dict[int, float]]:
    """Method -> step -> distance to the fixed point, relative to its length."""
    found = {}
    for name, (method, problem) in methods().items():
        limit = settle(method, problem, 3000).output
        thoughts = think(method, problem, steps, read=True)
        assert limit is not None
        found[name] = {
            thought.step: ((thought.output - limit).norm() / limit.norm()).item()
            for thought in thoughts
            if thought.output is not None
        }
    return found


def contraction(steps: int) -> dict[str, dict[str, float]]:
    """Method -> spectral radius of its step at the fixed point, and the factor by which a late step shrank it."""
    rows = {}
    shrank = distances(steps)
    for name, (method, problem) in methods().items():
        state = settle(method, problem, 3000).state
        radius = np.abs(eigenvalues(method, problem, state)).max()
        curve = [max(value, 1e-16) for value in shrank[name].values()]
        late = min(step for step, value in enumerate(curve) if value < 1e-6 or step == len(curve) - 1)
        rows[name] = {
            "spectral radius of the step": float(radius),
            # the mean factor of two steps: with eigenvalues of both signs, single steps alternate
            "error after a step / before it": (curve[late] / curve[late - 2]) ** 0.5,
        }
    return rows


def clamp(seed: int) -> dict[str, dict[str, float]]:
    """Condition number -> median error of the true x_8, given for the iterates 8, 16, 32 and 128."""
    rows = {}
    for kappa in (3.0, 10.0, 30.0, 100.0):
        truth = iterates(systems(256, seed, kappa), READ[-1])
        rows[f"κ = {kappa:g}"] = {
            f"x₈ for x{_below(k)}": relative_error(truth[:, TRAINED], truth[:, k]).median().item()
            for k in (TRAINED, 16, JUDGED, READ[-1])
        }
    return rows


def _below(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def mean_right(runs: Mapping[int, Record]) -> float:
    """Share of problems right at the judged step, mean over seeds."""
    return float(np.mean([right_beyond(record) for record in runs.values()]))


def by_size_of_b(nets: Mapping[str, Recurrence], seed: int) -> dict[str, dict[str, float]]:
    """Net -> size of b -> share of 512 problems whose 32nd iterate is met within 10 %."""
    problems = systems(512, seed)
    rows: dict[str, dict[str, float]] = {}
    for name, net in nets.items():
        rows[name] = {}
        for size in (0.3, 1.0, 2.0, 3.0, 5.0, 10.0):
            scaled = torch.cat((problems[:, :, :-1], size * problems[:, :, -1:]), 2)
            rows[name][f"|b| = {size:g}"] = right_at(net, scaled)
    return rows


def others_that_repeat(nets: Mapping[str, Recurrence], seed: int) -> dict[str, dict[str, float]]:
    """Three ways to the 32nd iterate -> share of 512 problems right: one pass, repeated passes, least squares."""
    problems, told = systems(512, seed), nets["told_14"]
    rows: dict[str, Recurrence] = {
        "feed-forward net, asked once for step 32": told,
        "the same net, called four times for 8 steps of what is left": Repeated(told, TRAINED),
        "the loop": nets["loop"],
        "least squares on all products, 256 problems, as a loop": fitted_products(systems(256, seed + 1)),
    }
    return {name: {"right at k = 32": right_at(model, problems)} for name, model in rows.items()}


def by_condition_table(
    results: Results, arms: Mapping[str, IterateArm], step: int
) -> dict[str, dict[str, float]]:
    """Net -> condition number -> median error at `step`."""
    return {
        arms[name].label: {f"κ = {kappa}": curve[step] for kappa, curve in error_by_condition(runs).items()}
        for name, runs in results.items()
    }


def solver_rows(results: Results, labels: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Arm label -> weights, errors at 8 and 64 steps, radius and share below 1 on its own kind and on other axes."""
    names = {
        "weights": "weights",
        "family: error at 8": "error at 8",
        "family: error at 64": "at 64",
        "family: radius": "radius",
        "family: share below 1": "share of systems below 1",
        "other: radius": "radius, other axes",
        "other: share below 1": "share below 1, other axes",
    }
    rows = _solver_rows(results, labels)
    return {label: {short: row[name] for name, short in names.items()} for label, row in rows.items()}


def dispatch_by_step(results: Results) -> dict[str, dict[str, float]]:
    """The loop and the method that it learned -> step -> share of demands met within 1 %, mean over seeds."""
    curves = met_by_step({"loop": results["loop"]}, {"loop": "loop"})
    return {name: {f"k = {step}": share for step, share in curve.items()} for name, curve in curves.items()}


def family_table(results: Results, labels: Mapping[str, str], seed: int) -> dict[str, dict[str, float]]:
    """Net -> error inside the families and on unseen problems, response ratio, moves followed; means over seeds.

    The last row is the best linear map x_8 = C b, which does not look at A.
    """
    rows = {}
    for name, label in labels.items():
        values = [record.values for record in results[name].values()]
        rows[label] = {
            "error inside the families": np.mean([one["inside"]["error"] for one in values]).item(),
            "error on unseen problems": np.mean([one["unseen"]["error"] for one in values]).item(),
            "response ratio, unseen": np.mean([one["response"]["unseen"]["1.0"] for one in values]).item(),
            "moves followed, unseen": np.mean([one["followed"]["unseen"]["1.0"] for one in values]).item(),
        }
    ignoring = ignoring_the_matrix(seed)
    rows["a map that ignores A"] = {name: ignoring[name] for name in next(iter(rows.values()))}
    return rows
