"""Chapter 08: what its notebook shows, computed from requests, from live nets and from recorded runs."""

from collections.abc import Mapping
from random import Random
from typing import Any

import numpy as np
from torch import Generator

from recurse_lab.chapters.ch08_sharper_signals.drill import Watched
from recurse_lab.experiments.function_calls.arm import SAMPLES, CallArm
from recurse_lab.experiments.function_calls.problems import (
    RIGHT,
    answers,
    asked,
    judged,
    lessons,
    own_pairs,
)
from recurse_lab.experiments.function_calls.scores import log_probs
from recurse_lab.experiments.function_calls.tables import (
    Metric,
    by_way,
    exact,
    json,
    kinds,
    nets,
    path,
    preference_rows,
    rows,
    valid,
)
from recurse_lab.models.mobile_llm import MobileLLM
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results
from recurse_lab.tasks.function_calls import Pair, Problem, numbered, taught_pairs, text_of, tokens_of
from recurse_lab.tasks.function_calls_requests import FAMILIES
from recurse_lab.tasks.function_calls_table import written
from recurse_lab.tasks.function_calls_teacher import TWINS, Twin, twins

__all__ = ["asked", "by_way", "exact", "json", "kinds", "nets", "path", "preference_rows", "rows", "valid"]

PATH = {  # what is measured along the way -> its label
    "own prefers": "right call likelier than the net's own wrong one",
    "taught prefers": "right call likelier than the teacher's wrong one",
    "exact": "requests done right",
}
NATS = {"own right": "log p(right call)", "own wrong": "log p(own wrong call)"}


def examples(arm: CallArm, seed: int, each: int = 2) -> dict[str, dict[str, str]]:
    """Some requests of each family with their calls."""
    found = {}
    for family in FAMILIES:
        some = [one for one in lessons(arm.demos, arm.new, seed).demos if one.family == family]
        for one in some[:each]:
            found[one.request] = {"family": family, "call": written(one.call)}
    return found


def wrong_answers(arm: CallArm, net: MobileLLM, seed: int, most: int = 6) -> dict[str, dict[str, str]]:
    """The first test requests that a net does wrong, what it answers, and the kind of its error."""
    problems = asked(arm, "test", seed)[:200]
    found: dict[str, dict[str, str]] = {}
    for tokens, one in zip(answers(net, problems), problems, strict=True):
        kind = judged(tokens, one)
        if (
            kind != RIGHT
            and len(found) < most
            and kind not in {row["kind of error"] for row in found.values()}
        ):
            found[one.request] = {"answer": text_of(tokens), "kind of error": kind}
    return found


def kind_shares(arm: CallArm, net: MobileLLM, seed: int, split: Any = "test") -> dict[str, float]:
    """Kind of answer -> share of a seed's requests."""
    problems = asked(arm, split, seed)
    words = [judged(tokens, one) for tokens, one in zip(answers(net, problems), problems, strict=True)]
    return {word: words.count(word) / len(words) for word in dict.fromkeys((RIGHT, *sorted(set(words))))}


def practice_pairs(arm: CallArm, net: MobileLLM, seed: int, kind: Twin | None = None) -> list[Pair]:
    """Pairs of the new requests: with the net's own wrong calls, or with the teacher's twins of one kind."""
    problems = lessons(arm.demos, arm.new, seed).new
    if kind is None:
        return own_pairs(net, problems, SAMPLES, Generator().manual_seed(seed))
    some = [one for one in problems if kind == "format" or twins(one.call, kind)]
    return taught_pairs(some, Random(seed), (kind,))


def watched(arm: CallArm, net: MobileLLM, seed: int, pairs: int = 100) -> Watched:
    """Validation requests, and pairs of them with the net's own wrong calls."""
    problems = asked(arm, "validation", seed)[: 2 * pairs]
    own = own_pairs(net, problems, SAMPLES, Generator().manual_seed(seed + 1))
    return Watched(problems, own[:pairs])


def path_shares(runs: Mapping[int, Record], way: str) -> dict[str, dict[int, float]]:
    """Label -> optimizer step -> share, mean over seeds."""
    return {label: path(runs, way, name) for name, label in PATH.items()}


def path_nats(runs: Mapping[int, Record], way: str) -> dict[str, dict[int, float]]:
    """Label -> optimizer step -> change of a log probability in nats, mean over seeds."""
    return {label: path(runs, way, name) for name, label in NATS.items()}


