"""Ways to draw answers, on toy models whose outputs are known: frequencies, order, givens, and refusals."""

from collections import Counter

import pytest
import torch
from completed import TASKS, Known, generator

from recurse_lab.measure.factorized import marginals
from recurse_lab.measure.solution_sets import Samples
from recurse_lab.recurrence import Recurrence
from recurse_lab.sampling import cell_after_cell, cell_by_itself, draws

SUDOKU = TASKS["sudoku"]
BLANK = torch.zeros(1, 16, dtype=torch.int64)
P = torch.tensor([[[0.7, 0.2, 0.1], [0.25, 0.25, 0.5]]])  # two cells, three symbols


class Random(Known):
    """Adds one random symbol from 1 to 4 to all cells of a board, if it has a generator."""

    def __init__(self):
        super().__init__(lambda state: torch.nn.functional.one_hot(state, 5).float())

    def start(self, inputs, generator=None):
        return torch.randint(1, 5, (len(inputs), 1), generator=generator).expand_as(inputs), None


def fixed(p):
    """A model with these chances, whose blank class is likelier than all others."""
    return Known(lambda board: torch.cat((torch.full((1, 2, 1), 99.0), p.log()), -1).expand(len(board), 2, 4))


def exact(board):
    """The marginals of all solutions that are left; blank is likelier than all others."""
    logits = marginals(SUDOKU, SUDOKU.solutions(board)).log().float()
    return torch.cat((torch.full_like(logits[..., :1], 99.0), logits), -1)


def test_a_cell_by_itself_has_its_own_chances():
    assert isinstance(fixed(P), Recurrence)
    inputs = torch.zeros(3, 2, dtype=torch.int64)
    for temperature in (1.0, 0.5, 2.0):
        drawn = cell_by_itself(fixed(P), inputs, 2, 4000, generator(), temperature)
        assert drawn.shape == (4000, 3, 2)
        wanted = P ** (1 / temperature) / (P ** (1 / temperature)).sum(-1, keepdim=True)
        found = torch.nn.functional.one_hot(drawn, 4).float().mean(0)
        torch.testing.assert_close(found[..., 1:], wanted.expand(3, 2, 3), atol=0.035, rtol=0)
        assert drawn.min() == 1
    together = Counter(map(tuple, drawn[:, 0].tolist()))  # the cells are independent
    assert together[1, 3] / 4000 == pytest.approx((wanted[0, 0, 0] * wanted[0, 1, 2]).item(), abs=0.03)
    cold = cell_by_itself(fixed(P), inputs, 2, 5, generator(), 0.0)
    assert torch.equal(cold, torch.tensor([1, 3]).expand(5, 3, 2))


def test_draws_repeat_all_boards_and_each_has_its_own_noise():
    drawn = draws(Random(), torch.zeros(3, 2, dtype=torch.int64), 2, 2000, generator())
    assert drawn.shape == (2000, 3, 2)
    assert torch.equal(drawn[..., 0], drawn[..., 1])
    shares = torch.nn.functional.one_hot(drawn[..., 0], 5).float().mean(0)
    torch.testing.assert_close(shares[:, 1:], torch.full((3, 4), 0.25), atol=0.04, rtol=0)
    assert torch.equal(draws(fixed(P), BLANK[:, :2], 1, 2, generator())[0, 0], torch.tensor([1, 3]))
    rows = draws(Known(lambda board: exact(board)), SUDOKU.finished[:3], 1, 2, generator())
    assert torch.equal(rows, SUDOKU.finished[:3].expand(2, 3, 16))


def test_exact_conditionals_draw_all_solutions_alike():
    inputs = SUDOKU.finished[:1].clone()
    inputs[:, 4:] = 0  # the first row is given: 12 solutions
    samples = Samples(SUDOKU, inputs, cell_after_cell(Known(exact), inputs, 1, 1200, generator()).answers)
    assert samples.valid.all()
    counts = torch.bincount(samples.number[:, 0], minlength=288)[samples.solutions[0]]
    assert len(counts) == 12
    assert ((counts - 100).square() / 100).sum() < 11 + 4 * 22**0.5
    several = cell_after_cell(Known(exact), torch.cat((BLANK, inputs)), 1, 20, generator()).answers
    assert Samples(SUDOKU, torch.cat((BLANK, inputs)), several).valid.all()
    assert several.min() > 0
    assert several[:, 0].unique(dim=0).shape[0] > 15
    at_once = cell_after_cell(Known(exact), inputs, 1, 200, generator(), at_once=16).answers
    assert Samples(SUDOKU, inputs, at_once).valid.float().mean() < 0.5
    assert (at_once[..., :4] == inputs[:, :4]).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: draws(Random(), BLANK, 1, 0, generator()), "count must be 1 sample or more, not 0"),
        (lambda: cell_by_itself(Random(), BLANK, 1, 0, generator()), "count must be 1 sample or more"),
        (lambda: cell_after_cell(Random(), BLANK, 1, 0, generator()), "count must be 1 sample or more"),
        (lambda: cell_after_cell(Random(), BLANK, 0, 1, generator()), "1 or more, not 0 and 1"),
        (lambda: cell_after_cell(Random(), BLANK, 1, 1, generator(), at_once=0), "1 or more, not 1 and 0"),
        (lambda: cell_by_itself(Random(), BLANK, 1, 1, generator(), -1.0), "temperature must be 0 or more"),
        (
            lambda: cell_after_cell(Random(), BLANK, 1, 1, generator(), temperature=-0.5),
            "temperature must be 0 or more, not -0.5",
        ),
        (lambda: draws(Random(), BLANK, -1, 1, generator()), "steps must be 0 or more"),
    ],
)
def test_what_cannot_be_is_one_line(call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
