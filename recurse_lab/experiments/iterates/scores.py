"""Recorded scores of a net on iterates: errors by step and condition number, the family test, costs.

Shape letters: B batch, N numbers, M prototypes.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from recurse_lab.experiments.iterates.arm import CONDITIONS, JUDGED, READ, TRAINED, IterateArm
from recurse_lab.experiments.iterates.problems import JITTER, held_out, iterates, moved
from recurse_lab.measure.cost import forward_flops, parameters
from recurse_lab.recurrence import Recurrence, settle, think
from recurse_lab.tasks.base import Batch, own_seed
from recurse_lab.tasks.linear_systems import relative_error
from recurse_lab.train.loop import Run
from recurse_lab.train.objectives.every_step import EveryStep

LARGEST = 1e9  # errors above this, infinite ones and NaN are recorded as this
WITHIN = 0.1  # an answer is right within this relative error
MOVES = (0.25, 0.5, 1.0, 2.0)  # sizes of the moves of the family test, in units of |b|
MOVE_SEED = 2_000_003


@torch.no_grad()
def beyond(arm: IterateArm, model: Recurrence, seed: int) -> dict[str, Any]:
    """By step read: share of problems right, median error, and the share right of the answer at step min(k, 8)."""
    batch = held_out(arm, seed, READ[-1])
    found: dict[str, Any] = {"right": {}, "error": {}, "clamped": {}}
    last = None
    for thought in think(model, batch.inputs, READ[-1], read=READ):
        if thought.output is not None:
            k = thought.step
            last = thought.output if k <= TRAINED else last
            assert last is not None
            for name, answers in (("right", thought.output), ("clamped", last)):
                error = relative_error(answers, batch.targets[:, k])
                found[name][str(k)] = (error <= WITHIN).float().mean().item()
                if name == "right":
                    found["error"][str(k)] = median(error)
    return found


def median(error: Float[Tensor, " B"]) -> float:
    """The median error, at most 1e9."""
    return error.nan_to_num(LARGEST, LARGEST, LARGEST).clamp_max(LARGEST).median().item()


@torch.no_grad()
def by_condition(arm: IterateArm, model: Recurrence, seed: int) -> dict[str, dict[str, float]]:
    """Condition number -> step -> median error."""
    return {str(kappa): errors(model, held_out(arm, seed, READ[-1], kappa)) for kappa in CONDITIONS}


@torch.no_grad()
def errors(model: Recurrence, batch: Batch) -> dict[str, float]:
    """Step -> median error."""
    thoughts = think(model, batch.inputs, READ[-1], read=READ)
    return {
        str(step): median(relative_error(output, batch.targets[:, step]))
        for step, _, output, *_ in thoughts
        if output is not None
    }


@torch.no_grad()
def templates(
    arm: IterateArm, model: Recurrence, prototypes: Float[Tensor, "M N N+1"], seed: int
) -> dict[str, Any]:
    """The family test at step 8: error inside the families and on unseen systems, and the response to moves of b.

    The response ratio of a move is <answer's change, true change> / |true change|^2: 1 follows the method, 0
    repeats a template. `followed` is the share of moves whose change is right within 10 %.
    """
    generator = Generator().manual_seed(own_seed(MOVE_SEED, seed, True))
    chosen = torch.randint(len(prototypes), (arm.problems,), generator=generator)
    origin = prototypes[chosen]
    unseen = held_out(arm, seed, TRAINED)
    found: dict[str, Any] = {"response": {}, "followed": {}}
    for name, systems in (("inside", moved(origin, JITTER, generator)), ("unseen", unseen.inputs)):
        error = relative_error(settle_at(model, systems), iterates(systems, TRAINED)[:, -1])
        found[name] = {"error": median(error), "right": (error <= WITHIN).float().mean().item()}
    direction = torch.randn(arm.problems, origin.shape[1], generator=generator)
    direction = direction / direction.norm(dim=1, keepdim=True)
    for name, start in (("inside", origin), ("unseen", unseen.inputs)):
        ratios, followed = {}, {}
        for size in MOVES:
            change = torch.zeros_like(start)
            change[:, :, -1] = size * direction
            truth = iterates(start + change, TRAINED)[:, -1] - iterates(start, TRAINED)[:, -1]
            ours = settle_at(model, start + change) - settle_at(model, start)
            ratio = (ours * truth).sum(1) / truth.square().sum(1)
            ratios[str(size)] = ratio.median().item()
            followed[str(size)] = (relative_error(ours, truth) <= WITHIN).float().mean().item()
        found["response"][name], found["followed"][name] = ratios, followed
    return found


def settle_at(model: Recurrence, systems: Float[Tensor, "B N N+1"]) -> Float[Tensor, "B N"]:
    """The answer after the trained number of steps."""
    output = settle(model, systems, TRAINED).output
    assert output is not None
    return output


def cost(arm: IterateArm, model: Any, run: Run) -> dict[str, Any]:
    """Parameters, FLOPs of the training run and of one answer at the judged step, CPU-seconds of training."""
    flops = forward_flops(model, held_out(arm, 0, 1).inputs[:1])
    reads = TRAINED if isinstance(arm.objective, EveryStep) else 1
    training = flops.training(TRAINED) + 3 * (reads - 1) * flops.read
    return {
        "params": parameters(model),
        "train_flops": training * arm.batch * arm.plan.steps,
        "infer_flops": flops.answer(JUDGED),
        "train_seconds": run.seconds,
    }
