"""Trees: trials of a few steps, nets of the sizes named, own tests, and when nodes are settled."""

import pytest
import torch
from torch import nn

from recurse_lab.chapters.ch06_memorized_subgraphs.arms import TREE, TREE_ABLATIONS
from recurse_lab.experiments.tree_program import arm as trees
from recurse_lab.experiments.tree_program import inside, scores
from recurse_lab.experiments.tree_program.trial import build, restore, trial
from recurse_lab.models.deep_thinking import Layered
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.tree_program import TreeProgram, levels

ARMS = TREE | TREE_ABLATIONS
SMOKE = trees.at_profile(ARMS, "smoke")


@pytest.mark.parametrize("name", ["tree_loop", "tree_taken", "tree_gru_1", "tree_along", "tree_6"])
def test_a_trial_is_whole_and_its_net_comes_back(name):
    arm = SMOKE[name]
    values, weights = trial(arm, 3)
    assert set(values["exact"]) == set(values["nodes"]) == {"8", "12"}
    looped = name in ("tree_loop", "tree_taken")
    assert {factor: set(shares) for factor, shares in values["later"].items()} == (
        dict.fromkeys(("2", "4"), {"8", "12"} if looped else set())
    )
    assert ("settling" in values) == (looped and arm.questions == 2)
    assert scores.accuracy(arm, restore(arm, weights), 3)["exact"] == values["exact"]
    with pytest.raises(ValueError, match=f"^these weights are not those of {SMOKE['tree_12'].label}: Error"):
        restore(SMOKE["tree_12"], weights)


def test_arms_that_are_called_equal_are_equal_and_see_the_same():
    size = {name: scores.cost(arm, build(arm), 1)["params"] for name, arm in ARMS.items()}
    assert size["tree_gru_1"] == pytest.approx(0.93 * size["tree_loop"], rel=0.02)
    assert size["tree_along"] == pytest.approx(size["tree_loop"], rel=0.1)
    assert size["tree_gru_3"] == pytest.approx(2.92 * size["tree_loop"], rel=0.02)
    assert size["tree_12"] > 5 * size["tree_loop"]
    asked = {name for name, arm in ARMS.items() if arm.questions == 2}
    assert asked == set(ARMS) - {"tree_taken"}
    blocks = [arm.model for arm in ARMS.values() if isinstance(arm.model, trees.DataRouterConfig)]
    assert {(model.places, model.recall, model.norm) for model in blocks} == {("tree", True, "post")}


def test_each_seed_draws_its_own_trees_and_large_ones_are_fewer():
    arm = TREE["tree_loop"]
    one, same, other = (scores.trees(arm, 16, "test", seed).inputs for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert [arm.trees(size) for size in (8, 40, 64)] == [256, 256, 128]


class LeavesFirst(nn.Module):
    """Answers rightly for nodes of height h from step h + 1 on, and before with the wrong bit and gain."""

    def start(self, inputs, generator=None):
        return Layered(torch.zeros(len(inputs), inputs.shape[1], 1), 0), inputs

    def step(self, state, context):
        answers = TreeProgram().solve(context)
        wrong = torch.where(levels(context) + 1 > state.layer + 1, 1, 0)[:, None]
        logits = nn.functional.one_hot((answers + wrong) % 6, 6).float()
        return Layered(logits, state.layer + 1)

    def read(self, state):
        return state.z if state.z.ndim == 4 else torch.zeros(*state.z.shape[:1], 2, state.z.shape[1], 6)


def test_settling_finds_the_order_of_a_net_that_answers_leaves_first():
    arm, net = SMOKE["tree_loop"], LeavesFirst()
    batch = scores.trees(arm, 12, "test", 0)
    level = levels(batch.inputs)
    final = inside.final_from(net, batch, 40)
    # a gain that is 0 was never answered otherwise at the start, which reads class 0
    assert torch.equal(final[level > 0], level[level > 0] + 1)
    found = inside.settling(arm, net, 0, 12)
    assert found.heights[0] == 0
    assert sum(found.nodes) == 12 * 16
    assert found.correlation > 0.95
    with pytest.raises(
        ValueError,
        match=r"^question must be taken or gain, not 'order'$",
    ):
        inside.final_from(net, batch, 2, "order")


def test_a_drawing_shows_one_tree_with_its_answers():
    arm = SMOKE["tree_loop"]
    torch.manual_seed(0)
    drawn = inside.drawing(arm, build(arm), 0, 12, number=3)
    batch = scores.trees(arm, 12, "test", 0)
    one = Batch(batch.inputs[3:4], batch.targets[3:4])
    assert drawn.weights == (one.inputs[0, :, 0] + 1).tolist()
    assert [drawn.taken, drawn.gains] == one.targets[0].tolist()
    assert sorted(drawn.x) == list(range(12))
    for node, parent in enumerate(drawn.parents):
        side = one.inputs[0, node, 2].item()
        if node:
            assert drawn.y[node] == drawn.y[parent] + 1
            assert (drawn.x[node] < drawn.x[parent]) == (side == 1)


def test_places_from_left_to_right_of_a_tree_drawn_by_hand():
    #      0
    #    1   4
    #     2   5
    #    3
    assert inside.in_order([0, 0, 1, 2, 0, 4], [0, 1, 2, 1, 2, 2]) == [3, 0, 2, 1, 4, 5]
