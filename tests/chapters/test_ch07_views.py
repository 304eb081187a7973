"""Chapter 07: its tables, its views of a net, and what its text says of the arms."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from recurse_lab.chapters.ch07_noise_or_objective import arms, claims, published, views
from recurse_lab.experiments.completions.arm import STEPS
from recurse_lab.experiments.completions.inside import by_cycle, by_solutions, fan
from recurse_lab.experiments.completions.trial import build
from recurse_lab.measure.cost import parameters
from recurse_lab.records.record import Record
from recurse_lab.train.loop import seeded

ARM = replace(arms.VARIATIONAL["latent"], problems=24)


@pytest.fixture(scope="module")
def net():
    with seeded(0):
        model = build(ARM)
    with torch.no_grad():
        for weight in model.to_posterior.parameters():
            weight.add_(0.05)  # so that the posterior differs from the prior
    return model


def recorded(values):
    blank = dict.fromkeys(("trial", "arm", "config", "digest", "commit", "lock", "machine", "command"), "")
    return Record(**blank, seed=0, versions={}, seconds=0.0, values=values)


def test_searched_cells_lie_between_the_marginals_and_whole_boards():
    rows, floor = views.floors(ARM, seed=0, most=16)
    found = [one.coverage for one in floor.values()]
    assert max(found[:3]) < found[3] < found[4]
    assert [row["solutions found"] for row in rows.values()] == found
    nats = views.nats(ARM, seed=0)
    assert nats.missing == pytest.approx(nats.apart - nats.together)
    assert nats.missing > 3


def test_a_fan_starts_in_one_point_and_names_solutions_of_its_board(net):
    found = fan(ARM, net, seed=0)
    assert found.paths.shape == (STEPS + 1, 20, 2)
    np.testing.assert_allclose(found.paths[0], np.broadcast_to(found.paths[0, :1], (20, 2)), atol=1e-4)
    assert 4 <= len(found.solutions) <= 6
    assert set(found.reached) <= {*"ABCDEF"[: len(found.solutions)], "none"}
    kept = found.board > 0
    assert (found.solutions[:, kept] == found.board[kept]).all()
    given, solved, names = views.fan_boards(found)
    assert (given.shape, len(solved), len(names)) == ((4, 4), len(found.solutions), 1 + len(found.solutions))


def test_a_fan_needs_a_board_with_so_many_solutions(net):
    with pytest.raises(ValueError, match=r"^no test board has 500 to 600 solutions$"):
        fan(ARM, net, seed=0, fewest=500, most=600)


def test_nats_by_cycle_add_up_to_those_by_solutions(net):
    cycles = by_cycle(ARM, net, seed=0)
    groups = by_solutions(ARM, net, seed=0)
    boards = sum(row["boards"] for row in groups.values())
    assert boards == ARM.problems
    spent = sum(row["boards"] * row["nats spent"] for row in groups.values()) / boards
    assert sum(row["nats"] for row in cycles.values()) == pytest.approx(spent, rel=0.05)
    assert all(row["nats needed"] >= np.log(2) - 1e-6 for row in groups.values())
    assert cycles[f"cycle {STEPS}"]["as after the last cycle"] == 1


def test_the_text_says_what_the_arms_are():
    every = arms.NOISE | arms.VARIATIONAL | arms.ORDER | arms.BROKEN
    assert {arm.plan.steps for arm in every.values()} == {1000}
    assert {arm.batch for arm in every.values()} == {32}
    best = arms.CREDIT["best_of_8"]
    assert (best.best_of, best.through, best.plan.steps) == (8, 3, 1000)
    assert {arm.problems for arm in every.values()} == {claims.BOARDS}
    assert round(parameters(build(arms.VARIATIONAL["latent"])), -3) == 29_000
    assert pytest.approx(169 / 288, abs=0.003) == 1 - (1 - 1 / 288) ** 256  # of 256 ideal draws
    assert arms.CHOOSING["choosing"].net.plan.steps == 800
    assert arms.CHOOSING["choosing"].net.puzzles.test_givens == (8, 11)


def test_no_two_arms_share_the_name_of_a_way():
    groups = (arms.NOISE, arms.VARIATIONAL, arms.CREDIT, arms.ORDER, arms.BROKEN, arms.LARGER)
    names = [way for group in groups for arm in group.values() for way in arm.ways]
    assert len(names) == len(set(names))


def test_choice_rows_hold_the_means_over_seeds():
    shares = {"mean": 0.2, "majority": 0.3, "passed": 0.9, "head": 0.8}
    noises = dict.fromkeys(("noisy_starts", "noisy_steps"), shares)
    values = (
        {"one": 0.5, "longer": 0.6, "longer_chosen": 0.6} | dict.fromkeys(noises, 0.8) | {"noises": noises}
    )
    rows = views.choice_rows({0: recorded(values), 1: recorded(values | {"one": 0.7})})
    assert rows["one run"]["right"] == pytest.approx(0.6)
    assert len({tuple(row) for row in rows.values()}) == 1  # a table shows the columns of its first row
    assert list(rows.values())[3]["any of 20"] == pytest.approx(0.9)


def test_published_rows_stand_before_ours():
    rows = published.queens({"a loop": (0.5, 0.25)})
    assert list(rows)[-1] == "ours: a loop"
    assert rows["ours: a loop"] == {"valid, %": 50.0, "found, %": 25.0}
    assert rows["GRAM"] == {"valid, %": 99.7, "found, %": 90.3}
    assert published.ablation()["GRAM"]["8 queens valid, %"] == 99.69
