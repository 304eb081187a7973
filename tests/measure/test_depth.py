"""What steps add to a state, and the logit lens, on recurrences whose updates are known."""

import math

import pytest
import torch

from recurse_lab.measure.depth import alignments, bits, cells, changes, exact, lens, streams
from recurse_lab.models.deep_thinking import Layered
from recurse_lab.models.mobile_llm import MobileLLM, MobileLLMConfig
from recurse_lab.recurrence import think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import CLASSES


class Adding:
    """Step l adds `updates[l]` (D,) to every cell; the state is read as logits."""

    def __init__(self, updates):
        self.updates = torch.tensor(updates)

    def start(self, inputs, generator=None):
        return Layered(torch.nn.functional.one_hot(inputs, self.updates.shape[1]).float(), 0), None

    def step(self, state, context):
        return Layered(state.z + self.updates[state.layer], state.layer + 1)

    def read(self, state):
        return state.z


ROWS = torch.tensor([[0, 0, 0], [0, 0, 0]])


def test_sizes_and_directions_of_known_updates():
    z = streams(Adding([[2.0, 4.0], [0.0, 0.0], [-3.0, -6.0], [4.0, -2.0]]), ROWS, 4)
    assert z.shape == (5, 2, 3, 2)
    size = [math.hypot(3, 4), math.hypot(0, -2), math.hypot(4, -4)]
    moved = [math.hypot(2, 4), math.hypot(3, 6), math.hypot(4, 2)]
    found = changes(z)
    assert found == pytest.approx([moved[0] / size[0], 0, moved[1] / size[1], moved[2] / size[2]], rel=1e-5)
    expected = torch.tensor([[1.0, 0, -1, 0], [0, 0, 0, 0], [-1, 0, 1, 0], [0, 0, 0, 1]])
    torch.testing.assert_close(torch.tensor(alignments(z)), expected, atol=1e-6, rtol=0)


def test_the_lens_reads_after_every_step():
    batch = Batch(ROWS, torch.tensor([[1, 1, 1], [1, 0, 1]]))
    measures = {"exact": exact(CLASSES), "cells": cells(CLASSES), "bits": bits(CLASSES)}
    found = lens(Adding([[0.0, 2.0], [5.0, 0.0]]), batch, 2, measures)
    assert found["exact"] == [0, 0.5, 0]
    assert found["cells"] == pytest.approx([1 / 6, 5 / 6, 1 / 6])
    even = lens(Adding([[-1.0, 0.0]]), batch, 1, measures)["bits"][1]
    assert even == pytest.approx(1.0)  # two equal logits: one bit


@pytest.mark.parametrize("repeats", [1, 3])
def test_nets_with_shared_and_with_distinct_blocks_are_measured_alike(repeats):
    net = MobileLLM(MobileLLMConfig(symbols=2, width=16, hidden=8, depth=2, repeats=repeats))
    z = streams(net, ROWS, 2 * repeats)
    states = [thought.state.z for thought in think(net, ROWS, 2 * repeats)]
    assert torch.equal(z, torch.stack(states))
    assert len(changes(z)) == len(alignments(z)) == 2 * repeats
