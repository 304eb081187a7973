"""The recurrence along a tree: against a recursion over nodes, with padding, and who depends on whom."""

import pytest
import torch

from recurse_lab.models.tree_gru import TreeGRU, TreeGRUConfig
from recurse_lab.recurrence import Recurrence, settle, think
from recurse_lab.train.loop import seeded

# 0 is the root, 1 (left) and 4 (right) its children, 2 and 3 those of 1, 5 is padding
PARENT, SIDE = [0, 0, 1, 1, 0, 5], [0, 1, 1, 2, 2, 3]
TREE = torch.tensor([[3, 1, 4, 1, 2, 5], PARENT, SIDE]).T[None]
BELOW = {0: (1, 4), 1: (2, 3)}


def net(**changed):
    with seeded(2):
        return TreeGRU(TreeGRUConfig(symbols=6, classes=3, width=8, **changed))


def test_the_passes_are_the_recursion_up_and_then_down():
    model, nothing = net(), torch.zeros(1, 8)
    assert isinstance(model, Recurrence)
    x = model.embed(TREE[0, :, 0])

    def up(node):
        below = [up(child) for child in BELOW.get(node, ())] or [nothing, nothing]
        return model.up(x[node : node + 1], model.joined(torch.cat(below, dim=1)))

    def down(node):
        above = down(PARENT[node]) if node else nothing
        return model.down(up(node), above)

    _, first, second = (thought.state.z for thought in think(model, TREE, 2))
    for node in range(5):
        torch.testing.assert_close(first[:, node], up(node))
        torch.testing.assert_close(second[:, node], down(node))
    assert torch.equal(settle(model, TREE, 5).state.z, second)


def test_a_child_on_the_other_side_counts_as_another_tree():
    one, other = TREE[:, :2].clone(), TREE[:, :2].clone()
    other[:, 1, 2] = 2
    model = net()
    assert not torch.allclose(settle(model, one, 1).state.z[:, 0], settle(model, other, 1).state.z[:, 0])


def test_padding_changes_no_answer_and_questions_have_their_own():
    model = net(questions=2)
    output = settle(model, TREE, 2).output
    assert output.shape == (1, 2, 6, 3)
    torch.testing.assert_close(output[:, :, :5], settle(model, TREE[:, :5], 2).output)
    # a larger tree in the batch takes more levels; those of the smaller one are then computed again, alike
    chain = torch.tensor([[0, 1, 2, 3, 4, 5], [0, 0, 1, 2, 3, 4], [0, 1, 1, 1, 1, 1]]).T[None]
    torch.testing.assert_close(settle(model, torch.cat((TREE, chain)), 2).output[:1], output)


def test_bad_sizes_and_symbols_are_refused():
    with pytest.raises(ValueError, match="1 or more"):
        TreeGRUConfig(width=0)
    with pytest.raises(ValueError, match="symbols must be numbers from 0 to 5"):
        net().start(TREE + torch.tensor([6, 0, 0]))
