"""Short trials of learned solvers and of dispatch: what they record, and that finished trials come back."""

from dataclasses import replace

import pytest
import torch

from recurse_lab import settle
from recurse_lab.experiments.dispatch import arm as dispatch_arm
from recurse_lab.experiments.dispatch import scores as dispatch_scores
from recurse_lab.experiments.dispatch import tables as dispatch_tables
from recurse_lab.experiments.dispatch import trial as dispatch
from recurse_lab.experiments.solvers import arm as solvers_arm
from recurse_lab.experiments.solvers import scores as solvers_scores
from recurse_lab.experiments.solvers import tables as solvers_tables
from recurse_lab.experiments.solvers import trial as solvers
from recurse_lab.measure.cost import parameters
from recurse_lab.models.dual_ascent import DualAscent
from recurse_lab.records.record import Record
from recurse_lab.tasks.base import in_split
from recurse_lab.tasks.dispatch import solved

SOLVERS = solvers_arm.at_profile(solvers_arm.SOLVERS, "smoke")
DISPATCH = dispatch_arm.at_profile(dispatch_arm.DISPATCH, "smoke")


def record(values):
    """A record of which the tables read the values only."""
    plain = dict.fromkeys(("trial", "arm", "config", "digest", "commit", "lock", "machine", "command"), "")
    return Record(**plain, seed=0, versions={}, seconds=0.0, values=values)


@pytest.mark.parametrize(("room", "arms"), [(solvers, SOLVERS), (dispatch, DISPATCH)])
def test_a_trial_repeats_itself_and_its_net_comes_back(room, arms):
    for name, arm in arms.items():
        values, weights = room.trial(arm, 3)
        again, _ = room.trial(arm, 3)
        for key in set(values) - {"train_seconds", "curve"}:
            assert values[key] == again[key], (name, key)
        assert parameters(room.restore(arm, weights)) == values["params"]
    first, second = next(iter(arms.values())), list(arms.values())[-1]
    with pytest.raises(ValueError, match=f"^these weights are not those of {second.label}"):
        room.restore(second, room.trial(first, 3)[1])


def test_rows_and_curves():
    results = {
        name: {seed: record(solvers.trial(SOLVERS[name], seed)[0]) for seed in (0, 1)}
        for name in ("tied", "descent")
    }
    labels = {name: SOLVERS[name].label for name in results}
    curves = solvers_tables.error_by_step(results, labels)
    assert list(curves[labels["tied"]]) == list(solvers_arm.READ)
    assert solvers_tables.rows(results, labels)[labels["descent"]]["weights"] == 1
    assert solvers_tables.error_at_trained(results["tied"][0]) < 0
    found = {name: {0: record(dispatch.trial(DISPATCH[name], 0)[0])} for name in ("loop", "price")}
    labels = {name: DISPATCH[name].label for name in found}
    by_step = dispatch_tables.met_by_step(found, labels)
    assert list(by_step[labels["price"]]) == [1]
    assert by_step["dual ascent"][128] == 1
    assert by_step["dual ascent"][8] == dispatch_tables.method_at(found["loop"][0], 8) < 0.5
    row = dispatch_tables.rows(found, labels)[labels["loop"]]
    assert row["met: inside"] == dispatch_tables.met_at_last(found["loop"][0])


def test_the_single_rate_is_the_best_and_the_test_is_of_the_family():
    arm = SOLVERS["descent"]
    model, _, family = solvers.train(arm, 1)
    best = model.p.item()
    assert 0.01 < best < 1
    batch = solvers_scores.held_out(arm, family, 1)["family"]
    shared = torch.linalg.inv(family.shared())
    assert torch.linalg.eigvals(shared @ batch.inputs[:, :, :-1]).abs().max() < 1.51
    assert in_split(batch.inputs.view(torch.int32), "test").all()
    other = solvers.train(arm, 2).family
    assert not torch.equal(other.shared(), family.shared())


def test_examples_of_the_loop_are_steps_of_dual_ascent():
    generator = torch.Generator().manual_seed(0)
    inputs, targets = dispatch.examples(replace(DISPATCH["loop"], pool=64), generator)
    assert in_split(inputs[:8].view(torch.int32), "train").all()  # the first price is 0
    step = settle(DualAscent(dispatch_arm.METHOD_RATE), inputs, 1)
    torch.testing.assert_close(step.state.price, targets)
    torch.testing.assert_close(inputs[8:, -1:], targets[:-8])  # each step starts where the one before ended
    problems, prices = dispatch.examples(DISPATCH["price"], generator)
    torch.testing.assert_close(prices, solved(problems)[0])
    assert dispatch.examples(DISPATCH["outputs"], generator).targets.shape == (256, 3)


def test_tests_go_beyond_the_trained_ranges():
    arm = DISPATCH["loop"]
    inside, demand, limits = (dispatch_scores.held_out(arm, 0, kind) for kind in dispatch_scores.KINDS)
    share = [(problems[:, 9] / problems[:, 6:9].sum(1)) for problems in (inside, demand)]
    assert share[0].max() < share[1].min()
    assert inside[:, 6:9].max() <= 1.5 <= limits[:, 6:9].min()
