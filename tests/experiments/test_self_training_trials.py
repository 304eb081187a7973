"""Trials of self-training in smoke size: their history, what an arm learns from, rounds that keep nothing."""

from dataclasses import replace
from functools import cache

import pytest
import torch

from recurse_lab.chapters.ch09_generation_verification_gap.arms import (
    ELSEWHERE,
    FACTS,
    ROUNDS,
    at_profile,
    restore,
)
from recurse_lab.experiments.self_training import trial as trials
from recurse_lab.experiments.self_training.problems import labeled, unlabeled, unseen
from recurse_lab.experiments.self_training.rates import validate
from recurse_lab.experiments.self_training.scores import READS, VERIFIERS, by_cycles, solved
from recurse_lab.experiments.self_training.trial import train, trial
from recurse_lab.train.rounds import Kept

SMOKE = at_profile(ROUNDS | FACTS | ELSEWHERE, "smoke")
BASE = SMOKE["coloring_random"]  # the cheapest boards; so few blanks that an untrained net solves some
BASE = replace(BASE, boards=replace(BASE.boards, givens=(7, 8), pool_givens=(7, 8)))
ARMS = {keep: replace(BASE, keep=keep) for keep in ("random", "rules", "nothing", "masked labels")}
ARMS["facts"] = SMOKE["facts_probability"]
EVERY = {"drawn", "legal", "passed", "distinct", "verifiers", "test", "pool"}
NOTHING = torch.zeros(0, dtype=torch.int64)


@cache
def run(name):
    return trial(ARMS[name], 3)


def weights(net):
    return torch.cat([one.detach().flatten() for one in net.parameters()])


@pytest.mark.parametrize("name", ARMS)
def test_a_history_has_the_scores_before_the_first_round_and_after_each(name):
    arm, (values, _) = ARMS[name], run(name)
    first, middle, last = values["rounds"]
    assert arm.rounds == 2
    own = {"own"} if arm.learns_own else set()
    assert set(first) == EVERY | own | {"kept", "by_cycles", "test_chosen"}
    assert set(middle) == EVERY | own | {"kept"}
    assert set(last) == EVERY
    assert first["kept"] == {"rules": min(4, round(10 * first["passed"])), "facts": 10}.get(name, 4) >= 1
    if name == "rules":
        assert first["own"]["precision"] == 1
    assert len(first["by_cycles"]) == len(READS)
    for scores in values["rounds"]:
        assert 0 <= scores["drawn"] <= scores["passed"] <= 1
        assert scores["drawn"] <= scores["legal"] <= 1
        assert 1 <= scores["distinct"] <= arm.draws == 2
        assert set(VERIFIERS) - set(scores["verifiers"]) <= {"rules"}
        assert all(one["drawn"] == scores["drawn"] for one in scores["verifiers"].values())
    assert set(values) == {"params", "train_flops", "infer_flops", "train_seconds", "rounds"}


def test_the_same_seed_gives_the_same_numbers():
    values, kept = run("random")
    again, same = trial(ARMS["random"], 3)
    other, _ = trial(replace(ARMS["random"], rounds=0), 4)
    assert again["rounds"] == values["rounds"]
    assert other["rounds"][0]["verifiers"] != values["rounds"][0]["verifiers"]
    assert all(torch.equal(kept[name], same[name]) for name in kept)


def test_the_first_scores_are_those_of_the_net_before_the_rounds():
    arm = replace(ARMS["random"], rounds=0)
    net, _, (only,) = train(arm, 3)
    test = unseen(arm.boards, "test", 3)
    assert run("random")[0]["rounds"][0]["by_cycles"] == only["by_cycles"] == by_cycles(arm, net, test)
    assert only["pool"] == solved(arm, net, unlabeled(arm.boards, 3))
    assert only["by_cycles"][READS.index(16)] == only["test"]["right"]
    assert only["pool"]["right"] > 0


@pytest.mark.parametrize("name", ["nothing", "masked labels", "random"])
def test_arms_of_labels_alone_learn_nothing_of_their_own(name, monkeypatch):
    monkeypatch.setattr(trials, "by_cycles", lambda *_: [])  # they take most of the time
    arm = replace(ARMS[name], rounds=1)
    one, other = (train(replace(arm, draws=draws), 3).model for draws in (1, 2))
    assert torch.equal(weights(one), weights(other)) == (name != "random")


def test_a_round_learns_from_labeled_boards_and_from_the_draws_that_were_kept(monkeypatch):
    halves, noted = trials.Halves, []

    def noting(first, second):
        noted.append((first.problems, second.problems))
        return halves(first, second)

    monkeypatch.setattr(trials, "Halves", noting)
    chosen = Kept(torch.tensor([4, 1]), torch.tensor([1, 0]))
    monkeypatch.setattr(trials, "kept", lambda *_: chosen)
    draws, drawn = [], trials.drawn
    monkeypatch.setattr(trials, "drawn", lambda *given: draws.append(drawn(*given)) or draws[-1])
    arm = replace(ARMS["random"], rounds=1)
    train(arm, 3)
    ((first, second),) = noted
    assert torch.equal(first.inputs, labeled(arm.boards, 3).inputs)
    assert torch.equal(second.inputs, unlabeled(arm.boards, 3).inputs[[4, 1]])
    assert torch.equal(second.targets, draws[0].answers[[1, 0], [4, 1]])


def test_an_empty_round_does_not_break(monkeypatch):
    monkeypatch.setattr(trials, "kept", lambda *_: Kept(NOTHING, NOTHING))
    history = train(ARMS["random"], 3).history
    assert [scores.get("kept") for scores in history] == [0, 0, None]
    assert not any("own" in scores for scores in history)


def test_weights_return_and_the_search_looks_at_validation_boards():
    arm, (values, kept) = ARMS["random"], run("random")
    test = unseen(arm.boards, "test", 3)
    assert solved(arm, restore(arm, kept), test) == values["rounds"][-1]["test"]
    with pytest.raises(ValueError, match="queens"):
        restore(SMOKE["queens_probability"], kept)
    arm = replace(arm, rounds=0)
    found, none = validate(arm, 100)
    assert (found["score"], none) == (found["solved"][-1], {})
    net, _, history = train(arm, 100, "validation")
    assert history[-1]["test"] == solved(arm, net, unseen(arm.boards, "validation", 100))
    assert found["solved"] == [scores["test"]["right"] for scores in history]


def test_profiles():
    assert at_profile(ROUNDS, "full") == at_profile(ROUNDS, "quick") == ROUNDS
    assert {arm.kept for name, arm in ROUNDS.items() if name != "everything"} == {60}
    assert (ROUNDS["everything"].kept, FACTS["facts_rules"].kept) == (150, 60)
