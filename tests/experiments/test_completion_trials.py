"""Trials on boards with several solutions: smoke-size runs, prices of samples, noise in use, weights that return."""

import math
from dataclasses import replace
from functools import cache

import pytest
import torch

from recurse_lab.experiments.completions.arm import (
    LATENT,
    PLAIN,
    SAMPLES,
    STEPS,
    CompletionArm,
    Way,
    at_profile,
    plan,
)
from recurse_lab.experiments.completions.problems import boards, training_boards
from recurse_lab.experiments.completions.rates import KEPT, validate
from recurse_lab.experiments.completions.trial import trial
from recurse_lab.tasks.base import SPLITS

WAYS = {"drawn": Way(), "apart": Way(kind="by itself"), "in order": Way(kind="cell after cell", steps=2)}
GRAM = CompletionArm(label="variational", model=LATENT, plan=plan(8), ways={"drawn": Way()})
NOISY = CompletionArm(
    label="noisy", model=replace(PLAIN, every_step=0.3), plan=plan(8), ways=WAYS, head_steps=0
)
ARMS = at_profile({"gram": GRAM, "noisy": NOISY}, "smoke")
EVERY_WAY = {
    "validity", "coverage", "unseen", "ideal", "passed", "distinct", "one_solution",
    "by_draws", "within", "flops", "thoughts",
}  # fmt: skip
EVERY_NET = {
    "params",
    "train_flops",
    "infer_flops",
    "train_seconds",
    "steps",
    "curve",
    "ways",
    "draw_seconds",
}


@cache
def run(name):
    return trial(ARMS[name], 5)


def numbers(values):
    if isinstance(values, dict):
        values = list(values.values())
    return [number for part in values for number in numbers(part)] if isinstance(values, list) else [values]


def test_a_trial_gives_finite_numbers_under_its_keys():
    gram, noisy = (run(name)[0] for name in ARMS)
    assert set(gram) == EVERY_NET | {"kl", "posterior", "prior"}
    assert set(noisy) == EVERY_NET
    assert set(noisy["ways"]) == set(noisy["draw_seconds"]) == set(WAYS)
    assert set(gram["ways"]["drawn"]) == EVERY_WAY | {"free", "chosen"}
    assert set(noisy["ways"]["drawn"]) == EVERY_WAY | {"free"}
    assert set(noisy["ways"]["apart"]) == set(noisy["ways"]["in order"]) == EVERY_WAY
    assert all(math.isfinite(number) for values in (gram, noisy) for number in numbers(values))
    assert gram["steps"] == noisy["steps"] == 8
    assert len(gram["kl"]) == STEPS
    assert min(gram["kl"]) >= 0
    for way in (*gram["ways"].values(), *noisy["ways"].values()):
        assert len(way["by_draws"]) == SAMPLES
        assert way["by_draws"][-1] == pytest.approx(way["coverage"])
        assert way["by_draws"] == sorted(way["by_draws"])
        assert way["by_draws"][0] <= way["within"] <= way["coverage"] + 1e-6
        assert way["validity"] <= way["passed"]
        assert way["ideal"] == gram["ways"]["drawn"]["ideal"]  # the same boards for both


def test_the_search_looks_at_validation_boards():
    values, weights = validate(replace(ARMS["noisy"], ways={"drawn": Way()}), 100)
    assert set(values["ways"]["drawn"]) == set(KEPT)
    assert values["score"] == values["ways"]["drawn"]["coverage"]
    assert (values["rate"], weights) == (4e-3, {})


@pytest.mark.parametrize("task", ["sudoku", "queens"])
def test_boards_of_seeds_and_splits(task):
    arm = replace(GRAM, task=task, pool=500, problems=40, unique=20)
    several = {(split, seed): boards(arm, split, seed) for split in SPLITS[1:] for seed in (0, 1)}
    assert len({tuple(batch.inputs.flatten().tolist()) for batch in several.values()}) == 4
    assert torch.equal(boards(replace(arm, label="other"), "test", 0).inputs, several["test", 0].inputs)
    assert arm.boards.solutions(several["test", 0].inputs).sum(1).min() >= 2
    one = boards(arm, "test", 0, "one")
    assert (arm.boards.solutions(one.inputs).sum(1) == 1).all()
    seen = training_boards(arm, torch.Generator().manual_seed(0))
    assert torch.equal(seen.inputs[:, 1], seen.targets)
    plain = training_boards(replace(arm, model=PLAIN), torch.Generator().manual_seed(0))
    assert torch.equal(plain.inputs, seen.inputs[:, 0])
    tests = torch.cat((several["test", 0].inputs, several["test", 1].inputs, one.inputs))
    trained, validated, tested = (
        set(map(tuple, part.tolist())) for part in (plain.inputs, several["validation", 0].inputs, tests)
    )
    assert not trained & validated
    assert not trained & tested
    assert not validated & tested
