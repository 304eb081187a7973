"""Scores of a net on boards with several solutions: valid draws, solutions found, their price; costs.

Shape letters: S samples, B boards, L cells.
"""

from copy import copy
from dataclasses import replace
from time import process_time
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from recurse_lab.experiments.completions.arm import LATENT, SAMPLES, STEPS, CompletionArm, Way
from recurse_lab.experiments.completions.problems import boards
from recurse_lab.measure.cost import ForwardFlops, forward_flops, parameters
from recurse_lab.measure.solution_sets import Samples
from recurse_lab.models.gram import GRAM
from recurse_lab.models.noisy import Noisy, NoisyConfig
from recurse_lab.models.reward_head import RewardHead
from recurse_lab.recurrence import settle, think
from recurse_lab.sampling import cell_after_cell, cell_by_itself, draws
from recurse_lab.tasks.base import Batch, Split

Model = GRAM | Noisy
FREE = 256  # boards drawn without any given
DRAW_SEED = 1_000_003


def in_use(model: Model, way: Way) -> Model:
    """The net with the noise of a way: the same weights, another `NoisyConfig`."""
    noise = {name: getattr(way, name) for name in ("start", "every_step", "dropout")}
    changed = {name: value for name, value in noise.items() if value is not None}
    if not changed:
        return model
    if not isinstance(model.config, NoisyConfig):
        raise ValueError("noise in use needs a net without latent draws")
    other = copy(model)  # shares the weights
    other.noise = replace(model.config, **changed)
    return other


class Sampled(NamedTuple):
    """Answers to each board, and the thoughts that one of them took, mean over answers."""

    answers: Int[Tensor, "S B L"]
    thoughts: float


def sampled(model: Model, way: Way, inputs: Int[Tensor, "B L"], count: int, generator: Generator) -> Sampled:
    """`count` answers to each board, drawn in one way."""
    net = in_use(model, way)
    if way.kind == "draws":
        return Sampled(draws(net, inputs, way.steps, count, generator), 1.0)
    if way.kind == "by itself":
        answers = cell_by_itself(net, inputs, way.steps, count, generator, way.temperature)
        return Sampled(answers, 1 / count)
    found = cell_after_cell(
        net,
        inputs,
        way.steps,
        count,
        generator,
        temperature=way.temperature,
        at_once=way.at_once,
        certain=way.certain,
        carry=way.carry,
    )
    return Sampled(found.answers, found.thoughts.float().mean().item())


class Scored(NamedTuple):
    """The scores of one way to draw, and its CPU-seconds a draw."""

    values: dict[str, Any]
    seconds: float


def scores(
    arm: CompletionArm,
    model: Model,
    way: Way,
    seed: int,
    head: RewardHead | None = None,
    split: Split = "test",
) -> Scored:
    """Shares on boards with several solutions and with one; solutions found by draws and by compute; the price."""
    task, generator = arm.boards, Generator().manual_seed(DRAW_SEED + seed)
    several = boards(arm, split, seed).inputs
    begun = process_time()
    drawn = sampled(model, way, several, SAMPLES, generator)
    seconds = (process_time() - begun) / (SAMPLES * len(several))
    found = Samples(task, several, drawn.answers)
    flops = drawn.thoughts * _of_one(model, several).answer(way.steps)
    unseen = torch.tensor([kind == "test" for kind in task.kinds])
    values: dict[str, Any] = {
        "validity": found.valid.float().mean().item(),
        "coverage": found.coverage().mean().item(),
        "unseen": found.coverage(among=unseen).mean().item(),
        "ideal": found.ideal(SAMPLES).mean().item(),
        "passed": found.passed().float().mean().item(),
        "distinct": found.distinct().float().mean().item(),
        "by_draws": [found.expected(count).mean().item() for count in range(1, SAMPLES + 1)],
        "within": found.expected(affordable(arm, flops)).mean().item(),
        "flops": flops,
        "thoughts": drawn.thoughts,
    }
    if arm.unique:
        one = boards(arm, split, seed, "one").inputs
        alone = Samples(task, one, sampled(model, way, one, SAMPLES, generator).answers)
        values["one_solution"] = alone.valid.float().mean().item()
    if way.kind == "draws":
        values["free"] = free(arm, model, way, generator)
        if head is not None:
            again = Generator().manual_seed(DRAW_SEED + seed)  # the same draws
            values["chosen"] = chosen(arm, model, way, head, several, again)
    return Scored(values, seconds)


