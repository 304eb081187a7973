"""The experiment on iterates: its problems, its scores on constructed nets, and a smoke trial."""

from dataclasses import replace

import pytest
import torch

from recurse_lab.chapters.ch01_iterate import arms, practice, views
from recurse_lab.experiments.iterates.problems import held_out, iterates, moved, source
from recurse_lab.experiments.iterates.rates import beyond_the_edge, tried
from recurse_lab.experiments.iterates.scores import LARGEST, beyond, by_condition, median, templates
from recurse_lab.experiments.iterates.tables import right_beyond
from recurse_lab.experiments.iterates.trial import restore, trial
from recurse_lab.models.fitted_step import Repeated, fitted_products
from recurse_lab.models.numerical import GradientDescent
from recurse_lab.records.record import Record
from recurse_lab.recurrence import settle

SMALL = replace(arms.at_profile({"loop": arms.LOOP}, "smoke")["loop"], problems=64)


def record(values):
    words = dict.fromkeys(("trial", "config", "digest", "commit", "lock", "machine", "command"), "")
    return Record(arm="a", seed=0, versions={}, seconds=0.0, values=values, **words)


class Clamped(GradientDescent):
    """Gradient descent that stops after 8 steps."""

    def start(self, inputs, generator=None):
        x, system = super().start(inputs, generator)
        return (x, 0), system

    def step(self, state, context):
        x, k = state
        return (super().step(x, context) if k < 8 else x), k + 1

    def read(self, state):
        return state[0]


class Template(GradientDescent):
    """Answers the iterates of one fixed problem, whatever it is asked."""

    def start(self, inputs, generator=None):
        first = held_out(SMALL, 0, 1).inputs[:1]
        return super().start(first.expand_as(inputs), generator)


def test_the_method_itself_gets_full_marks_and_the_clamp_none():
    scores = beyond(SMALL, GradientDescent(), 0)
    assert set(scores["right"].values()) == {1.0}
    assert max(scores["error"].values()) < 1e-6
    clamped = beyond(SMALL, Clamped(), 0)
    assert clamped["right"]["8"] == 1
    assert clamped["right"]["32"] < 0.05
    assert clamped["clamped"] == clamped["right"]
    assert scores["clamped"]["32"] == clamped["right"]["32"]


def test_slow_problems_are_far_from_settled_after_the_trained_steps():
    for kappa, least in ((30, 0.3), (100, 0.5)):
        batch = held_out(SMALL, 0, 128, float(kappa))
        left = (batch.targets[:, 128] - batch.targets[:, 8]).norm(dim=1) / batch.targets[:, 128].norm(dim=1)
        assert left.median() > least


def test_condition_numbers_are_the_second_axis():
    errors = by_condition(SMALL, Clamped(), 0)
    assert errors["10"]["32"] < errors["100"]["32"]
    assert errors["1000"]["8"] < 1e-6


def test_the_family_test_tells_a_method_from_a_template():
    prototypes = held_out(SMALL, 5, 1).inputs[:4]
    method, template = (templates(SMALL, model, prototypes, 0) for model in (GradientDescent(), Template()))
    for place in ("inside", "unseen"):
        assert method["response"][place]["1.0"] == pytest.approx(1, abs=1e-4)
        assert method["followed"][place]["0.25"] == 1
        assert template["response"][place]["1.0"] == pytest.approx(0, abs=1e-4)
        assert template["followed"][place]["2.0"] == 0


def test_neighbors_keep_the_matrices_of_their_prototypes():
    problems = source(replace(SMALL, prototypes=3), torch.Generator().manual_seed(0))
    drawn = problems.draw().inputs
    matrices = {tuple(matrix.flatten().tolist()) for matrix in problems.prototypes[:, :, :-1]}
    assert {tuple(matrix.flatten().tolist()) for matrix in drawn[:, :, :-1]} <= matrices
    assert len(matrices) == 3
    change = moved(drawn, 0.1, torch.Generator().manual_seed(1)) - drawn
    assert change[:, :, :-1].abs().max() == 0
    assert 0.05 < change[:, :, -1].std() < 0.2


