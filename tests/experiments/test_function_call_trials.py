"""Trials on function calls: smoke-size runs, budgets in passes, rounds, pairs without news, weights that return."""

import math
from dataclasses import replace
from functools import cache
from random import Random

import pytest
import torch
from torch import Generator

from recurse_lab.experiments.function_calls import trial as module
from recurse_lab.experiments.function_calls.arm import (
    PAIRS,
    ROWS,
    SAMPLES,
    CallArm,
    Way,
    at_profile,
    net,
    plan,
    way,
)
from recurse_lab.experiments.function_calls.problems import (
    RIGHT,
    answers,
    asked,
    judged,
    lessons,
    others_pairs,
    own_pairs,
)
from recurse_lab.experiments.function_calls.rates import validate
from recurse_lab.experiments.function_calls.scores import held, log_probs, scores
from recurse_lab.experiments.function_calls.tables import by_way, nets_of, rows
from recurse_lab.experiments.function_calls.trial import (
    build,
    lesson,
    objective,
    restore,
    train,
    trial,
    tuned,
)
from recurse_lab.records.replicate import replicate
from recurse_lab.recurrence import settle
from recurse_lab.tasks.base import IGNORE
from recurse_lab.tasks.function_calls import NUMBER, FunctionCalls, numbered, prompt_of, text_of, tokens_of
from recurse_lab.tasks.function_calls_table import denotation, execute
from recurse_lab.train.loop import seeded
from recurse_lab.train.objectives.last_step import LastStep
from recurse_lab.train.objectives.preference import Preference

WAYS = {
    "both": way("both", "both", 1e-3, 5_000),
    "dpo": way("dpo", "pairs", 1e-4, 42_400, after="both", path=True),
    "more": way("more", "pairs", 1e-4, 42_400, rejects="taught", repeat="both", weight=3.0),
    "rounds": way("rounds", "pairs", 1e-4, 42_400, rounds=2, guard=5.0),
}
ARM = replace(
    at_profile({"x": CallArm(label="taught", model=net(16, 1), plan=plan(600, 1e-2), ways=WAYS)}, "smoke")[
        "x"
    ],
    ways={name: replace(one, plan=plan(4, 1e-4)) for name, one in WAYS.items()},
)


@cache
def run():
    return trial(ARM, 3)


def numbers(values):
    values = list(values.values()) if isinstance(values, dict) else values
    return [number for part in values for number in numbers(part)] if isinstance(values, list) else [values]


def test_a_trial_measures_every_net():
    values, weights = run()
    assert set(values["ways"]) == set(values["way_flops"]) == set(values["way_seconds"]) == set(WAYS)
    assert all(math.isfinite(number) for number in numbers(values) if not isinstance(number, str))
    for scores_ in (values["base"], *values["ways"].values()):
        assert sum(scores_["words"].values()) == pytest.approx(1)
        assert scores_["exact"] <= scores_["valid"] <= scores_["json"] <= 1
        assert set(scores_["preferences"]) == {"taught", "own"}
    assert values["base"]["kl"] == pytest.approx(0, abs=1e-4)
    assert values["base"]["preferences"]["own"]["margin"] == pytest.approx(0, abs=1e-4)
    assert [one["step"] for one in values["ways"]["dpo"]["path"]] == [0]
    assert values["ways"]["more"]["path"] == []
    assert {name.split(":")[0] for name in weights} == {"", *WAYS}


def test_weights_return_as_the_net_of_their_way():
    values, weights = run()
    base = restore(ARM, weights)
    watched = held(ARM, base, "test", 3)
    assert scores(restore(ARM, weights, "more"), base, watched, 3)["kl"] == values["ways"]["more"]["kl"]
    with pytest.raises(ValueError, match="are not those of taught, nothing"):
        restore(ARM, weights, "nothing")


def test_the_same_seed_gives_the_same_net():
    assert torch.equal(train(ARM, 3).model.embed.weight, run()[1][":embed.weight"])
    assert not torch.equal(train(ARM, 4).model.embed.weight, run()[1][":embed.weight"])


