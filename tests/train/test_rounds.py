"""What a round keeps: the best draw of the best problems, equal scores in random order, never a score -infinity."""

from collections import Counter
from inspect import unwrap

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from recurse_lab.train.rounds import Kept, best_first, other_draws

OUT, NAN = -torch.inf, float("nan")
SCORES = torch.tensor([[0.1, OUT, 5.0, -3.0], [0.7, OUT, 4.0, OUT]])  # draw x problem


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def pairs(kept):
    return list(zip(kept.problem.tolist(), kept.draw.tolist(), strict=True))


def test_the_best_draw_of_each_problem_best_problem_first():
    assert pairs(best_first(SCORES, 2, generator())) == [(2, 0), (0, 1)]
    assert pairs(best_first(SCORES, 9, generator())) == [(2, 0), (0, 1), (3, 0)]  # never problem 1


@given(seed=st.integers(0, 2**31), count=st.integers(1, 9))
def test_without_equal_scores_a_sort_finds_the_same(seed, count):
    score = torch.rand(3, 6, generator=generator(seed))
    score[score < 0.4] = OUT
    best = sorted(
        ((score[draw, problem], problem, draw) for problem in range(6) for draw in range(3)), reverse=True
    )
    wanted, seen = [], set()
    for value, problem, draw in best:
        if value > OUT and problem not in seen:
            wanted.append((problem, draw))
            seen.add(problem)
    assert pairs(best_first(score, count, generator(seed + 1))) == wanted[:count]


def test_equal_scores_are_kept_at_random():
    dice = generator()
    kept = [pairs(best_first(torch.zeros(2, 3), 1, dice))[0] for _ in range(3000)]
    counts = Counter(kept)
    assert len(counts) == 6
    assert sum((count - 500) ** 2 / 500 for count in counts.values()) < 25  # chi square, 5 degrees of freedom
    order = Counter(tuple(best_first(torch.zeros(2, 3), 3, dice).problem.tolist()) for _ in range(600))
    assert len(order) == 6
    assert min(order.values()) > 60


def test_a_seed_fixes_what_is_kept():
    one, same, other = (pairs(best_first(torch.zeros(4, 30), 9, generator(seed))) for seed in (1, 1, 2))
    assert one == same != other


def test_an_empty_round_keeps_nothing():
    kept = best_first(torch.full((2, 3), OUT), 2, generator())
    assert pairs(kept) == pairs(other_draws(kept, 2, generator())) == []


def test_other_draws_keep_the_problems_and_take_any_draw():
    kept = Kept(torch.arange(4000), torch.zeros(4000, dtype=torch.int64))
    others = other_draws(kept, 4, generator())
    assert torch.equal(others.problem, kept.problem)
    counts = Counter(others.draw.tolist())
    assert set(counts) == {0, 1, 2, 3}  # its own draw among them
    assert sum((count - 1000) ** 2 / 1000 for count in counts.values()) < 20


@pytest.mark.parametrize(
    ("scores", "count", "words"),
    [
        (torch.zeros(3), 1, r"scores must be \(draws, problems\), 1 or more each, not \(3,\)"),
        (torch.zeros(0, 3), 1, r"1 or more each, not \(0, 3\)"),
        (torch.zeros(2, 0), 1, r"1 or more each, not \(2, 0\)"),
        (torch.zeros(2, 3), 0, "count must be 1 problem or more, not 0"),
        (torch.tensor([[0.0, NAN]]), 1, "not NaN or"),
        (torch.tensor([[0.0, torch.inf]]), 1, r"scores must be numbers or -infinity, not NaN or \+infinity"),
    ],
)
def test_what_cannot_be_is_one_line(scores, count, words):
    with pytest.raises(ValueError, match=words) as caught:
        unwrap(best_first)(scores, count, generator())
    assert "\n" not in str(caught.value)