def test_seeds_have_their_own_test_problems():
    assert not torch.equal(held_out(SMALL, 0, 1).inputs, held_out(SMALL, 1, 1).inputs)
    assert torch.equal(held_out(SMALL, 0, 1).inputs, held_out(SMALL, 0, 1).inputs)


def test_errors_that_overflow_are_recorded_as_a_number():
    assert median(torch.tensor([torch.nan, torch.inf, 3.0])) == LARGEST


@pytest.mark.parametrize("name", ["loop", "end_only", "told_14", "loop_16", "untied"])
def test_a_trial_records_its_scores_and_its_net(name):
    arm = arms.at_profile(arms.LIVE | arms.ABLATIONS | arms.TEMPLATES, "smoke")[name]
    values, weights = trial(arm, 3)
    assert {"params", "train_flops", "infer_flops", "train_seconds", "right", "error", "curve"} <= set(values)
    assert ("followed" in values) == (name == "loop_16")
    again = beyond(arm, restore(arm, weights), 3)
    assert again["right"] == values["right"]


def test_a_search_goes_beyond_its_edges_only():
    def runs(right):
        return {0: record({"right": {"16": right, "32": right}})}

    found = {
        "a at 0.002": runs(0.1),
        "a at 0.006": runs(0.5),
        "a at 0.02": runs(0.2),
        "b at 0.002": runs(0.9),
    }
    assert tried(found, "a") == {0.002: 0.1, 0.006: 0.5, 0.02: 0.2}
    assert beyond_the_edge(found, "a") == set()
    found["a at 0.02"] = runs(0.6)
    assert beyond_the_edge(found, "a") == {0.06}
    found["a at 0.002"] = runs(0.7)
    assert beyond_the_edge(found, "a") == {0.002 / 3}


def test_every_mistake_of_the_readers_exercise_shows_in_one_of_two_calls():
    right = {number: practice.loss_with("", number) for number in (1, 3)}
    seen = set()
    for number, loss in right.items():
        seen |= {
            words
            for words, wrong in practice.mistakes(number).items()
            if not abs(wrong - loss) <= 2e-4 * loss
        }
    assert seen == set(practice.mistakes(1))
    assert practice.loss_after(lambda *_: None, 2) is None


def test_the_radius_that_the_table_gives_is_the_factor_of_late_steps():
    rows = views.contraction(40)
    for name, row in rows.items():
        radius, factor = row.values()
        assert factor == pytest.approx(radius, abs=1e-4), name


def test_repeating_eight_steps_on_what_is_left_is_the_method():
    problems = views.systems(64, 0)
    assert views.right_at(Repeated(GradientDescent(), 8), problems) == 1
    assert views.right_at(Repeated(Template(), 8), problems) == 0
    x, taken = settle(Repeated(GradientDescent(), 8), problems, 15).state
    torch.testing.assert_close(x, settle(GradientDescent(), problems, 8).output)
    assert taken == 15


def test_least_squares_on_products_finds_the_step():
    fitted, problems = fitted_products(views.systems(256, 1)), views.systems(64, 0)
    assert views.right_at(fitted, problems, 128) == 1
    assert views.right_at(fitted_products(views.systems(16, 1)), problems, 32) < 0.5


def test_progress_of_the_method_rises_to_one():
    problems = views.systems(3, 0)
    for _, true, answers in views.progress({"method": GradientDescent()}, problems, "problem"):
        assert (true[1:] >= true[:-1] - 1e-6).all()
        assert true[-1] <= 1 + 1e-5
        torch.testing.assert_close(torch.tensor(answers["method"]), torch.tensor(true))
    assert iterates(problems, 4).shape == (3, 5, 4)
    assert right_beyond(record({"right": {"8": 0.9, "32": 0.5, "128": 0.1}})) == 0.5