@torch.no_grad()
def chosen(
    arm: CompletionArm, model: Model, way: Way, head: RewardHead, inputs: Tensor, generator: Generator
) -> float:
    """Share of boards for which the draw that the head likes best, of 20, is valid."""
    last = settle(in_use(model, way), inputs.repeat(SAMPLES, 1), way.steps, generator=generator)
    assert last.output is not None
    answers_SBL = arm.boards.answer(last.output).view(SAMPLES, *inputs.shape)
    samples = Samples(arm.boards, inputs, torch.where(inputs > 0, inputs, answers_SBL))
    return samples.chosen(head(last.state).view(SAMPLES, -1)).float().mean().item()


def free(arm: CompletionArm, model: Model, way: Way, generator: Generator) -> dict[str, float]:
    """Boards drawn from nothing: share valid, and different ones among `FREE` draws."""
    blank = torch.zeros(1, arm.boards.cells, dtype=torch.int64)
    drawn = Samples(arm.boards, blank, sampled(model, way, blank, FREE, generator).answers)
    return {"valid": drawn.valid.float().mean().item(), "different": drawn.distinct().item()}


@torch.no_grad()
def guided(model: GRAM, batch: Batch, generator: Generator) -> dict[str, Any]:
    """KL in nats at each cycle; shares of boards whose target is the answer, with posterior and with prior."""
    seeing = torch.stack(batch, dim=1)
    thoughts = list(think(model, seeing, STEPS, read={STEPS}, generator=generator))
    total = [thought.terms["kl"].mean().item() for thought in thoughts[1:]]
    nats = model.config.cells / model.options.beta if model.options.beta else 0.0
    prior = settle(model, batch.inputs, STEPS, generator=generator)
    return {
        "kl": [nats * (now - before) for before, now in zip([0.0, *total[:-1]], total, strict=True)],
        "posterior": _on_target(thoughts[-1].output, batch),
        "prior": _on_target(prior.output, batch),
    }


def _on_target(output: Float[Tensor, "B L V"] | None, batch: Batch) -> float:
    assert output is not None
    return (output.argmax(-1) == batch.targets).all(1).float().mean().item()


def affordable(arm: CompletionArm, flops: float) -> int:
    """Draws, from 1 to 20, at the compute of 20 draws of the variational net of this size with `STEPS` cycles."""
    config = replace(LATENT, **{name: getattr(arm.model, name) for name in SIZES})
    inputs = torch.zeros(arm.problems, config.cells, dtype=torch.int64)
    budget = SAMPLES * _of_one(GRAM(config, arm.boards.relations()), inputs).answer(STEPS)
    return min(SAMPLES, max(1, int(budget / flops + 1e-9)))


SIZES = ("symbols", "classes", "cells", "width", "heads", "layers", "refinements", "prefix")


def _of_one(model: Model, inputs: Int[Tensor, "B L"]) -> ForwardFlops:
    """The scores that relations add are computed once a batch; each board counts an equal part of them."""
    return ForwardFlops(*(flops / len(inputs) for flops in forward_flops(model, inputs)))


def cost(arm: CompletionArm, model: Model, steps: int) -> dict[str, float]:
    """Parameters and FLOPs of the training run; FLOPs of one thought of `STEPS` cycles."""
    inputs = torch.zeros(arm.batch, arm.boards.cells, dtype=torch.int64)
    flops = _of_one(model, inputs)
    compared = (
        arm.best_of * flops.answer(STEPS) * arm.through / STEPS
    )  # once for all supervision steps of a board
    return {
        "params": parameters(model),
        "train_flops": steps * arm.batch * (flops.training(arm.through) + compared),
        "infer_flops": flops.answer(STEPS),
    }
