"""Samples against all solutions: shares by hand, expectations by enumeration and by simulation."""

from itertools import combinations

import pytest
import torch
from completed import TASKS, generator

from recurse_lab.measure.solution_sets import Samples

SUDOKU = TASKS["sudoku"]
# the digits of the left two columns can be swapped, in two pairs of rows: 4 solutions; the other board has 1
FOUR = torch.tensor([int(digit) for digit in "0034001200430021"])
ONE = torch.tensor([int(digit) for digit in "1234341221434320"])
INPUTS = torch.stack((FOUR, ONE))
A, B, C, D = SUDOKU.finished[SUDOKU.solutions(INPUTS)[0]]
(ONLY,) = SUDOKU.finished[SUDOKU.solutions(INPUTS)[1]]
OTHER = next(grid for grid in SUDOKU.finished if grid[2] == 1)  # a grid, and no solution of the first board
BROKEN = torch.ones(16, dtype=torch.int64)
# samples of the first board: two of A, one of C, one wrong grid, one of no kind; of the second, the last is right
ANSWERS = torch.stack((torch.stack((A, A, OTHER, C, BROKEN)), torch.stack((A, OTHER, BROKEN, A, ONLY))), 1)
SAMPLES = Samples(SUDOKU, INPUTS, ANSWERS)


def test_shares_by_hand():
    assert SAMPLES.solutions.sum(1).tolist() == [4, 1]
    first, second = SAMPLES.valid.T.tolist()
    assert first == [True, True, False, True, False]
    assert second == [bool((A == ONLY).all()), False, False, bool((A == ONLY).all()), True]
    numbers = SUDOKU.number(torch.stack((A, A, C)))
    assert torch.equal(SAMPLES.number[[0, 1, 3], 0], numbers)
    assert SAMPLES.number[[2, 4], 0].tolist() == [-1, -1]
    assert SAMPLES.distinct().tolist() == [2, 1]
    assert SAMPLES.coverage().tolist() == [0.5, 1]
    assert SAMPLES.coverage(3)[0] == 0.25
    assert SAMPLES.passed(1).tolist() == [True, second[0]]
    assert SAMPLES.passed().all()
    hit = {tuple(grid) for grid in SUDOKU.finished[SAMPLES.found()[0]].tolist()}
    assert hit == {tuple(A.tolist()), tuple(C.tolist())}


def test_coverage_of_some_solutions_leaves_out_boards_that_have_none():
    few = torch.zeros(288, dtype=torch.bool)
    few[SUDOKU.number(torch.stack((B, C, OTHER)))] = True
    alone = Samples(SUDOKU, INPUTS[:1], ANSWERS[:, :1])
    assert alone.coverage(among=few).tolist() == [0.5]  # C of B and C
    assert alone.coverage(3, among=few).tolist() == [0]
    assert len(SAMPLES.coverage(among=few)) == int((SAMPLES.solutions & few).any(1).sum())
    few[SUDOKU.number(torch.stack((A, B, C, D)))] = False
    assert len(alone.coverage(among=few)) == 0


def test_the_best_score_chooses():
    def right(*scores):
        return SAMPLES.chosen(torch.tensor(scores)[:, None].expand(5, 2)).tolist()

    assert right(0.0, 0.0, 0.0, 9.0, 0.0)[0]
    assert right(0.0, 0.0, 9.0, 0.0, 0.0) == [False, False]
    assert right(-5.0, -4.0, -3.0, -2.0, -1.0) == [False, True]


@pytest.mark.parametrize("count", range(1, 6))
def test_expected_coverage_is_the_mean_over_all_subsets(count):
    subsets = [
        Samples(SUDOKU, INPUTS, ANSWERS[list(chosen)]).coverage() for chosen in combinations(range(5), count)
    ]
    torch.testing.assert_close(SAMPLES.expected(count), torch.stack(subsets).mean(0))


def test_an_ideal_sampler_by_simulation():
    drawn = torch.stack((A, B, C, D))[torch.randint(4, (3 * 4000,), generator=generator())].view(3, 4000, 16)
    many = Samples(SUDOKU, FOUR.expand(4000, 16), drawn)
    assert many.ideal(3)[0].item() == pytest.approx(1 - 0.75**3)
    assert many.coverage().mean().item() == pytest.approx(1 - 0.75**3, abs=0.01)
    assert SAMPLES.ideal(7)[1] == 1


@pytest.mark.parametrize("count", [0, 6])
def test_more_samples_than_there_are_cannot_be_chosen(count):
    with pytest.raises(ValueError, match=rf"^count must be from 1 to 5 samples, not {count}$"):
        SAMPLES.expected(count)


def test_a_board_without_solution_is_refused():
    stuck = torch.zeros(1, 16, dtype=torch.int64)
    stuck[0, :2] = 1
    with pytest.raises(ValueError, match=r"^input 2 has no solution, so no sample of it can be judged$"):
        Samples(SUDOKU, torch.cat((INPUTS, stuck)), ANSWERS[:, [0, 1, 1]])
    with pytest.raises(ValueError, match="symbols from 1 to 4 only"):
        _ = Samples(SUDOKU, INPUTS, ANSWERS + 4).number