def means(results: Results, arms: Mapping[str, CallArm], metric: Metric = exact) -> dict[str, float]:
    """Name of each net -> share of the test requests, done right unless a metric is given; mean over seeds."""
    return {name: runs.mean(metric) for name, runs in nets(results, arms).items()}


def candidates(
    arm: CallArm, models: Mapping[str, MobileLLM], seed: int, number: int
) -> tuple[list[str], dict[str, list[float]], str]:
    """The calls to compare for one test request, their log probabilities under each net, and the request."""
    one = asked(arm, "test", seed)[number]
    calls: dict[str, list[int]] = {f"right: {written(one.call)}": numbered(tokens_of(one.call))}
    for kind in TWINS:
        if kind != "format" and (found := twins(one.call, kind)):
            calls[f"{kind}: {written(found[0])}"] = numbered(tokens_of(found[0]))
    for tokens in [answers(model, [one])[0] for model in models.values()]:
        if tokens and tokens not in calls.values():
            calls[f"{judged(tokens, one)}, a net's answer: {text_of(tokens)}"] = tokens
    return list(calls), {name: _log_probs(model, one, calls) for name, model in models.items()}, one.request


def _log_probs(model: MobileLLM, one: Problem, calls: Mapping[str, list[int]]) -> list[float]:
    return log_probs(model, [one] * len(calls), list(calls.values())).tolist()


def family_rows(results: Results, arms: Mapping[str, CallArm]) -> dict[str, dict[str, float]]:
    """Label -> share done right in each family, mean over seeds."""
    return {
        runs.label: {
            family: float(np.mean([one["families"][family] for one in runs.scores.values()]))
            for family in FAMILIES
        }
        for runs in nets(results, arms).values()
    }


# Nets of the search that ways begin with: the same net stands in several of its arms.
BEGINNINGS = {"tuned": "taught", "beyond": "taught", "again": "taught", "last": "late 950"}


def searched(found: Results) -> dict[str, dict[int, float]]:
    """Each setting that was tried -> seed -> share of validation requests done right."""
    table: dict[str, dict[int, float]] = {}
    for arm, by_seed in found.items():
        for seed, record in by_seed.items():
            for name, shares in record.values["ways"].items():
                table.setdefault(name or BEGINNINGS.get(arm, arm), {})[seed] = shares["exact"]
    return table


def search_rows(found: Results) -> dict[str, dict[str, Any]]:
    """Each setting that was tried -> share of validation requests done right on each seed; the best first."""
    table = searched(found)
    seeds = sorted({seed for by_seed in table.values() for seed in by_seed})
    rows_ = {
        name: {f"seed {seed}": by_seed.get(seed, "not run") for seed in seeds}
        for name, by_seed in table.items()
    }
    return dict(sorted(rows_.items(), key=lambda row: -table[row[0]].get(seeds[0], 0.0)))


def mean_of_search(found: Results, name: str) -> float:
    """Share of validation requests that one setting does right, mean over its seeds."""
    return float(np.mean(list(searched(found)[name].values())))


# Kinds of answers in a figure; all others are JSON that is no valid call, or divide by zero.
SHOWN = (RIGHT, "order", "function", "argument", "several at once", "not JSON")


def kind_bars(results: Results, arms: Mapping[str, CallArm]) -> dict[str, dict[str, float]]:
    """Label -> kind of answer -> share of the test requests, mean over seeds."""
    bars = {}
    for label, shares in kinds(results, arms).items():
        bars[label] = {kind: shares.get(kind, 0.0) for kind in SHOWN}
        bars[label]["JSON, not valid"] = sum(share for kind, share in shares.items() if kind not in SHOWN)
    return bars


def size_rows(
    results: Results, arms: Mapping[str, CallArm], names: tuple[str, ...]
) -> dict[str, dict[str, Any]]:
    """Label of some nets -> weights, compute, seconds, share done right, seeds."""
    return {
        one.label: {
            "weights": one.params,
            "TFLOP": one.train_flops / 1e12,
            "CPU-seconds": round(one.seconds),
            "done right": float(np.mean(list(one.values.values()))),
            "seeds": len(one.values),
        }
        for one in by_way(results, arms, recorded=True)
        if one.name in names
    }
