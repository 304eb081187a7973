"""Train one solver so that 8 steps bring it near the solution, and measure it up to 64 steps and elsewhere."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from recurse_lab.experiments.solvers.arm import TRAINED, SolverArm
from recurse_lab.experiments.solvers.scores import cost, scores
from recurse_lab.models.preconditioned import PreconditionedDescent
from recurse_lab.records.record import kept, loaded
from recurse_lab.recurrence import settle
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.linear_systems import relative_error
from recurse_lab.tasks.system_family import SystemFamily
from recurse_lab.train.loop import After, Run, fit, seeded
from recurse_lab.train.sources import Pool

EVERY = 10  # optimizer steps a recorded point of the learning curve
RATES = torch.logspace(-2, 0, 81).tolist()  # single rates that plain gradient descent tries
BASIS_SEED = 3_000_017


def trial(arm: SolverArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train, then measure errors by step, and the spectral radius of I - P A, in and out of the family.

    Cost: 0.3 to 1.3 CPU-seconds. Expected: within the family one P, trained on all 8 steps, has a median error
    below 1e-3 at step 8, gradient descent with its best rate one near 0.5. On systems of other bases I - P A
    has a spectral radius far above 1, and the learned loop diverges.
    """
    model, run, family = train(arm, seed)
    values = cost(arm, model, run) | scores(arm, model, family, seed)
    values["curve"] = run.curve(EVERY)
    return values, kept(model)


class Trained(NamedTuple):
    """The solver, its learning curve, and the family of its training systems."""

    model: PreconditionedDescent
    run: Run
    family: SystemFamily


def train(arm: SolverArm, seed: int, after: After | None = None) -> Trained:
    """Train a solver; `after` is called with every step."""
    with seeded(seed) as generator:
        model = build(arm)
    family = SystemFamily(basis=BASIS_SEED + seed, condition=arm.condition)
    problems = family.sample(arm.pool, "train", generator)
    if arm.objective is None:
        return Trained(with_best_rate(model, problems), Run(), family)
    source = Pool(family, problems, arm.batch, generator)
    return Trained(model, fit(model, source, arm.objective, arm.plan, generator, after), family)


@torch.no_grad()
def with_best_rate(model: PreconditionedDescent, problems: Batch) -> PreconditionedDescent:
    """The model with the single rate that gives the least median error after 8 steps on the training systems."""
    found = []
    for rate in RATES:
        model.p.fill_(rate)
        output = settle(model, problems.inputs, TRAINED).output
        assert output is not None
        found.append(relative_error(output, problems.targets).median().item())
    model.p.fill_(RATES[found.index(min(found))])
    return model.eval()


def build(arm: SolverArm) -> PreconditionedDescent:
    """An untrained solver of the arm."""
    return PreconditionedDescent(depth=arm.depth, form=arm.form, first=arm.first)


def restore(arm: SolverArm, weights: dict[str, Tensor]) -> PreconditionedDescent:
    """The solver of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(build(arm), weights, arm.label)
