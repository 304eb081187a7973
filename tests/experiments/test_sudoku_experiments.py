"""The Sudoku room on tiny boards: the results of a trial, its cost by hand, puzzles, rates and noisy runs."""

import math
import re
from dataclasses import replace
from inspect import unwrap

import pytest
import torch
from torch import nn

from recurse_lab.chapters.ch03_tiny_recursive_model.arms import EQUAL, LIVE, NINE
from recurse_lab.experiments.sudoku import rates as sudoku_rates
from recurse_lab.experiments.sudoku import scores as sudoku_scores
from recurse_lab.experiments.sudoku import trial as sudoku
from recurse_lab.experiments.sudoku.arm import (
    CARRIED,
    RECURSIVE,
    TINY,
    Puzzles,
    SudokuArm,
    for_long,
    plan,
    smoke,
)
from recurse_lab.experiments.sudoku.draws import chosen
from recurse_lab.experiments.sudoku.problems import pool, puzzles
from recurse_lab.experiments.sudoku.scores import (
    accuracy,
    by_grade,
    cost,
    early_exit,
    right_after,
    training_flops,
)
from recurse_lab.experiments.sudoku.tables import by_use
from recurse_lab.experiments.sudoku.trial import build, restore, train, trial
from recurse_lab.measure.cost import ForwardFlops, forward_flops, parameters
from recurse_lab.models.feed_forward import FeedForward, FeedForwardConfig
from recurse_lab.models.hrm import HRM, HRMConfig
from recurse_lab.models.trm import TRM
from recurse_lab.records.record import Record
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.sudoku import Sudoku
from recurse_lab.train.objectives.every_step import EveryStep
from recurse_lab.train.objectives.last_step import LastStep


def plain(depth, signal=True):
    objective = EveryStep(steps=depth) if signal else LastStep(steps=depth)
    return SudokuArm(
        label=f"{depth} blocks",
        model=FeedForwardConfig(depth=depth),
        objective=objective,
        plan=plan(800, 4e-3),
    )


ALL = {
    "recursive": RECURSIVE,
    "once": plain(2, signal=False),
    "asked": plain(6),
    "unrolled": replace(RECURSIVE, label="unrolled", objective=LastStep(steps=4)),
    "one_latent": replace(RECURSIVE, label="one latent", model=replace(TINY, latents=1)),
    "one_step": replace(RECURSIVE, label="one step", model=replace(TINY, gradient="last")),
    "two_cycles": replace(RECURSIVE, label="two cycles", objective=replace(CARRIED, cycles=2)),
    "hrm": replace(
        RECURSIVE,
        label="HRM's form",
        model=HRMConfig(
            symbols=7,
            classes=7,
            cells=36,
            width=32,
            heads=4,
            mixer="attention",
            multiple=1,
            layers=(2, 2),
            prefix=1,
        ),
        objective=replace(CARRIED, cycles=2),
    ),
}
SMOKE = {name: replace(arm, batch=8, plan=replace(arm.plan, steps=4)) for name, arm in smoke(ALL).items()}
RECURSIVE_SMOKE, ONCE = SMOKE["recursive"], SMOKE["once"]
HALTING = ("recursive", "one_latent", "one_step", "two_cycles", "hrm")
SEED = 7


# Results of a trial


@pytest.mark.parametrize(
    "name", ["recursive", "once", "asked", "unrolled", "hrm", "one_latent", "two_cycles"]
)
def test_a_smoke_arm_gives_the_promised_values(name):
    arm = SMOKE[name]
    values, weights = trial(arm, SEED)
    wanted = {"params", "train_flops", "infer_flops", "train_seconds", "steps", "boards", "curve"}
    wanted |= {"exact", "cells", "by_technique"}
    assert set(values) == (wanted | {"early_exit"} if name in HALTING else wanted)
    assert values["steps"] == 4
    assert values["params"] == sum(
        value.numel() for key, value in weights.items() if not key.endswith("init")
    )
    reads = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32] if arm.recursive else [arm.model.depth]
    assert list(values["exact"]) == list(values["cells"]) == [str(read) for read in reads]
    shares = [*values["exact"].values(), *values["cells"].values(), *values["by_technique"].values()]
    shares += values["curve"]["accuracy"] + ([values["early_exit"]["exact"]] if name in HALTING else [])
    assert all(0 <= share <= 1 for share in shares)
    assert all(values["exact"][read] <= values["cells"][read] for read in values["exact"])
    assert set(values["by_technique"]) == {"naked singles"}
    numbers = [values[key] for key in ("params", "train_flops", "infer_flops")] + values["curve"]["loss"]
    assert all(0 < number < math.inf for number in numbers)
    if name in HALTING:
        assert 1 <= values["early_exit"]["steps"] <= 16


