"""Verifiers on draws made by hand: their scores, what they read, what an arm keeps; and scores of draws."""

from dataclasses import replace
from typing import get_args

import pytest
import torch
from completed import generator

from recurse_lab.chapters.ch09_generation_verification_gap.arms import FACTS, ROUNDS
from recurse_lab.experiments.self_training.arm import Keep
from recurse_lab.experiments.self_training.scores import chosen, of_draws
from recurse_lab.experiments.self_training.trial import build
from recurse_lab.experiments.self_training.verifiers import (
    Drawn,
    agreement,
    drawn,
    kept,
    legal,
    right,
    scores,
)
from recurse_lab.tasks.base import Batch

ARM = replace(ROUNDS["rules"], draws=3, share=0.5, boards=replace(ROUNDS["rules"].boards, pool=4))
OUT = -torch.inf


def board(digits):
    return torch.tensor([int(digit) for digit in digits])


A, B = board("1234341221434321"), board("2134341212434321")  # both keep the givens of FOUR
FOUR = board("0034341200430021")  # with two more solutions
ONE = board("1234341221434300")  # A alone
WRONG = torch.ones(16, dtype=torch.int64)
INPUTS, TARGETS = torch.stack((FOUR, FOUR, ONE, ONE)), torch.stack((A, B, A, A))
ANSWERS = torch.stack(  # draw x board
    (torch.stack((A, A, A, WRONG)), torch.stack((B, A, WRONG, B)), torch.stack((A, WRONG, WRONG, B)))
)
BATCH = Batch(INPUTS, TARGETS)
LEGAL = torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]]).bool()
TRUE = torch.tensor([[1, 0, 1, 0], [0, 0, 0, 0], [1, 0, 0, 0]]).bool()
LOG_P, HEAD = torch.arange(12.0).view(3, 4) - 12, torch.arange(12.0, 0, -1).view(3, 4)
DRAWS = Drawn(ANSWERS, LOG_P, HEAD)
SAME = torch.tensor([[2, 2, 1, 1], [1, 2, 2, 2], [2, 1, 2, 2]]).float()


def as_scores(passed):
    return torch.where(passed, 0.0, OUT)


SCORES = {
    "rules": as_scores(LEGAL),
    "truth": as_scores(TRUE),
    "probability": LOG_P,
    "head": HEAD,
    "agreement": SAME,
    "boards of rules": as_scores(LEGAL),
    "boards of probability": LOG_P,
} | {name: torch.zeros(3, 4) for name in ("nothing", "masked labels", "everything", "random")}


def kept_pairs(arm, seed=0):
    return list(zip(*(part.tolist() for part in kept(arm, BATCH, DRAWS, generator(seed))), strict=True))


def test_what_is_right_and_what_is_legal():
    assert torch.equal(legal(ARM, BATCH, ANSWERS), LEGAL)
    assert torch.equal(right(ARM, BATCH, ANSWERS), LEGAL)
    facts = replace(ARM, boards=replace(ARM.boards, facts=True))
    assert torch.equal(right(facts, BATCH, ANSWERS), TRUE)
    assert torch.equal(legal(facts, BATCH, ANSWERS), LEGAL)
    assert torch.equal(agreement(ANSWERS), SAME)


@pytest.mark.parametrize("keep", SCORES)
def test_the_scores_of_each_verifier(keep):
    assert torch.equal(scores(keep, ARM, BATCH, DRAWS, generator()), SCORES[keep])


def test_only_the_truth_reads_targets():
    other = Batch(INPUTS, TARGETS.flip(0))
    for arm in (ARM, FACTS["facts_rules"]):
        for keep in get_args(Keep):
            same = torch.equal(*(scores(keep, arm, batch, DRAWS, generator()) for batch in (BATCH, other)))
            assert same == (keep != "truth")


def test_noisy_rules_pass_all_right_draws_and_the_stated_share_of_wrong_ones():
    many = Drawn(ANSWERS.repeat(1, 500, 1), LOG_P.repeat(1, 500), HEAD.repeat(1, 500))
    batch = Batch(INPUTS.repeat(500, 1), TARGETS.repeat(500, 1))
    good = LEGAL.repeat(1, 500)
    for share in (0.0, 0.3, 1.0):
        found = scores("noisy rules", replace(ARM, passed=share), batch, many, generator())
        assert set(found.unique().tolist()) <= {0.0, OUT}
        assert (found[good] == 0).all()
        assert (found[~good] == 0).float().mean().item() == pytest.approx(share, abs=0.03)


def test_an_arm_keeps_the_best_of_its_verifier():
    assert ARM.kept == 2
    assert kept_pairs(replace(ARM, keep="probability")) == [(3, 2), (2, 2)]
    assert kept_pairs(replace(ARM, keep="head")) == [(0, 0), (1, 0)]
    assert set(kept_pairs(replace(ARM, keep="truth"))) <= {(0, 0), (0, 2), (2, 0)}
    assert {problem for problem, _ in kept_pairs(replace(ARM, keep="everything"))} == {0, 1, 2, 3}
    assert all(LEGAL[draw, problem] for seed in range(3) for problem, draw in kept_pairs(ARM, seed))


@pytest.mark.parametrize("keep", ["rules", "probability"])
def test_shuffled_arms_keep_the_same_boards_with_any_draw(keep):
    answers = set()
    for seed in range(5):
        own, shuffled = (kept_pairs(replace(ARM, keep=name), seed) for name in (keep, f"boards of {keep}"))
        assert [problem for problem, _ in shuffled] == [problem for problem, _ in own]
        answers |= {draw for _, draw in shuffled}
    assert answers == {0, 1, 2}


def test_draws_keep_givens_and_say_how_likely_they_are():
    net = build(ARM).eval()
    quiet, loud = (drawn(replace(ARM, noise=noise), net, INPUTS, generator()) for noise in (0.0, 3.0))
    for found in (quiet, loud):
        assert found.answers.shape == ANSWERS.shape
        assert ((found.answers == INPUTS) | (INPUTS == 0)).all()
        assert 1 <= found.answers.min() <= found.answers.max() <= 4
        blanks = (INPUTS == 0).sum(1)
        assert (found.log_p <= 0).all()
        assert (found.log_p >= -blanks * torch.log(torch.tensor(4.0)) - 1e-4).all()  # the likeliest of four
    assert (agreement(quiet.answers) == 3).all()
    assert not (agreement(loud.answers) == 3).all()
    assert net.noise == ARM.model  # the net itself has no noise afterwards


def test_scores_of_draws_by_hand():
    values = of_draws(ARM, BATCH, DRAWS, generator())
    assert values["drawn"] == values["legal"] == pytest.approx(6 / 12)
    assert values["passed"] == pytest.approx(3 / 4)
    assert values["distinct"] == pytest.approx((2 + 2 + 2 + 2) / 4)
    assert values["verifiers"]["rules"]["precision"] == values["verifiers"]["rules"]["ranking"] == 1
    assert values["verifiers"]["probability"]["gap"] == pytest.approx(0 - 6 / 12)
    apart = Drawn(
        torch.stack((WRONG, WRONG + 1, WRONG, WRONG + 2))[:, None], torch.zeros(4, 1), torch.zeros(4, 1)
    )
    alone = of_draws(ARM, Batch(INPUTS[:1], TARGETS[:1]), apart, generator())
    assert alone["distinct"] == 3
    assert "rules" not in alone["verifiers"]  # nothing that they keep
    assert alone["verifiers"]["head"]["ranking"] is None
    assert chosen(ARM, BATCH, DRAWS, generator()) == {"probability": 0.25, "head": 0.75, "agreement": 0.5}
