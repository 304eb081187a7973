"""Rounds after which a gain can be known, worked by hand, and against all that could stand further below."""

from itertools import product

import torch
from torch import Generator

from recurse_lab.experiments.tree_program.rounds import rounds
from recurse_lab.tasks.tree_program import TreeProgram, levels


def line(*weights):
    """A tree in which every node has one child."""
    return torch.tensor([[[weight - 1, max(0, at - 1), min(at, 1)] for at, weight in enumerate(weights)]])


def test_rounds_of_small_trees_by_hand():
    assert rounds(line(4)).tolist() == [[1]]
    assert rounds(line(5, 1)).tolist() == [[2, 1]]
    # the 1 has no gain if its child gains 1 or more, and that is known before the last node is
    assert rounds(line(1, 3, 2)).tolist() == [[3, 2, 1]]
    assert rounds(line(1, 5, 2, 1)).tolist() == [[3, 3, 2, 1]]


def test_what_lies_deeper_than_its_rounds_cannot_change_a_gain():
    top = (4, 5)
    first = {}
    for below in product(range(1, 6), repeat=4):
        known = rounds(line(*top, *below))[0].tolist()
        gains = TreeProgram().gains(line(*top, *below))[0].tolist()
        seen = (top + below)[: known[0]]
        assert first.setdefault(seen, gains[0]) == gains[0]
    assert len(first) > 5


def test_a_gain_is_known_at_the_latest_when_all_below_is():
    inputs = TreeProgram().sample(64, 12, "test", Generator().manual_seed(0)).inputs
    known, height = rounds(inputs), levels(inputs)
    assert (known >= 1).all()
    assert (known <= height + 1).all()
    assert (known[height == 0] == 1).all()
    assert (known < height + 1).any()
