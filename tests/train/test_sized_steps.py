"""Steps that follow the size of the problems, and the source of problems of several sizes."""

from collections import Counter

import pytest
import torch
from torch import Generator, nn

from recurse_lab.models.deep_thinking import Layered
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.group_products import GroupProducts
from recurse_lab.tasks.judging import Classes
from recurse_lab.train.objectives.sized_steps import SizedSteps
from recurse_lab.train.sources import Sizes


class Counting(nn.Module):
    """Counts its steps, and those that build a graph."""

    def __init__(self):
        super().__init__()
        self.weight, self.steps, self.graded = nn.Parameter(torch.zeros(2)), 0, 0

    def start(self, inputs, generator=None):
        return Layered(torch.zeros(*inputs.shape, 2), 0), None

    def step(self, state, context):
        self.steps, self.graded = self.steps + 1, self.graded + torch.is_grad_enabled()
        return Layered(state.z + self.weight, state.layer + 1)

    def read(self, state):
        return state.z


class Rows(Classes):
    def size_of(self, inputs):
        return inputs.shape[1]


def steps_of(objective, progress=0.0, cells=5):
    batch, found = Batch(*2 * [torch.zeros(3, cells, dtype=torch.int64)]), set()
    for seed in range(60):
        model = Counting()
        objective(model, Rows(), batch, None, progress, Generator().manual_seed(seed))
        found.add((model.steps, model.graded))
    return found


def test_steps_follow_the_size():
    assert steps_of(SizedSteps(least=2, most=4)) == {(7, 7), (8, 8), (9, 9)}
    assert steps_of(SizedSteps(), cells=9) == {(11, 11)}


def test_a_late_start_comes_late_and_builds_no_graph():
    objective = SizedSteps(least=1, most=1, with_gradient=4, late=3, late_from=0.5, late_share=0.5)
    assert steps_of(objective, progress=0.4) == {(6, 4)}
    assert steps_of(objective, progress=0.6) == {(6, 4), (7, 4), (8, 4), (9, 4)}


def test_larger_sizes_are_drawn_more_often():
    source = Sizes(GroupProducts(), 2, (2, 6), Generator().manual_seed(0))
    drawn = Counter(source.draw().inputs.shape[1] for _ in range(400))
    assert drawn[2] + drawn[6] == 400
    assert drawn[6] / 400 == pytest.approx(0.75, abs=0.06)


def test_numbers_out_of_range_are_refused():
    for wrong in ({"least": 3}, {"late": -1}, {"with_gradient": 0}, {"late_share": 1.5}):
        with pytest.raises(ValueError, match="must be"):
            SizedSteps(**wrong)
    with pytest.raises(ValueError, match="sizes must be"):
        Sizes(GroupProducts(), 2, (), Generator())
