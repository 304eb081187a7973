"""The openness of copy gates, by the time at which a cell's answer is final."""

from dataclasses import replace

import pytest
import torch

from recurse_lab.chapters.ch06_memorized_subgraphs.arms import LINE
from recurse_lab.experiments.line_program.gates import TIMES, gate_openness, times
from recurse_lab.experiments.line_program.trial import build
from recurse_lab.train.loop import seeded

ARM = replace(LINE["loop"], test=8)


def test_times_are_counted_from_the_last_change():
    # one list of two cells: the first changes at step 2 for the last time, the second never
    answers = [torch.tensor([row]) for row in ([0, 1], [1, 1], [2, 1], [2, 1], [2, 1], [2, 1])]
    found = [which[:, 0].int().tolist() for which in times(answers)]
    earlier, change, soon, later = found
    assert earlier == [[1, 0], [0, 0], [0, 0], [0, 0], [0, 0]]
    assert change == [[0, 0], [1, 0], [0, 0], [0, 0], [0, 0]]
    assert soon == [[0, 1], [0, 1], [1, 0], [1, 0], [0, 0]]
    assert later == [[0, 0], [0, 0], [0, 1], [0, 1], [1, 1]]


def test_a_net_whose_gates_are_shut_is_open_by_almost_nothing():
    with seeded(0):
        net = build(ARM)
    with torch.no_grad():
        net.blocks[0].gate_net.down.weight.zero_()
        for bias in (-3.0, 0.0):
            net.blocks[0].gate_net.down.bias.fill_(bias)
            found = gate_openness(ARM, net, 0, size=8)
            assert set(found) == set(TIMES)
            shut = torch.tensor(bias).sigmoid().item()
            assert [value for value in found.values() if value == value] == pytest.approx(
                [shut] * sum(value == value for value in found.values())
            )


def test_a_net_without_gates_says_so():
    arm = replace(LINE["loop_geometric"], test=4)
    with pytest.raises(ValueError, match="no gate"):
        gate_openness(arm, build(arm), 0, size=4)
