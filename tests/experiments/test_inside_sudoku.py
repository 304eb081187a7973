"""The measurements of chapters 03 and 04, by hand: forgetting, candidates, probes, halting heads, and tables."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from recurse_lab.chapters.ch04_recursion_or_hierarchy import views as hierarchy_tables
from recurse_lab.chapters.ch04_recursion_or_hierarchy.arms import LIVE as HIERARCHIES
from recurse_lab.experiments.arc import tables as arc_tables
from recurse_lab.experiments.sudoku import halting as halting_head
from recurse_lab.experiments.sudoku import inside as inside_sudoku
from recurse_lab.experiments.sudoku import probes as latent_probes
from recurse_lab.experiments.sudoku.arm import RECURSIVE, smoke
from recurse_lab.experiments.sudoku.problems import puzzles
from recurse_lab.experiments.sudoku.tables import by_steps, solved
from recurse_lab.experiments.sudoku.trial import build
from recurse_lab.measure.latents import trace
from recurse_lab.records.record import Record
from recurse_lab.recurrence import Thought, settle, think
from recurse_lab.state import latent
from recurse_lab.tasks.arc import ArcTask, Pair
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import CLASSES
from recurse_lab.tasks.sudoku import Sudoku
from recurse_lab.train.loop import seeded

ARMS = smoke({"recursive": RECURSIVE, "hrm": HIERARCHIES["hrm"]})
ARM = ARMS["recursive"]


def net_of(name, seed=1):
    with seeded(seed):
        return build(ARMS[name]).eval()


def record(arm, seed, **values):
    words = dict.fromkeys(("trial", "config", "digest", "commit", "lock", "machine", "command"), "")
    return Record(arm=arm, seed=seed, versions={}, seconds=0.0, values=values, **words)


def test_forgetting_nothing_is_thinking_and_forgetting_both_is_the_first_step_for_ever():
    net, batch = net_of("recursive"), puzzles(ARM, "test", 0)
    first = net.start(batch.inputs)[0]
    # the target is the untrained net's answer after one step: later answers are right only if none changes
    answer = settle(net, batch.inputs, 1).output.argmax(-1)
    curves = inside_sudoku.forgetting(net, Batch(batch.inputs, answer), 3)
    assert set(curves["both forgotten"].values()) == {1.0}
    asked = Batch(batch.inputs, settle(net, batch.inputs, 3).output.argmax(-1))
    curves = inside_sudoku.forgetting(net, asked, 3)
    assert curves["nothing forgotten"][3] == 1.0
    from_the_first = settle(net, batch.inputs, 1, resume=Thought(2, first, None)).output
    right = CLASSES.right(from_the_first, asked.targets).all(1).float().mean().item()
    assert curves["both forgotten"][3] == curves["nothing forgotten"][1] == pytest.approx(right)
    assert curves["y forgotten"][1] == curves["z forgotten"][1] == curves["nothing forgotten"][1]


def test_boards_in_parts_give_what_all_at_once_give(monkeypatch):
    net, batch = net_of("recursive"), puzzles(ARM, "test", 0)
    batch = Batch(batch.inputs, settle(net, batch.inputs, 2).output.argmax(-1))  # some of them are right
    found = []
    for at_once in (len(batch.inputs), 7):
        monkeypatch.setattr(inside_sudoku, "AT_ONCE", at_once)
        found.append(
            (
                inside_sudoku.forgetting(net, batch, 3),
                [state.y for state in latent_probes._states(net, batch, (1, 3)).values()],
                halting_head.head_at_every_step(net, batch, 3),
            )
        )
    (forgotten, latents, (said, right)), (forgotten_2, latents_2, (said_2, right_2)) = found
    assert forgotten == forgotten_2
    assert len(set(forgotten["nothing forgotten"].values())) > 1
    for one, other in zip(latents, latents_2, strict=True):
        torch.testing.assert_close(one, other)
    assert said.shape == right.shape == (3, len(batch.inputs))
    assert np.allclose(said, said_2)
    assert np.array_equal(right, right_2)
    assert len(set(right[-1])) > 1


def test_a_probe_reads_what_a_latent_holds_and_no_more():
    batch = puzzles(ARM, "test", 0)
    digits = torch.nn.functional.one_hot(batch.targets, 5).float()
    digit, _ = latent_probes._fitted(ARM, (batch, batch), [digits, digits])
    assert digit == 1.0
    nothing = torch.zeros_like(digits)
    digit, _ = latent_probes._fitted(ARM, (batch, batch), [nothing, nothing])
    blank = batch.targets[batch.inputs == 0]
    assert digit == pytest.approx((blank == blank.mode().values).float().mean().item())


def test_the_head_stops_at_its_first_yes_or_at_the_end():
    said = np.array([[0.6, 0.2, 0.1], [0.9, 0.7, 0.2], [0.1, 0.95, 0.3]])
    right = np.array([[False, False, True], [True, True, True], [True, False, False]])
    steps, was_right = halting_head.stopped(said, right)
    assert steps.tolist() == [1, 2, 3]
    assert was_right.tolist() == [False, True, False]
    assert halting_head.right_when_stopped(said, right, 0.5) == 0.5
    assert halting_head.right_when_stopped(said, right, 0.8) == 0.5
    assert np.isnan(halting_head.right_when_stopped(said, right, 0.99))


def test_the_head_is_asked_after_every_step():
    net, batch = net_of("recursive"), puzzles(ARM, "test", 0)
    said, right = halting_head.head_at_every_step(net, batch, 3)
    assert said.shape == right.shape == (3, len(batch.inputs))
    last = settle(net, batch.inputs, 3)
    assert np.allclose(said[-1], net.halting(last.state).halt.sigmoid().detach().numpy())
    assert (right[-1] == (last.output.argmax(-1) == batch.targets).all(1).numpy()).all()


@pytest.mark.parametrize("name", ARMS)
def test_movement_is_that_of_whole_supervision_steps(name):
    arm, net, inputs = ARMS[name], net_of(name), puzzles(ARM, "test", 0).inputs[:3]
    moved = hierarchy_tables.moved_by_step(arm, net, inputs, 2)
    with torch.no_grad():
        states = [latent(thought.state) for thought in think(net, inputs, 2 * arm.cycles)][:: arm.cycles]
    by_hand = [((b - a).norm(dim=1) / b.norm(dim=1)).numpy() for a, b in pairwise(states)]
    assert np.allclose(moved, np.stack(by_hand), rtol=1e-4)
    if arm.cycles == 1:
        assert np.allclose(moved, trace(net, inputs, 2).residual, rtol=1e-4)


def test_the_first_two_puzzles_of_each_technique_are_shown():
    groups = inside_sudoku.by_technique(ARM, 0)
    assert sum(len(batch.inputs) for batch in groups.values()) == ARM.puzzles.test
    shown = inside_sudoku.cases(ARM, net_of("recursive"), 0, steps=2)
    assert len(shown) == sum(min(2, len(batch.inputs)) for batch in groups.values())
    for name, batch in groups.items():
        for number, word in enumerate(("", ", another")[: len(batch.inputs)]):
            one, seen = shown[f"needs {name}{word}"]
            assert torch.equal(one.inputs, batch.inputs[number : number + 1])
            assert seen.steps == 2


def test_no_kind_of_the_test_is_in_training():
    few = replace(RECURSIVE.puzzles, train=90, validation=20, test=20)
    table = inside_sudoku.data_table(replace(RECURSIVE, puzzles=few), seed=3, most=4)
    assert table["train"]["of them in training"] == table["train"]["kinds of solution"] > 10
    assert table["validation"]["of them in training"] == table["test"]["of them in training"] == 0
    assert table["test"]["mean givens"] < 12 < table["train"]["mean givens"]
    assert 2 / 20 <= table["test"]["share of the commonest two"] <= 1


def test_a_probe_is_shown_beside_what_no_to_everything_would_get():
    rows = latent_probes.probes(ARM, net_of("recursive"), steps=(1,), seed=1)
    assert list(rows) == ["step 1, y", "step 1, z", "no to all"]
    batch = puzzles(ARM, "test", 1)
    sets = [s for board in batch.inputs.tolist() for s in Sudoku(4).rules.candidates(board) if s]
    share = sum(digits.bit_count() for digits in sets) / (4 * len(sets))
    assert rows["no to all"]["digits that the rules leave, by a probe"] == pytest.approx(1 - share)


def test_shares_of_one_number_of_steps_and_loops():
    exact = {"1": 0.25, "16": 0.75}
    runs = {0: record("a", 0, exact=exact), 1: record("a", 1, exact={"1": 0.75, "16": 1.0})}
    assert [solved(run) for run in runs.values()] == [0.75, 1.0]
    assert solved(record("plain", 0, exact={"6": 0.3})) == 0.3
    assert by_steps(runs) == {1: 0.5, 16: 0.875}
    grid = hierarchy_tables.loops({"a": runs, "b": {0: runs[0]}}, {"b": 1, "a": 2}, [1, 16])
    assert grid.tolist() == [[0.25, 0.75], [0.5, 0.875]]


def test_arc_guesses_are_right_only_where_the_grids_are_equal():
    grid, other = np.array([[1, 2]]), np.array([[2, 1]])
    task = ArcTask(name="t", demonstrations=(Pair(grid, other),), tests=(Pair(grid, other),))
    votes = [{"grid": [[1, 2]], "count": 3}, {"grid": [[2, 1]], "count": 1}]
    own = {"t": {"pass@1": 0.0, "pass@2": 1.0, "alone": 0.0, "votes": [votes]}}
    no = {"t": {"pass@1": 0.0, "pass@2": 0.0, "alone": 0.0, "votes": [[]]}}
    tests = {"own": own, "blank": no, "other": no}
    run = record("arc", 0, tests=tests, demonstrations={"own": 0.9, "blank": 0.1, "other": 0.2})
    (row,) = arc_tables.guesses([task], run)
    assert [(title, right) for title, _, right in row] == [
        ("input", None),
        ("answer", None),
        ("first guess", False),
        ("second guess", True),
    ]
    table = arc_tables.identities({0: run})
    assert table["its own row"] == {"pass@1": 0, "pass@2": 1, "one view, no vote": 0, "demonstrations": 0.9}
    assert table["the blank row"]["demonstrations"] == 0.1
    run.values["tests"]["own"]["t"]["votes"] = [[]]
    assert arc_tables.guesses([task], run)[0][2] == ("first guess", None, False)
