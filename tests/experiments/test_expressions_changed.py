"""Expressions changed at the test: another order is the same tree, and exchanged sides are not."""

import pytest
import torch
from torch import Generator

from recurse_lab.experiments.expressions import changed
from recurse_lab.experiments.expressions.arm import arm, gru
from recurse_lab.experiments.expressions.scores import trees
from recurse_lab.experiments.expressions.trial import build
from recurse_lab.recurrence import settle
from recurse_lab.tasks.expressions import Expressions
from recurse_lab.tasks.full_trees import PADDING

LOOP = arm("loop", 1e-3, 1, blocks=2)
TASK = Expressions(seed=3)


def batch(depth=4, count=16, split="test"):
    return TASK.sample(count, depth, split, Generator().manual_seed(1))


def test_another_order_has_the_same_values_and_keeps_padding_at_the_end():
    usual = batch()
    listed = changed.level_by_level(usual)
    assert torch.equal(TASK.values_of(listed.inputs), listed.targets)
    assert not torch.equal(listed.inputs, usual.inputs)
    assert torch.equal(listed.inputs[..., 2] == PADDING, usual.inputs[..., 2] == PADDING)
    assert torch.equal(listed.targets[:, 0], usual.targets[:, 0])
    levels = listed.inputs[0, :, 1][listed.inputs[0, :, 2] != PADDING]
    assert torch.equal(levels, levels.sort().values)  # parents come in order


@pytest.mark.parametrize(("one", "same"), [(LOOP, True), (gru("gru", 1e-3, 1, tree=True, width=8), False)])
def test_a_net_with_tree_relations_does_not_notice_the_order(one, same):
    torch.manual_seed(0)
    net, usual = build(one), batch()
    listed = changed.level_by_level(usual)
    roots = [settle(net, each.inputs, 6).output[:, 0] for each in (usual, listed)]
    assert torch.allclose(*roots, atol=1e-4) == same


def test_exchanged_sides_exchange_the_arguments():
    usual = batch(depth=1, split="train")
    other = changed.exchanged(usual)
    symbols = usual.inputs[..., 0]
    back = torch.stack((symbols[:, 0] - TASK.values, symbols[:, 2], symbols[:, 1]))
    assert torch.equal(TASK.values_of(other.inputs)[:, 0], TASK.tables[tuple(back)])
    assert torch.equal(changed.exchanged(other).inputs, usual.inputs)


def test_deep_trees_are_those_of_the_scores():
    for depth in (3, 6):
        assert torch.equal(changed.deep_trees(depth, 7).inputs, trees(LOOP, depth, "test", 7).inputs)
