"""The requests of an experiment: demonstrations, new requests, validation and test; and pairs with own wrong calls."""

from functools import lru_cache
from random import Random
from typing import NamedTuple

import torch
from torch import Generator

from recurse_lab.experiments.function_calls.arm import CallArm
from recurse_lab.models.generation import generate
from recurse_lab.models.mobile_llm import MobileLLM
from recurse_lab.tasks.base import Split, own_seed
from recurse_lab.tasks.function_calls import (
    END,
    LONGEST_CALL,
    NUMBER,
    FunctionCalls,
    Pair,
    Problem,
    numbered,
    prompt_of,
    text_of,
    tokens_of,
)
from recurse_lab.tasks.function_calls_table import CallError, denotation, tree_of
from recurse_lab.tasks.function_calls_teacher import error_kind

TEST_SEED = 1_000_133  # with the training seed, draws the requests of validation and test
MOST_PAIRS = 2  # pairs of one request


class Lessons(NamedTuple):
    """The training requests of a seed."""

    demos: list[Problem]
    new: list[Problem]


@lru_cache(maxsize=4)
def lessons(demos: int, new: int, seed: int) -> Lessons:
    """Different requests of the training split; the first are demonstrations."""
    found = FunctionCalls().problems(demos + new, "train", Random(seed))
    return Lessons(found[:demos], found[demos:])


def asked(arm: CallArm, split: Split, seed: int) -> list[Problem]:
    """The requests of validation or test that a seed draws for itself."""
    return _asked(arm.test, split, own_seed(TEST_SEED, seed, own=True))


@lru_cache(maxsize=4)
def _asked(count: int, split: Split, seed: int) -> list[Problem]:
    return FunctionCalls().problems(count, split, Random(seed))


def answers(
    model: MobileLLM, problems: list[Problem], temperature: float = 0.0, generator: Generator | None = None
) -> list[list[int]]:
    """The tokens of a generated call for each request, without its end; requests of one length go together."""
    prompts = [prompt_of(one.request) for one in problems]
    found: list[list[int]] = [[] for _ in problems]
    for length in sorted(set(map(len, prompts))):
        places = [place for place, prompt in enumerate(prompts) if len(prompt) == length]
        rows = torch.tensor([prompts[place] for place in places])
        drawn = generate(model, rows, LONGEST_CALL, NUMBER[END], temperature, generator)
        for place, tokens in zip(places, drawn.tolist(), strict=True):
            found[place] = tokens[: tokens.index(NUMBER[END])] if NUMBER[END] in tokens else tokens
    return found


def judged(tokens: list[int], problem: Problem) -> str:
    """ "right", why the call cannot be executed, or the kind of its error: function, argument, order, several."""
    try:
        tree = tree_of(text_of(tokens))
        if denotation(tree) == denotation(problem.call):
            return RIGHT
    except CallError as error:
        return error.reason
    return error_kind(tree, problem.call)


RIGHT = "right"


def own_pairs(model: MobileLLM, problems: list[Problem], samples: int, generator: Generator) -> list[Pair]:
    """Pairs of the right call and a wrong one that the net draws itself; requests without wrong draws have none."""
    wrong: dict[int, dict[tuple[int, ...], str]] = {}
    for _ in range(samples):
        drawn = answers(model, problems, 1.0, generator)
        for place, tokens in enumerate(drawn):
            kind = judged(tokens, problems[place])
            if kind != RIGHT:
                wrong.setdefault(place, {})[tuple(tokens)] = kind
    return [
        Pair(problems[place], list(tokens), kind)
        for place, found in sorted(wrong.items())
        for tokens, kind in list(found.items())[:MOST_PAIRS]
    ]


def others_pairs(problems: list[Problem]) -> list[Pair]:
    """Pairs whose wrong call is the right one of the next request: it tells nothing about this request."""
    after = [*problems[1:], problems[0]]
    return [
        Pair(one, numbered(tokens_of(other.call)), "another request")
        for one, other in zip(problems, after, strict=True)
        if tokens_of(one.call) != tokens_of(other.call)
    ]
