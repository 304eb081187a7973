"""Cells drawn one after another: how many at once, which are kept, and the state that they leave."""

import pytest
import torch
from completed import Known, generator

from recurse_lab.sampling import cell_after_cell


class Counting(Known):
    """The answer of every cell is the number of steps of the stream, from a fresh start."""

    def __init__(self):
        super().__init__(lambda state: 50.0 * torch.nn.functional.one_hot(state, 9))

    def start(self, inputs, generator=None):
        return torch.zeros_like(inputs), None

    def step(self, state, context):
        return state + 1


@pytest.mark.parametrize("at_once", [1, 2, 3, 9])
def test_cells_drawn_after_each_thought_and_the_state_they_leave(at_once):
    inputs = torch.tensor([[0, 8, 0, 0, 0, 8, 0], [8, 8, 0, 8, 8, 8, 8]])
    fresh, carried = (
        cell_after_cell(Counting(), inputs, 1, 40, generator(), at_once=at_once, carry=carry).answers
        for carry in (False, True)
    )
    blank = (inputs == 0).expand_as(fresh)
    assert (fresh[~blank] == 8).all()
    assert (fresh[blank] == 1).all()
    assert (carried[~blank] == 8).all()
    order = [1 + place // at_once for place in range(5)]
    assert carried[:, 0][blank[:, 0]].view(40, 5).sort(1).values.tolist() == 40 * [order]
    assert (carried[:, 1, 2] == 1).all()
    assert len(carried[:, 0].unique(dim=0)) > (1 if at_once < 5 else 0)
    assert (cell_after_cell(Counting(), inputs, 2, 1, generator()).answers[0][inputs == 0] == 2).all()


def test_certain_cells_are_drawn_with_the_next_one():
    def sure(board):  # blank cells of even places are certain, the others of four classes
        p = torch.full((*board.shape, 5), 0.25)
        p[..., 0] = 0
        p[:, ::2] = torch.tensor([0.0, 0.0, 0.99, 0.01, 0.0])
        return p.log()

    inputs = torch.zeros(3, 7, dtype=torch.int64)
    inputs[2] = 1  # nothing to do
    found = cell_after_cell(Known(sure), inputs, 1, 200, generator(), certain=0.98)
    assert found.thoughts.tolist() == 200 * [[3, 3, 0]]  # one of the three others with each thought
    assert (found.answers[:, :2, ::2] == 2).float().mean() > 0.97
    none = cell_after_cell(Known(sure), inputs, 1, 5, generator(), certain=0.995)
    assert none.thoughts.tolist() == 5 * [[7, 7, 0]]
    with pytest.raises(ValueError, match=r"^certain must be a probability, not 1\.5$"):
        cell_after_cell(Known(sure), inputs, 1, 5, generator(), certain=1.5)
