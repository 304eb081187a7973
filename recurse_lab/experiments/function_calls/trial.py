"""Teach a net by demonstrations, tune it in several ways from there, and measure every one of the nets."""

from copy import deepcopy
from dataclasses import replace
from random import Random
from time import process_time
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from recurse_lab.experiments.function_calls.arm import PAIRS, ROWS, SAMPLES, CallArm, Way
from recurse_lab.experiments.function_calls.problems import Lessons, lessons, others_pairs, own_pairs
from recurse_lab.experiments.function_calls.scores import EVERY, Held, cost, held, on_the_way, scores
from recurse_lab.models.mobile_llm import MobileLLM
from recurse_lab.records.record import kept, loaded
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.function_calls import FunctionCalls, Problem, pair_rows, right_rows, taught_pairs
from recurse_lab.train.by_length import ByLength
from recurse_lab.train.loop import After, Run, Step, fit, seeded
from recurse_lab.train.objectives.last_step import LastStep
from recurse_lab.train.objectives.preference import Preference

CURVE = 20  # optimizer steps a recorded point of the learning curve


def trial(arm: CallArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: teach, tune in every way, and answer the test requests with each net; the weights of all are kept.

    Cost: 15 CPU-seconds to teach for 600 steps, about 12 for each way. Expected share of test requests done right:
    taught .65, both again .77, plain DPO at 1e-5 as taught, at 1e-4 .5.
    """
    model, run = train(arm, seed)
    nets, found, seconds = {"": model}, {}, {}
    watched = held(arm, model, "test", seed)
    values = cost(arm, model, seed) | {
        "train_seconds": run.seconds,
        "steps": len(run.loss),
        "curve": run.curve(CURVE),
        "base": scores(model, model, watched, seed),
    }
    for name, way in arm.ways.items():
        one = tuned(arm, way, nets[way.after], seed, watched)
        nets[name], seconds[name] = one.model, one.seconds
        found[name] = scores(one.model, model, watched, seed) | {"pairs": one.pairs, "path": one.path}
    weights = {f"{name}:{key}": part for name, net in nets.items() for key, part in kept(net).items()}
    return values | {"ways": found, "way_seconds": seconds}, weights


class Trained(NamedTuple):
    """The taught net and its learning curve."""

    model: MobileLLM
    run: Run


def train(arm: CallArm, seed: int, after: After | None = None) -> Trained:
    """Teach a net by demonstrations; `after` is called with every step."""
    with seeded(seed) as generator:
        model = build(arm)
    known = lessons(arm.demos, arm.new, seed)
    rows = right_rows(known.demos + known.new if arm.whole else known.demos)
    source = ByLength(FunctionCalls(), rows, ROWS, generator)
    return Trained(
        model, fit(model, source, LastStep(steps=arm.model.applications), arm.plan, generator, after)
    )


class Tuned(NamedTuple):
    """A tuned net, the CPU-seconds of its tuning, the pairs of it, and what was measured on the way."""

    model: MobileLLM
    seconds: float
    pairs: int
    path: list[dict[str, float]]


def tuned(arm: CallArm, way: Way, start: MobileLLM, seed: int, watched: Held | None = None) -> Tuned:
    """Tune a copy of `start`; `watched` is needed to measure on the way."""
    begun, model, generator = process_time(), deepcopy(start), Generator().manual_seed(seed)
    known, number, path, measured = lessons(arm.demos, arm.new, seed), 0, [], 0.0
    for round_ in range(way.rounds):
        problems = known.new[round_ :: way.rounds]
        reference = deepcopy(model).requires_grad_(False)
        batch, count = lesson(way, known, problems, reference, generator)
        number += count
        steps = way.plan.steps // way.rounds

        def after(step: Step, first: int = round_ * steps) -> None:
            nonlocal measured
            if watched and way.path and (step.number + 1) % EVERY == 0:
                since = process_time()
                path.append(on_the_way(model, watched, first + step.number + 1))
                measured += process_time() - since

        if watched and way.path and not path:
            path.append(on_the_way(model, watched, 0))
        each = replace(way.plan, steps=steps)
        source = ByLength(FunctionCalls(), batch, PAIRS if way.signal == "pairs" else ROWS, generator)
        fit(model, source, objective(arm, way, reference), each, generator, after)
    return Tuned(model, process_time() - begun - measured, number, path)


def lesson(
    way: Way, known: Lessons, problems: list[Problem], net: MobileLLM, generator: Generator
) -> tuple[Batch, int]:
    """The rows of a round, and how many pairs stand behind them."""
    sources = {"demos": known.demos, "right": problems, "both": known.demos + problems}
    if way.signal != "pairs":
        return right_rows(sources[way.signal]), 0
    drawn = Random(int(torch.randint(2**31, (1,), generator=generator)))
    match way.rejects:
        case "own":
            pairs = own_pairs(net, problems, SAMPLES, generator)
        case "taught":
            pairs = taught_pairs(problems, drawn)
        case "others":
            pairs = others_pairs(problems)
    if not pairs:
        raise ValueError("the net drew no wrong call: there is nothing to prefer")
    rows = pair_rows(pairs)
    if way.repeat:
        rows = _beside(rows, right_rows([drawn.choice(sources[way.repeat]) for _ in pairs]))
    return rows, len(pairs)


def _beside(pairs: Batch, others: Batch) -> Batch:
    """Pairs (B, 2, C) with one more row each, (B, 3, C), padded to the longer."""
    most = max(pairs.inputs.shape[-1], others.inputs.shape[-1])
    fills = (0, -100)
    return Batch(
        *(
            torch.cat([_wide(pair, most, fill), _wide(other[:, None], most, fill)], dim=1)
            for pair, other, fill in zip(pairs, others, fills, strict=True)
        )
    )


def _wide(part: Tensor, most: int, fill: int) -> Tensor:
    return torch.nn.functional.pad(part, (0, most - part.shape[-1]), value=fill)


def objective(arm: CallArm, way: Way, reference: MobileLLM) -> LastStep | Preference:
    """The signal of a way."""
    if way.signal != "pairs":
        return LastStep(steps=arm.model.applications)
    options = {name: getattr(way, name) for name in ("beta", "form", "guard", "likelihood")}
    return Preference(
        reference=reference, steps=arm.model.applications, repeat=way.weight if way.repeat else 0.0, **options
    )


def build(arm: CallArm) -> MobileLLM:
    """An untrained net of the arm."""
    return MobileLLM(arm.model)


def restore(arm: CallArm, weights: dict[str, Tensor], way: str = "") -> MobileLLM:
    """A net of a finished trial: the taught one, or the one tuned in a way.

    Raises:
        ValueError: the weights belong to another configuration, or the trial had no such way.
    """
    own = {name.removeprefix(f"{way}:"): part for name, part in weights.items() if name.startswith(f"{way}:")}
    return loaded(build(arm), own, f"{arm.label}, {way or 'taught'}")