def test_every_smoke_arm_is_small():
    for name, arm in smoke(ALL).items():
        assert arm.puzzles.side == 4, name
        assert (arm.model.cells, arm.model.symbols, arm.model.classes) == (16, 5, 5), name
        assert arm.plan.steps <= 8, name
        assert arm.objective == ALL[name].objective, name


def test_a_long_run_has_its_own_rate_that_falls_at_the_end():
    long = for_long(RECURSIVE, 2e-3)
    assert replace(long, plan=RECURSIVE.plan) == RECURSIVE
    rates = [long.plan.rate_at(step) for step in (1_000, 1_399, 1_400, 1_999)]
    assert rates == pytest.approx([2e-3, 2e-3, 2e-4, 2e-4])
    assert long.plan.steps == 2_000


def same_numbers(values):
    return {key: value for key, value in values.items() if key != "train_seconds"}


@pytest.mark.parametrize("name", ["recursive", "once"])
def test_one_seed_gives_one_result(name):
    before = torch.get_rng_state()
    values, weights = trial(SMOKE[name], SEED)
    pool.cache_clear()
    again, same = trial(SMOKE[name], SEED)
    other, others = trial(SMOKE[name], SEED + 1)
    assert same_numbers(values) == same_numbers(again)
    assert weights.keys() == same.keys()
    assert all(torch.equal(weights[key], same[key]) for key in weights)
    assert values["curve"] != other["curve"]
    assert not torch.equal(weights["head.weight"], others["head.weight"])
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("share", [0.0, 0.75])
def test_averaged_weights_are_returned(share, monkeypatch):
    changed = replace(RECURSIVE_SMOKE.plan, average=share)
    arm, built, path = replace(RECURSIVE_SMOKE, plan=changed), [], []

    def remembered(arm):
        built.append(build(arm))
        path.append({name: value.detach().clone() for name, value in built[0].named_parameters()})
        return built[0]

    def watch(*_):
        path.append({name: value.detach().clone() for name, value in built[0].named_parameters()})

    monkeypatch.setattr(sudoku, "build", remembered)
    model, run, *_ = train(arm, SEED, watch)
    assert model is built[0]
    assert not model.training
    assert len(path) == 1 + len(run.loss) == 5
    for name, value in model.named_parameters():
        slow = path[0][name]
        for weights in path[1:]:
            slow = share * slow + (1 - share) * weights[name]
        assert torch.allclose(value, slow, atol=1e-6)
    last = all(torch.equal(value, path[-1][name]) for name, value in model.named_parameters())
    assert last is (share == 0)


def test_the_weights_of_a_trial_are_those_that_were_measured():
    values, weights = trial(RECURSIVE_SMOKE, SEED)
    model = restore(RECURSIVE_SMOKE, weights)
    test = puzzles(RECURSIVE_SMOKE, "test", SEED)
    assert accuracy(RECURSIVE_SMOKE, model, test) == {
        key: values[key] for key in ("exact", "cells", "by_technique")
    }
    assert early_exit(RECURSIVE_SMOKE, model, test) == values["early_exit"]


@pytest.mark.parametrize("name", ["recursive", "once"])
def test_weights_of_another_configuration_are_one_line(name):
    arm = SMOKE[name]
    weights = build(arm).state_dict()
    restored = restore(arm, weights)
    assert not restored.training
    assert all(torch.equal(value, weights[key]) for key, value in restored.state_dict().items())
    for other in (SMOKE["asked"], SMOKE["hrm"], ALL[name], replace(arm, model=replace(arm.model, width=16))):
        with pytest.raises(ValueError, match=f"not those of {re.escape(other.label)}: Error") as caught:
            restore(other, weights)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 260


def test_which_net_an_arm_builds():
    kinds = {name: type(build(SMOKE[name])) for name in ("once", "asked", "recursive", "one_step", "hrm")}
    assert kinds == {"once": FeedForward, "asked": FeedForward, "recursive": TRM, "one_step": TRM, "hrm": HRM}


# Boards


@pytest.mark.parametrize(
    ("name", "max_age", "boards"),
    [("once", None, 4 * 8), ("unrolled", None, 4 * 8), ("recursive", 1, 4 * 8), ("recursive", 3, 2 * 8)],
)
def test_boards_of_a_run_by_hand(name, max_age, boards):
    arm = SMOKE[name]
    if max_age:  # nothing is solved at this rate: age alone refills, here before steps 0 and 3
        objective = replace(arm.objective, max_age=max_age, explore=0.0)
        arm = replace(arm, objective=objective, plan=replace(arm.plan, rate=1e-9))
    assert train(arm, SEED).run.examples == boards


