"""When answers of nodes stay right, by hand, and probes on states that hold what is asked."""

import pytest
import torch

from recurse_lab.experiments.expressions import settled
from recurse_lab.experiments.expressions.arm import arm
from recurse_lab.experiments.expressions.inside import Steps
from recurse_lab.experiments.expressions.trial import build

HEIGHTS = torch.tensor([[2, 1, 0, 0, 0], [1, 0, 0, -1, -1]])


def steps(right, residual):
    """Three steps; `right` and `residual` of the nodes of height 2 and 1, the others right and at rest."""
    right_TBN, rest = torch.ones(4, 2, 5, dtype=torch.bool), torch.zeros(3, 2, 5)
    for (b, n), values in right.items():
        right_TBN[:, b, n] = torch.tensor(values, dtype=torch.bool)
    for (b, n), value in residual.items():
        rest[-1, b, n] = value
    return Steps(torch.zeros(4, 2, 5, 1), torch.zeros(4, 2, 5, dtype=torch.int64), right_TBN, rest)


FOUND = steps({(0, 0): [0, 1, 0, 1], (0, 1): [0, 1, 1, 1], (1, 0): [1, 1, 1, 0]}, {(1, 0): 0.5, (0, 0): 0.1})


def test_the_step_from_which_on_answers_stay_right():
    rows = settled.right_to_stay(FOUND, HEIGHTS)
    assert list(rows) == ["height 1", "height 2"]
    assert rows["height 2"]["mean step"] == 3
    assert rows["height 1"] | {"nodes": 2} == rows["height 1"]
    assert (rows["height 1"]["mean step"], rows["height 1"]["right to stay"]) == (1, 0.5)


def test_the_cross_table_counts_every_operator_once():
    rows = settled.rest_and_right(FOUND, HEIGHTS)
    assert rows == {"at rest": {"right": 1, "wrong": 0}, "still moving": {"right": 1, "wrong": 1}}


@pytest.fixture(scope="module")
def loop():
    one = arm("loop", 1e-3, 1, {"problems": 32}, blocks=2)
    torch.manual_seed(0)
    return one, build(one).eval()


def test_what_is_seen_has_all_steps(loop):
    found, heights = settled.seen_through(*loop, 5, depth=3, steps=4)
    assert found.right.shape == (5, *heights.shape)
    assert found.residual.shape == (4, *heights.shape)
    assert found.right[:, heights == -1].all()
    assert heights.max() == 3


def test_probes_stand_beside_those_of_an_untrained_net(loop):
    rows = settled.probed(*loop, 5, height=2, depth=3, steps=2)
    assert list(rows)[-1] == "own value, untrained net"
    assert {len(values) for values in rows.values()} == {3}
    assert all(0 <= value <= 1 for values in rows.values() for value in values)
    assert list(rows["own value, untrained net"]) != list(rows["own value, trained net"])