def test_a_way_starts_where_it_says_and_leaves_its_start():
    with seeded(0):
        start = build(ARM)
    before = start.embed.weight.clone()
    still = tuned(ARM, replace(WAYS["both"], plan=plan(2, 0.0)), start, 3)
    torch.testing.assert_close(still.model.embed.weight, before)
    moved = tuned(ARM, replace(WAYS["both"], plan=plan(2, 1e-2)), start, 3)
    assert not torch.allclose(moved.model.embed.weight, before)
    assert torch.equal(start.embed.weight, before)


@pytest.mark.parametrize(("name", "step"), [("both", 3 * ROWS), ("dpo", 8 * PAIRS), ("more", 11 * PAIRS)])
def test_ways_cost_at_most_their_budget_and_nearly_all_of_it(name, step):
    one, budget = WAYS[name], 5_000 if name == "both" else 42_400
    assert one.step_passes == step
    assert one.sampled(1000) == (SAMPLES * 1000 if name == "dpo" else 0)
    assert budget - 2 * step < one.passes(1000) <= budget


def test_all_ways_of_one_budget_cost_the_same_flops():
    values, _ = run()
    arm = replace(ARM, ways=WAYS, new=1000)
    each = {name: one.passes(arm.new) for name, one in WAYS.items() if name != "both"}
    assert max(each.values()) - min(each.values()) < 300
    flops = values["way_flops"]
    per_pass = values["infer_flops"]
    wanted = (4 * ROWS * 3 + ARM.ways["both"].passes(ARM.new) + ARM.ways["dpo"].passes(ARM.new)) * per_pass
    assert flops["dpo"] == pytest.approx(wanted)  # it comes after `both`, after teaching


def test_rounds_use_other_requests_and_a_new_reference(monkeypatch):
    seen = []

    def spied(arm, way_, reference):
        seen.append(reference)
        return objective(arm, way_, reference)

    asked_for = []

    def lessoned(way_, known, problems, *rest):
        asked_for.append({one.request for one in problems})
        return lesson(way_, known, problems, *rest)

    monkeypatch.setattr(module, "objective", spied)
    monkeypatch.setattr(module, "lesson", lessoned)
    with seeded(0):
        start = build(ARM)
    tuned(ARM, replace(ARM.ways["rounds"], plan=plan(4, 1e-2)), start, 3)
    assert len(seen) == len(asked_for) == 2
    assert not asked_for[0] & asked_for[1]
    assert len(asked_for[0] | asked_for[1]) == ARM.new
    assert not torch.equal(seen[0].embed.weight, seen[1].embed.weight)
    assert torch.equal(seen[0].embed.weight, start.embed.weight)


def test_rounds_must_divide_the_steps():
    with pytest.raises(ValueError, match="rounds must divide the 5 steps, not 2"):
        Way(label="", signal="pairs", plan=plan(5, 1e-3), rounds=2)


def test_demonstrations_new_requests_and_tests_are_disjoint():
    known = lessons(ARM.demos, ARM.new, 3)
    assert (len(known.demos), len(known.new)) == (ARM.demos, ARM.new)
    everything = {one.request for one in (*known.demos, *known.new)}
    assert len(everything) == ARM.demos + ARM.new
    tested = {one.call for split in ("validation", "test") for one in asked(ARM, split, 3)}
    assert not tested & {one.call for one in (*known.demos, *known.new)}
    assert asked(ARM, "test", 3) != asked(ARM, "test", 4)


def test_own_pairs_hold_wrong_calls_that_the_net_draws():
    with seeded(1):
        model = build(ARM)
    problems = lessons(ARM.demos, ARM.new, 3).new
    pairs = own_pairs(model, problems, 2, Generator().manual_seed(0))
    assert {one.problem.request for one in pairs} == {
        one.request for one in problems
    }  # an untrained net is wrong
    for one in pairs:
        assert judged(one.wrong, one.problem) == one.kind != RIGHT


