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
        cell_after_cell(Counting(), inputs, 1, 40, generator(), at_once=at_once, carry=carry)
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
    assert (cell_after_cell(Counting(), inputs, 2, 1, generator())[0][inputs == 0] == 2).all()
