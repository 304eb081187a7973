"""The gap and its two parts by hand and by fractions; rankings against all pairs of a right and a wrong answer."""

import math
from fractions import Fraction
from itertools import product

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from recurse_lab.measure.verification_gap import gap, ranking, ranking_within
from recurse_lab.train.rounds import Kept

RIGHT = torch.tensor([[True, False, False], [True, False, True], [True, True, False], [False, False, False]])


def kept(*pairs):
    problem, draw = zip(*pairs, strict=True)
    return Kept(torch.tensor(problem), torch.tensor(draw))


def random(seed, draws, problems):
    """Scores with many equal ones, and right answers."""
    generator = torch.Generator().manual_seed(seed)
    score = torch.randint(4, (draws, problems), generator=generator).float()
    return score, torch.rand(draws, problems, generator=generator) < 0.5


def all_pairs(score, right):
    good, bad = score[right].tolist(), score[~right].tolist()
    won = [(a > b) + (a == b) / 2 for a, b in product(good, bad)]
    return sum(won) / len(won) if won else float("nan")


def test_the_gap_by_hand():
    found = gap(RIGHT, kept((0, 1), (1, 2)))
    assert found.drawn == pytest.approx(5 / 12)
    assert found.precision == 1
    assert found.gap == pytest.approx(7 / 12)
    assert found.between == pytest.approx(1 / 2 - 5 / 12)  # 4 of the 8 draws of boards 0 and 1 are right
    assert found.within == pytest.approx(1 / 2)


@given(seed=st.integers(0, 2**31), draws=st.integers(1, 5), problems=st.integers(1, 6))
def test_the_two_parts_are_the_gap(seed, draws, problems):
    generator = torch.Generator().manual_seed(seed)
    _, right = random(seed, draws, problems)
    chosen = torch.randperm(problems, generator=generator)[: 1 + seed % problems]
    answers = torch.randint(draws, chosen.shape, generator=generator)
    found = gap(right, Kept(chosen, answers))
    table = right.int().tolist()
    drawn = Fraction(sum(map(sum, table)), draws * problems)
    precision = Fraction(
        sum(table[s][b] for b, s in zip(chosen.tolist(), answers.tolist(), strict=True)), len(chosen)
    )
    of_kept = Fraction(sum(table[s][b] for b in chosen.tolist() for s in range(draws)), draws * len(chosen))
    wanted = (drawn, precision, precision - drawn, precision - of_kept, of_kept - drawn)
    assert found == pytest.approx(tuple(map(float, wanted)), abs=1e-6)
    assert found.within + found.between == pytest.approx(found.gap, abs=1e-12)


def test_a_part_is_zero_where_there_is_no_choice():
    every = gap(RIGHT, kept((0, 0), (1, 2), (2, 0)))  # all problems: no choice of problems
    assert (every.between, every.within) == (0, pytest.approx(every.gap))
    alone = gap(RIGHT[:1], kept((0, 0)))  # one draw: no choice among draws
    assert (alone.within, alone.between) == (0, pytest.approx(2 / 3))


def test_an_empty_round_has_no_gap():
    nothing = torch.zeros(0, dtype=torch.int64)
    with pytest.raises(ValueError, match=r"^an empty round has no gap: no answer was kept$"):
        gap(RIGHT, Kept(nothing, nothing))


@given(seed=st.integers(0, 2**31), draws=st.integers(1, 6), problems=st.integers(1, 6))
def test_rankings_are_shares_of_pairs(seed, draws, problems):
    score, right = random(seed, draws, problems)
    assert ranking(score, right) == pytest.approx(all_pairs(score, right), nan_ok=True)
    each = [all_pairs(score[:, b], right[:, b]) for b in range(problems)]
    mixed = [share for share in each if not math.isnan(share)]
    wanted = sum(mixed) / len(mixed) if mixed else float("nan")
    assert ranking_within(score, right) == pytest.approx(wanted, nan_ok=True)


def test_rankings_by_hand():
    score = torch.tensor([[0.0, 5.0], [1.0, 6.0]])
    right = torch.tensor([[False, True], [True, False]])
    assert ranking(score, right) == pytest.approx(2 / 4)  # 1 > 0, 5 > 0
    assert ranking_within(score, right) == pytest.approx(1 / 2)  # board 0: 1; board 1: 0
    assert ranking(score, score > 3) == 1
    assert ranking(-score, score > 3) == 0
    assert ranking(torch.tensor([-torch.inf, 0.0]), torch.tensor([False, True])) == 1
    assert ranking(torch.zeros(4), torch.tensor([True, False, False, False])) == 0.5


def test_without_right_or_without_wrong_answers_there_is_no_ranking():
    for right in (torch.zeros(2, 2, dtype=torch.bool), torch.ones(2, 2, dtype=torch.bool)):
        assert math.isnan(ranking(torch.rand(2, 2), right))
        assert math.isnan(ranking_within(torch.rand(2, 2), right))
    one_board_all_right = torch.tensor([[True, True], [True, False]])
    assert ranking_within(torch.tensor([[0.0, 1.0], [9.0, 0.0]]), one_board_all_right) == 1
