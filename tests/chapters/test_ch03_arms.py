"""Chapter 03: its arms are equal in what they say, and its claims name them."""

from dataclasses import replace

import pytest
import torch

from recurse_lab.chapters.ch03_tiny_recursive_model import claims
from recurse_lab.chapters.ch03_tiny_recursive_model.arms import EQUAL, LIVE, NINE, RECURSIVE
from recurse_lab.chapters.ch03_tiny_recursive_model.rates import MORE
from recurse_lab.experiments.sudoku.scores import training_flops
from recurse_lab.experiments.sudoku.trial import build
from recurse_lab.measure.cost import ForwardFlops, forward_flops, parameters
from recurse_lab.tasks.sudoku import Sudoku
from recurse_lab.train.objectives.every_step import EveryStep
from recurse_lab.train.objectives.last_step import LastStep


def spent(arm):
    """Training FLOPs of the whole run."""
    boards = torch.zeros(arm.batch, arm.model.cells, dtype=torch.int64)
    flops = ForwardFlops(*(part / arm.batch for part in forward_flops(build(arm), boards)))
    return arm.plan.steps * arm.batch * training_flops(arm, flops)


@pytest.mark.parametrize("name", ["thin", "narrow_deep", "narrow_deeper", "twelve", "wide", *MORE])
def test_nets_of_equal_compute_have_it(name):
    arm = {**EQUAL, **MORE}[name]
    assert spent(arm) == pytest.approx(spent(RECURSIVE), rel=0.005)


@pytest.mark.parametrize("name", [*EQUAL, *MORE, "nine_twelve"])
def test_labels_say_how_much_larger_a_net_is(name):
    arm = {**EQUAL, **MORE, **NINE}[name]
    times = int(arm.label.split("(")[1].removesuffix("x)")) if "(" in arm.label else 1
    base = NINE["nine"] if name == "nine_twelve" else RECURSIVE
    assert parameters(build(arm)) / parameters(build(base)) == pytest.approx(times, rel=0.06)


def test_plain_nets_are_asked_after_each_block_unless_their_label_says_at_the_end():
    for name, arm in {**EQUAL, **NINE}.items():
        if not arm.recursive:
            assert isinstance(arm.objective, LastStep if name == "narrow_deep_end" else EveryStep), name
            assert arm.objective.steps == arm.model.depth, name
    asked, end = EQUAL["narrow_deep"], EQUAL["narrow_deep_end"]
    assert replace(end, label=asked.label, objective=asked.objective) == asked


def test_what_the_claims_say_of_compute_and_parameters_is_so():
    assert spent(NINE["nine_twelve"]) / spent(NINE["nine"]) == pytest.approx(1.45, rel=0.01)
    depths = [EQUAL[name].model.depth for name in claims.COMPUTE.controls]
    assert (min(depths), max(depths)) == (8, 32)


def test_the_arm_on_9x9_is_the_recursive_one_on_larger_boards():
    arm, task = NINE["nine"], Sudoku(9)
    sizes = {"cells": task.cells, "symbols": task.symbols, "classes": task.classes, "width": 48}
    assert arm.model == replace(RECURSIVE.model, **sizes)
    kept = {
        name: getattr(RECURSIVE, name) for name in ("label", "model", "puzzles", "batch", "plan", "reads")
    }
    assert replace(arm, draws=0, **kept) == RECURSIVE
    assert (arm.puzzles.train_givens, arm.puzzles.test_givens) == ((30, 44), (22, 27))
    assert arm.reads[-1] == 128
    assert {one.puzzles for one in NINE.values()} == {arm.puzzles}


def test_every_claim_names_arms_that_are_recorded():
    arms = {**LIVE, **EQUAL, **NINE}
    for claim in (claims.NINE_BY_NINE, claims.COMPUTE, *claims.OTHERS):
        assert {claim.treatment, *claim.controls} <= arms.keys()
        assert claim.problems == arms[claim.treatment].puzzles.test
    assert {claims.CHOICE.treatment, *claims.CHOICE.controls} == {"chosen", "one", "longer"}