# Cost

L, D, V, H, R, INNER = 36, 32, 7, 4, 4, 85


def block_flops(cells):
    """FLOPs of the products of one block: qkv and out, scores and mixture, three maps of the gated MLP."""
    return 2 * cells * D * 4 * D + 2 * 2 * cells * cells * D + 2 * cells * D * 3 * INNER


BIAS = 2 * H * R * L * L  # relations times learned numbers, once for each block and board


def test_flops_of_plain_nets_by_hand():
    for name, depth, readings in (("once", 2, 1), ("asked", 6, 6)):
        arm = ALL[name]
        flops = forward_flops(build(arm), torch.zeros(1, L, dtype=torch.int64))
        head = 2 * L * D * V
        assert flops == (depth * BIAS, block_flops(L), head)
        assert training_flops(arm, flops) == 3 * (depth * (BIAS + block_flops(L)) + readings * head)
        assert flops.answer(arm.judged) == depth * (BIAS + block_flops(L)) + head
        assert arm.judged == depth == arm.objective.steps


def test_flops_of_a_recursive_step_by_hand():
    cells = L + 1
    flops = forward_flops(build(RECURSIVE), torch.zeros(1, L, dtype=torch.int64))
    bias = 2 * 2 * H * R * cells * cells
    assert flops == (bias, 6 * block_flops(cells), 2 * L * D * V)
    assert training_flops(RECURSIVE, flops) == 3 * sum(flops)
    # two cycles: the first has no gradient; one step: the last z and y of three evaluations have one
    assert training_flops(ALL["two_cycles"], flops) == 3 * sum(flops) + flops.step
    assert training_flops(ALL["one_step"], flops) == pytest.approx(
        3 * (sum(flops) - flops.step / 3) + flops.step / 3
    )
    assert RECURSIVE.judged == 16
    assert ALL["two_cycles"].judged == 32


def test_a_trials_cost_by_hand():
    arm = replace(ALL["once"], batch=32, puzzles=Puzzles(test=40))
    model = build(arm)
    # the biases of the relations are computed once for the 32 boards of a batch
    forward = 2 * BIAS / 32 + 2 * block_flops(L) + 2 * L * D * V
    assert cost(arm, model, 10, SEED) == {
        "params": parameters(model),
        "train_flops": 10 * 32 * 3 * forward,
        "infer_flops": forward,
    }


def test_the_one_step_gradient_of_unequal_networks_by_hand():
    """n = 2, one block for z and three for y: a cycle has 2 + 3 blocks, and the first z has no gradient."""
    arm = replace(ALL["one_step"], model=replace(ALL["one_step"].model, layers=(1, 3)))
    assert training_flops(arm, ForwardFlops(0.0, 5.0, 0.0)) == pytest.approx(1 + 3 * 4)


# Puzzles


@pytest.mark.parametrize("seed", [SEED, SEED + 1])
def test_test_and_validation_have_no_kind_of_solution_from_training(seed):
    few = Puzzles(train=60, test=20, validation=20)
    arm, task = replace(RECURSIVE, puzzles=few), Sudoku(6)
    kinds = {}
    for split in ("train", "validation", "test"):
        inputs, targets = puzzles(arm, split, seed)
        assert len(inputs) == getattr(few, split)
        kinds[split] = {tuple(task.kind(grid)) for grid in targets.tolist()}
        givens = (inputs > 0).sum(1)
        low, high = (12, 20) if split == "train" else (8, 11)
        assert low <= givens.min() <= givens.max() <= high
    assert not kinds["train"] & (kinds["test"] | kinds["validation"])
    assert not kinds["test"] & kinds["validation"]


def test_all_arms_of_a_seed_have_the_same_puzzles_and_each_seed_its_own():
    arms = {**LIVE, **EQUAL}
    assert {arm.puzzles for arm in arms.values()} == {Puzzles()}
    first, again = (puzzles(arm, "test", 0) for arm in (RECURSIVE_SMOKE, ONCE))
    assert first is again
    for split in ("train", "validation", "test"):
        mine, other = (puzzles(RECURSIVE_SMOKE, split, seed).inputs for seed in (0, 1))
        assert not torch.equal(mine, other)
    assert not torch.equal(first.inputs[:16], puzzles(RECURSIVE_SMOKE, "validation", 0).inputs)


# Scores


class Answering(nn.Module):
    """Gives ready-made answers: those of `first` after step 1, and those of `later` after it."""

    def __init__(self, first, later):
        super().__init__()
        self.first, self.later = first, later

    def start(self, inputs, generator=None):
        return torch.zeros(len(inputs), 1), None

    def step(self, state, context):
        return state + 1

    def read(self, state):
        answer = self.first if state[0, 0] == 1 else self.later
        return nn.functional.one_hot(answer, 5).float()