def test_answers_are_judged_by_what_they_do():
    problem = FunctionCalls().problems(1, "train", Random(0))[0]
    call = numbered(tokens_of(problem.call))
    assert judged(call, problem) == RIGHT
    assert judged(call[:-1], problem) == "not JSON"
    with seeded(1):
        model = build(ARM)
    found = answers(model, [problem] * 3)
    assert found[0] == found[1] == found[2]
    (single,) = answers(model, [problem])
    assert single == found[0]


def test_pairs_without_news_hold_right_calls_of_other_requests():
    problems = lessons(ARM.demos, ARM.new, 3).new
    for pair, other in zip(others_pairs(problems), [*problems[1:], problems[0]], strict=True):
        assert execute(text_of(pair.wrong)) == denotation(other.call)


def test_log_probabilities_do_not_depend_on_the_batch():
    with seeded(1):
        model = build(ARM)
    problems = lessons(ARM.demos, ARM.new, 3).new
    calls = [numbered(tokens_of(one.call)) for one in problems]
    together = log_probs(model, problems, calls)
    for number in (0, 5, 9):
        alone = log_probs(model, problems[number : number + 1], calls[number : number + 1])
        torch.testing.assert_close(together[number : number + 1], alone)
    prompt, call = prompt_of(problems[0].request), calls[0]
    output = settle(model, torch.tensor([[*prompt, *call]]), 1).output.log_softmax(-1)
    wanted = sum(output[0, len(prompt) - 1 + at, token] for at, token in enumerate([*call, NUMBER["<end>"]]))
    assert together[0].item() == pytest.approx(wanted.item(), abs=1e-4)


def test_signals_are_those_of_the_way():
    with seeded(1):
        model = build(ARM)
    assert isinstance(objective(ARM, WAYS["both"], model), LastStep)
    loss = objective(ARM, WAYS["more"], model)
    assert isinstance(loss, Preference)
    assert (loss.reference, loss.repeat, loss.guard) == (model, 3.0, 0.0)
    known = lessons(ARM.demos, ARM.new, 3)
    batch, count = lesson(WAYS["more"], known, known.new, model, Generator().manual_seed(0))
    assert batch.inputs.shape[:2] == (count, 3) == (len(known.new), 3)
    assert (batch.targets[:, 2] != IGNORE).any()
    batch, count = lesson(WAYS["both"], known, known.new, model, Generator())
    assert (len(batch.inputs), count) == (ARM.demos + ARM.new, 0)


def test_a_net_without_wrong_draws_has_nothing_to_prefer(monkeypatch):
    monkeypatch.setattr(module, "own_pairs", lambda *_: [])
    known = lessons(ARM.demos, ARM.new, 3)
    with pytest.raises(ValueError, match="no wrong call: there is nothing to prefer"):
        lesson(WAYS["dpo"], known, known.new, build(ARM), Generator().manual_seed(0))


def test_the_search_scores_validation_requests():
    values, weights = validate(ARM, 3)
    assert set(values["ways"]) == {"", *WAYS}
    assert values["score"] == max(one["exact"] for one in values["ways"].values())
    assert weights == {}


def test_tables_have_a_row_for_each_net(tmp_path):
    results = replicate(trial, {"x": ARM}, [3], cache=tmp_path)
    table = rows(results, {"x": ARM})
    assert list(table) == ["taught", *(one.label for one in ARM.ways.values())]
    found = {one.name: one for one in by_way(results, {"x": ARM})}
    assert set(found) == {"x", *WAYS}
    record = results["x"][3]
    assert found["dpo"].train_flops == record.values["way_flops"]["dpo"]
    spent = record.values["way_seconds"]
    assert found["dpo"].seconds == pytest.approx(
        record.values["train_seconds"] + spent["both"] + spent["dpo"]
    )
    assert dict(nets_of(record))["x"] == record.values["base"]
