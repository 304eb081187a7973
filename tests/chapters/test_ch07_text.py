"""Chapter 07: numbers that its text and its claims state hold in the records."""

import numpy as np
import pytest
import torch

from recurse_lab.chapters.ch07_noise_or_objective import arms
from recurse_lab.experiments.completions.problems import boards
from recurse_lab.experiments.completions.rates import validate
from recurse_lab.experiments.group_products.rates import scores
from recurse_lab.records.record import load_reference
from recurse_lab.records.store import reference_path
from recurse_lab.workbook.start import ROOT


def recorded(trial):
    found = {}
    for record in load_reference(reference_path(ROOT / "data", trial)):
        found.setdefault(record.arm, {})[record.seed] = record
    return found


def mean(runs, number):
    return np.mean([number(run.values) for run in runs.values()])


def test_the_best_of_eight_costs_seven_times_as_much_in_training():
    runs = recorded(arms.trial)
    seconds = {
        name: mean(runs[name], lambda values: values["train_seconds"]) for name in ("best_of_8", "latent")
    }
    assert seconds["best_of_8"] / seconds["latent"] == pytest.approx(7, abs=0.5)


def test_certain_cells_at_once_take_about_four_thoughts():
    thoughts = mean(recorded(arms.trial)["order"], lambda values: values["ways"]["order_sure_1"]["thoughts"])
    assert round(thoughts) == 4


def test_at_four_times_the_rate_noise_in_use_found_up_to_41_percent_on_validation_boards():
    assert arms.NOISE["plain"].plan.rate * 4 == 8e-3
    assert round(scores(recorded(validate))["plain"][8e-3], 2) == 0.41


def test_two_thirds_of_the_solutions_are_grids_that_were_targets_and_boards_have_about_nine():
    arm = arms.VARIATIONAL["latent"]
    unseen = torch.tensor([kind == "test" for kind in arm.boards.kinds])
    for seed in (0, 1):
        solutions = arm.boards.solutions(boards(arm, "test", seed).inputs)
        assert (solutions & ~unseen).sum() / solutions.sum() == pytest.approx(2 / 3, abs=0.03)
        assert round(solutions.sum(1).float().mean().item()) == 9