def test_shares_of_boards_and_cells_by_hand():
    test = Batch(*(part[:4] for part in puzzles(RECURSIVE_SMOKE, "test", SEED)))
    first, later = test.targets.clone(), test.targets.clone()
    first[:, 0] = 0  # one cell of each wrong
    later[3, :8] = 0  # half of one board wrong
    values = unwrap(accuracy)(RECURSIVE_SMOKE, Answering(first, later), test)
    assert values["exact"] == {"1": 0.0} | dict.fromkeys(list(values["exact"])[1:], 0.75)
    assert values["cells"] == {"1": 15 / 16} | dict.fromkeys(list(values["cells"])[1:], 1 - 8 / 64)
    assert values["by_technique"] == {"naked singles": 0.75}
    ((step, right_BL),) = right_after(Answering(first, later), test, [1])
    assert step == 1
    assert right_BL.tolist() == [[False] + [True] * 15] * 4


def test_grades_are_counted_each_on_their_own():
    hidden = "003000401050004006300000000012000030"
    search = "060002000001052000300200200030034000"
    boards = torch.tensor(
        [[int(digit) for digit in text] for text in (hidden, search, search, hidden, hidden)]
    )
    solved = torch.tensor([True, False, True, False, True])
    found = by_grade(ALL["once"], solved, Batch(boards, boards))
    assert found == {"hidden singles": pytest.approx(2 / 3), "search": 0.5}


def test_boards_in_parts_are_read_as_all_at_once(monkeypatch):
    arm = SMOKE["recursive"]
    net, batch = build(arm).eval(), puzzles(arm, "test", SEED)
    found = []
    for at_once in (len(batch.inputs), 7):
        monkeypatch.setattr(sudoku_scores, "AT_ONCE", at_once)
        found.append(list(sudoku_scores.right_after(net, batch, [1, 3])))
    for (step, right), (again, parts) in zip(*found, strict=True):
        assert step == again
        assert right.shape == batch.inputs.shape
        assert torch.equal(right, parts)


# Rates


def test_validation_of_a_rate_looks_at_validation_puzzles():
    arm = replace(ONCE, plan=replace(ONCE.plan, rate=2e-3, steps=3))
    values, weights = sudoku_rates.validate(arm, SEED)
    assert set(values) == {"cells", "score", "rate", "train_seconds"}
    assert values["rate"] == 2e-3
    assert weights == {}
    ((_, right_BL),) = right_after(train(arm, SEED).model, puzzles(arm, "validation", SEED), [2])
    assert values["cells"] == right_BL.float().mean().item()
    assert values["score"] == right_BL.all(1).float().mean().item()


# Noisy runs


def test_noisy_runs_without_noise_are_one_run():
    model, _ = train(RECURSIVE_SMOKE, SEED)
    test = Batch(*(part[:6] for part in puzzles(RECURSIVE_SMOKE, "test", SEED)))
    found = chosen(RECURSIVE_SMOKE, model, test, {"every_step": 0.0}, 2, SEED)
    ((_, right_BL),) = right_after(model, test, [16])
    once = right_BL.all(1).float().mean().item()
    assert found == dict.fromkeys(("mean", "head", "majority", "passed"), once)


def test_an_arm_with_draws_measures_them():
    arm = replace(RECURSIVE_SMOKE, draws=2, noise=0.5)
    values, weights = trial(arm, SEED)
    test = puzzles(arm, "test", SEED)
    again = chosen(arm, restore(arm, weights), test, {"every_step": 0.5}, 2, SEED)
    assert values["draws"] == again
    assert set(again) == {"mean", "head", "majority", "passed"}


def test_the_ways_to_use_a_net_are_arms_of_one_record():
    words = dict.fromkeys(("trial", "config", "digest", "commit", "lock", "machine", "command"), "")
    values = {"exact": {"16": 0.4, "128": 0.5}, "draws": {"head": 0.75}, "params": 3}
    values |= {"train_flops": 10.0, "infer_flops": 2.0, "train_seconds": 1.0}
    runs = {0: Record(arm="nine", seed=0, versions={}, seconds=1.0, values=values, **words)}
    ways = {way.name: way for way in by_use(runs, NINE["nine"])}
    assert {name: way.values for name, way in ways.items()} == {
        "one": {0: 0.4},
        "longer": {0: 0.5},
        "chosen": {0: 0.75},
    }
    assert {name: way.infer_flops for name, way in ways.items()} == {
        "one": 2.0,
        "longer": 16.0,
        "chosen": 40.0,
    }
