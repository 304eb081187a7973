"""Scores of a net on function calls: what its calls do, errors, preferences, distance to the taught net; costs.

Shape letters: R rows.
"""

from collections import Counter
from random import Random
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from recurse_lab.experiments.function_calls.arm import ROWS, CallArm
from recurse_lab.experiments.function_calls.problems import (
    RIGHT,
    answers,
    asked,
    judged,
    lessons,
    own_pairs,
)
from recurse_lab.measure.cost import forward_flops, parameters
from recurse_lab.models.mobile_llm import MobileLLM
from recurse_lab.recurrence import settle
from recurse_lab.tasks.base import Split
from recurse_lab.tasks.function_calls import (
    Pair,
    Problem,
    numbered,
    padded,
    prompt_of,
    row,
    taught_pairs,
    tokens_of,
)
from recurse_lab.tasks.function_calls_table import ARITY, KIND, NOT_JSON, UNKNOWN
from recurse_lab.train.objectives.preference import row_log_probs

EVERY = 25  # optimizer steps from one measurement on the way to the next
WATCHED = 250  # test requests that are measured on the way
DRAW_SEED = 1_000_003
AT_ONCE = 128  # rows in one pass


class Held(NamedTuple):
    """Requests kept out of training, and pairs of them: with the teacher's twins, with the taught net's wrong calls."""

    problems: list[Problem]
    pairs: dict[str, list[Pair]]
    before: dict[str, tuple[Tensor, Tensor]]  # log probabilities of right and wrong calls by the taught net


def held(arm: CallArm, base: MobileLLM, split: Split, seed: int) -> Held:
    """The requests of a split and their pairs, the same for all ways of a seed."""
    problems, generator = asked(arm, split, seed), Generator().manual_seed(DRAW_SEED + seed)
    pairs = {
        "taught": taught_pairs(problems, Random(DRAW_SEED + seed)),
        "own": own_pairs(base, problems, 1, generator),
    }
    return Held(problems, pairs, {name: log_probs_of_pairs(base, some) for name, some in pairs.items()})


def scores(model: MobileLLM, base: MobileLLM, watched: Held, seed: int) -> dict[str, Any]:
    """Shares of the requests, by what the likeliest call does; log probabilities, and their change, in nats."""
    problems = watched.problems
    words = [judged(tokens, one) for tokens, one in zip(answers(model, problems), problems, strict=True)]
    families = {
        family: [w for w, one in zip(words, problems, strict=True) if one.family == family]
        for family in FAMILY
    }
    drawn = answers(model, problems, 1.0, Generator().manual_seed(DRAW_SEED + seed))
    log_ratio = log_probs(model, problems, drawn) - log_probs(base, problems, drawn)
    return {
        "exact": _share(words, RIGHT),
        "json": 1 - _share(words, NOT_JSON),
        "valid": 1 - sum(_share(words, reason) for reason in (NOT_JSON, UNKNOWN, ARITY, KIND)),
        "words": {word: count / len(words) for word, count in sorted(Counter(words).items())},
        "families": {family: _share(some, RIGHT) for family, some in families.items() if some},
        "drawn": _share([judged(t, one) for t, one in zip(drawn, problems, strict=True)], RIGHT),
        "kl": log_ratio.mean().item(),
        "preferences": {name: preferences(model, watched, name) for name in watched.pairs},
    }


FAMILY = ("calc", "truth", "world")


def preferences(model: MobileLLM, watched: Held, name: str, most: int | None = None) -> dict[str, float]:
    """Share of held-out pairs whose right call is likelier; the margin; change of log probabilities since teaching."""
    if not watched.pairs[name]:
        return {}
    right, wrong = log_probs_of_pairs(model, watched.pairs[name][:most])
    right_before, wrong_before = (part[:most] for part in watched.before[name])
    return {
        "prefers": (right > wrong).float().mean().item(),
        "margin": (right - right_before - wrong + wrong_before).mean().item(),
        "right": (right - right_before).mean().item(),
        "wrong": (wrong - wrong_before).mean().item(),
    }


def on_the_way(model: MobileLLM, watched: Held, step: int) -> dict[str, float]:
    """What is measured during training: share done right and preferences, on the first test requests."""
    training = model.training
    model.eval()
    problems = watched.problems[:WATCHED]
    words = [judged(tokens, one) for tokens, one in zip(answers(model, problems), problems, strict=True)]
    found = {"step": step, "exact": _share(words, RIGHT), "json": 1 - _share(words, NOT_JSON)}
    for name in watched.pairs:
        found |= {f"{name} {key}": value for key, value in preferences(model, watched, name, WATCHED).items()}
    model.train(training)
    return found


def _share(words: list[str], word: str) -> float:
    return words.count(word) / len(words)


def log_probs_of_pairs(model: MobileLLM, pairs: list[Pair]) -> tuple[Tensor, Tensor]:
    """Log probabilities of the right and of the wrong calls, in nats."""
    problems = [one.problem for one in pairs]
    right = log_probs(model, problems, [numbered(tokens_of(one.problem.call)) for one in pairs])
    return right, log_probs(model, problems, [one.wrong for one in pairs])


@torch.no_grad()
def log_probs(model: MobileLLM, problems: list[Problem], calls: list[list[int]]) -> Float[Tensor, " R"]:
    """Log probability of each call and its end after its request, in nats; rows of like length go together."""
    rows = [row(prompt_of(one.request), call) for one, call in zip(problems, calls, strict=True)]
    order = sorted(range(len(rows)), key=lambda place: len(rows[place][0]))
    found = torch.zeros(len(rows))
    for first in range(0, len(order), AT_ONCE):
        places = order[first : first + AT_ONCE]
        batch = padded([rows[place] for place in places])
        output = settle(model, batch.inputs, model.config.applications).output
        assert output is not None
        found[places] = row_log_probs(output, batch.targets)
    return found


def cost(arm: CallArm, model: MobileLLM, seed: int) -> dict[str, Any]:
    """Parameters, FLOPs of teaching and of each way (with all that it builds on), FLOPs of one answer."""
    one = row_flops(arm, model, seed)
    taught = arm.plan.steps * ROWS * 3 * one
    total: dict[str, float] = {"": taught}
    for name, way in arm.ways.items():
        total[name] = total[way.after] + way.passes(arm.new) * one
    return {
        "params": parameters(model),
        "train_flops": taught,
        "infer_flops": one,
        "way_flops": {name: total[name] for name in arm.ways},
    }


def row_flops(arm: CallArm, model: MobileLLM, seed: int) -> float:
    """FLOPs of one pass over a row of mean length of the training requests; padding does not count."""
    known = lessons(arm.demos, arm.new, seed)
    rows = [len(prompt_of(one.request)) + len(tokens_of(one.call)) for one in (*known.demos, *known.new)]
    mean = torch.zeros(1, round(sum(rows) / len(rows)), dtype=torch.int64)
    return forward_flops(model, mean).answer(model.config.applications)
