"""Recorded scores of a solver: error and residual by step, spectral radius of I - P A, costs.

Shape letter: B batch.
"""

from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from recurse_lab.experiments.solvers.arm import READ, TRAINED, SolverArm
from recurse_lab.measure.cost import forward_flops, parameters
from recurse_lab.models.preconditioned import PreconditionedDescent, radii
from recurse_lab.recurrence import think
from recurse_lab.tasks.base import Batch, own_seed
from recurse_lab.tasks.linear_systems import parts, relative_error
from recurse_lab.tasks.system_family import SystemFamily
from recurse_lab.train.loop import Run

LARGEST = 1e9  # larger errors, infinite ones and NaN are recorded as this
TEST_SEED = 3_000_029


def held_out(arm: SolverArm, family: SystemFamily, seed: int) -> dict[str, Batch]:
    """Test systems drawn by this seed: of the family, and with the same spectrum of C in other bases."""
    generator = Generator().manual_seed(own_seed(TEST_SEED, seed, True))
    kinds = {"family": family, "other": replace(family, basis=None)}
    return {name: kind.sample(arm.problems, "test", generator) for name, kind in kinds.items()}


@torch.no_grad()
def scores(arm: SolverArm, model: PreconditionedDescent, family: SystemFamily, seed: int) -> dict[str, Any]:
    """Kind of systems -> step -> median error and residual |Ax - b| / |b|; median radius and share below 1."""
    found: dict[str, Any] = {"error": {}, "residual": {}, "radius": {}, "below_1": {}}
    for kind, batch in held_out(arm, family, seed).items():
        error, residual = errors(model, batch)
        radius = radii(model, batch.inputs)
        found["error"][kind], found["residual"][kind] = error, residual
        found["radius"][kind] = median(radius)
        found["below_1"][kind] = (radius < 1).float().mean().item()
    return found


@torch.no_grad()
def errors(model: PreconditionedDescent, batch: Batch) -> tuple[dict[str, float], dict[str, float]]:
    """Step -> median relative error, and step -> median residual."""
    matrix, b = parts(batch.inputs)
    error, residual = {}, {}
    for thought in think(model, batch.inputs, READ[-1], read=READ):
        if thought.output is not None:
            error[str(thought.step)] = median(relative_error(thought.output, batch.targets))
            product = (matrix @ thought.output[..., None])[..., 0]
            residual[str(thought.step)] = median(relative_error(product, b))
    return error, residual


def median(values: Float[Tensor, " B"]) -> float:
    """The median, at most 1e9."""
    return values.nan_to_num(LARGEST, LARGEST, LARGEST).clamp_max(LARGEST).median().item()


def cost(arm: SolverArm, model: PreconditionedDescent, run: Run) -> dict[str, Any]:
    """Parameters, FLOPs of the training run and of one answer after 8 steps, CPU-seconds of training."""
    one = torch.zeros(1, model.numbers, model.numbers + 1)
    flops = forward_flops(model, one)
    return {
        "params": parameters(model),
        "train_flops": flops.training(TRAINED) * arm.batch * arm.plan.steps,
        "infer_flops": flops.answer(TRAINED),
        "train_seconds": run.seconds,
    }
