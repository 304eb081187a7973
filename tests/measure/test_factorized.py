"""What independent cells can do: marginals by hand, expectations by simulation, and entropies."""

import math

import pytest
import torch
from completed import GIVENS, TASKS, generator
from hypothesis import given
from hypothesis import strategies as st

from recurse_lab.measure.factorized import at_temperature, chance_of, entropies, floor, marginals, widest
from recurse_lab.measure.solution_sets import Samples

SUDOKU = TASKS["sudoku"]
# 4 solutions: digits of the left two columns can be swapped in two pairs of rows; then 2, then 1
BOARDS = torch.tensor(
    [[int(digit) for digit in text] for text in ("0034001200430021", "1034001200430021", "1034301200430021")]
)
SOLVED = SUDOKU.solutions(BOARDS)
LEFT = [0, 1, 4, 5, 8, 9, 12, 13]


def test_marginals_by_hand():
    p = marginals(SUDOKU, SOLVED)
    assert SOLVED.sum(1).tolist() == [4, 2, 1]
    torch.testing.assert_close(p.sum(2), torch.ones(3, 16, dtype=torch.float64))
    assert p[0, 0].tolist() == p[0, 9].tolist() == [0.5, 0.5, 0, 0]
    assert p[0, 5].tolist() == p[0, 12].tolist() == [0, 0, 0.5, 0.5]
    assert p[1, 0].tolist() == p[1, 9].tolist() == [1, 0, 0, 0]
    assert p[1, 4].tolist() == [0, 0, 0.5, 0.5]
    assert p[2, LEFT].argmax(1).tolist() == [0, 1, 2, 3, 1, 0, 3, 2]
    given_cells = (BOARDS > 0).nonzero(as_tuple=True)
    assert (p[*given_cells, BOARDS[given_cells] - 1] == 1).all()


def test_chances_of_boards_are_products_over_cells():
    p = marginals(SUDOKU, SOLVED)
    chance = chance_of(SUDOKU, p)
    for number, free in enumerate((8, 4, 0)):  # cells with two digits each
        torch.testing.assert_close(
            chance[number][SOLVED[number]], torch.full((4 >> number,), 0.5**free, dtype=torch.float64)
        )
    assert chance[2][~SOLVED[2]].max() < 1e-11


def test_the_floor_is_what_drawn_cells_reach():
    p = at_temperature(marginals(SUDOKU, SOLVED), 1.0)
    p = 0.9 * p + 0.1 * torch.tensor([1.0, 0, 0, 0])
    found = floor(SUDOKU, SOLVED, p, count=20)
    runs = 3000
    drawn = (
        torch.multinomial(p.flatten(0, 1), 20 * runs, True, generator=generator()).view(3, 16, 20, runs) + 1
    )
    answers = drawn.permute(2, 0, 3, 1).reshape(20, -1, 16)
    samples = Samples(SUDOKU, BOARDS.repeat_interleave(runs, 0), answers)
    assert found.validity == pytest.approx(samples.valid.float().mean().item(), abs=0.005)
    assert found.coverage == pytest.approx(samples.coverage().mean().item(), abs=0.01)
    assert found.passed == pytest.approx(samples.passed().float().mean().item(), abs=0.01)
    assert floor(SUDOKU, SOLVED[2:], marginals(SUDOKU, SOLVED[2:]), 1) == pytest.approx((1, 1, 1))


@pytest.mark.parametrize("name", TASKS)
@given(seed=st.integers(0, 2**31))
def test_cells_apart_have_at_least_the_entropy_of_the_board(name, seed):
    task = TASKS[name]
    solved = task.solutions(task.pool(3, GIVENS[name], "test", generator(seed)).inputs)
    nats = entropies(task, solved)
    assert nats.apart >= nats.together >= 0
    assert nats.missing >= -1e-12
    wanted = sum(math.log(number) for number in solved.sum(1).tolist()) / 3
    assert nats.together == pytest.approx(wanted)
    alone = task.pool(3, (task.cells - 1, task.cells - 1), "test", generator(seed), (1, 1)).inputs
    assert entropies(task, task.solutions(alone)) == (0, 0)


def test_entropies_by_hand():
    ln2 = math.log(2)
    for number, (apart, together) in enumerate(((8, 2), (4, 1), (0, 0))):
        nats = entropies(SUDOKU, SOLVED[number : number + 1])
        assert nats == pytest.approx((apart * ln2, together * ln2))
        assert nats.missing == pytest.approx((apart - together) * ln2)


def test_the_widest_cells_cover_more_than_the_marginals():
    p = marginals(SUDOKU, SOLVED)
    best = widest(SUDOKU, SOLVED, 20, steps=100)
    torch.testing.assert_close(best.sum(2), torch.ones(3, 16, dtype=torch.float64))
    for number in range(3):
        one, other = (floor(SUDOKU, SOLVED[[number]], q[[number]], 20).coverage for q in (p, best))
        assert other > one - 1e-3
    assert torch.equal(best, widest(SUDOKU, SOLVED, 20, steps=100))
    # of the four solutions, sure cells find one; 20 draws of the marginals find each with chance 1 - (1 - 1/256)^20
    assert floor(SUDOKU, SOLVED[:1], p[:1], 20).coverage == pytest.approx(1 - (1 - 1 / 256) ** 20)
    assert floor(SUDOKU, SOLVED[:1], best[:1], 20).coverage > 0.25


def test_temperatures_sharpen_and_never_make_the_impossible_possible():
    p = torch.tensor([[[0.8, 0.2, 0.0]]])
    assert at_temperature(p, 0.5)[0, 0].tolist() == pytest.approx([16 / 17, 1 / 17, 0])
    assert at_temperature(p, 2.0)[0, 0].tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    assert at_temperature(p, 50.0)[0, 0, 2] == 0
    torch.testing.assert_close(at_temperature(p, 1.0), p)
    for temperature in (0.0, -1.0):
        with pytest.raises(ValueError, match=f"^temperature must be above 0, not {temperature}$"):
            at_temperature(p, temperature)
