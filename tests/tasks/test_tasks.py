"""Solvers solve all generated problems, verifiers refuse all other answers, and splits never share a problem."""

from itertools import accumulate, product
from operator import xor
from random import Random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from recurse_lab.tasks.base import SPLITS, Task, fold, in_split
from recurse_lab.tasks.mazes import FREE, GOAL, START, WALL, Mazes, draw_maze, shortest_path
from recurse_lab.tasks.prefix_sums import PrefixSums
from recurse_lab.tasks.sudoku import Sudoku

TASKS = {"prefix sums": (PrefixSums(), 9), "mazes": (Mazes(), 7), "sudoku": (Sudoku(4), 7)}
all_tasks = pytest.mark.parametrize("name", TASKS)
seeds = st.integers(0, 2**31)


def sample(name, seed, split="train", count=4):
    task, size = TASKS[name]
    return task.sample(count, size, split, torch.Generator().manual_seed(seed))


@all_tasks
@given(seed=seeds, split=st.sampled_from(SPLITS))
def test_the_solver_solves_what_the_generator_made(name, seed, split):
    task, _ = TASKS[name]
    inputs, targets = sample(name, seed, split)
    assert isinstance(task, Task)
    assert inputs.shape == targets.shape
    assert inputs.max() < task.symbols
    assert task.verify(inputs, targets).all()


@all_tasks
@given(seed=seeds)
def test_every_single_cell_corruption_is_refused(name, seed):
    task, _ = TASKS[name]
    inputs, targets = sample(name, seed, count=1)
    for cell in (targets[0] >= 0).nonzero():
        wrong = [symbol for symbol in range(task.classes) if symbol != targets[0, *cell]]
        corrupted = targets.repeat(len(wrong), *[1] * (targets.dim() - 1))
        corrupted[:, *cell] = torch.tensor(wrong)
        assert not task.verify(inputs.expand_as(corrupted), corrupted).any()


@given(seed=seeds)
def test_an_answer_that_is_no_bit_is_refused(seed):
    inputs, targets = sample("prefix sums", seed, count=1)
    for cell, wrong in product(range(9), (-1, 2, 3)):
        corrupted = targets.clone()
        corrupted[0, cell] = wrong
        assert not PrefixSums().verify(inputs, corrupted).any()


@given(seed=seeds)
def test_prefix_sums_are_running_parities(seed):
    inputs, targets = sample("prefix sums", seed)
    assert targets.tolist() == [list(accumulate(row, xor)) for row in inputs.tolist()]


@all_tasks
@given(seed=seeds)
def test_the_same_seed_gives_the_same_batch(name, seed):
    before = torch.get_rng_state()
    one, same, other = sample(name, seed), sample(name, seed), sample(name, seed + 1)
    assert torch.equal(one.inputs, same.inputs)
    assert not torch.equal(one.inputs, other.inputs)
    assert torch.equal(torch.get_rng_state(), before)


def test_every_8_bit_string_is_in_exactly_one_split():
    strings = torch.tensor(list(product((0, 1), repeat=8)))
    member = torch.stack([in_split(strings, split) for split in SPLITS])
    assert (member.sum(0) == 1).all()
    shares = dict(zip(SPLITS, member.float().mean(1).tolist(), strict=True))
    assert shares == pytest.approx({"train": 6 / 8, "validation": 1 / 8, "test": 1 / 8}, abs=0.06)


@all_tasks
@given(seed=seeds)
def test_splits_never_share_a_problem(name, seed):
    drawn = {
        split: {tuple(row) for row in sample(name, seed, split, count=4).inputs.flatten(1).tolist()}
        for split in SPLITS
    }
    assert not drawn["train"] & drawn["validation"]
    assert not drawn["train"] & drawn["test"]
    assert not drawn["validation"] & drawn["test"]


def test_the_fold_of_a_problem_never_changes():
    strings = torch.tensor(list(product((0, 1), repeat=4)))
    folds = [6, 5, 2, 3, 3, 5, 5, 1, 5, 3, 1, 0, 5, 7, 2, 5]
    assert fold(strings).tolist() == fold(strings.view(-1, 2, 2)).tolist() == folds


@given(seed=seeds, size=st.sampled_from([5, 7, 11]))
def test_mazes_are_perfect(seed, size):
    maze = draw_maze(size, Random(seed))
    free = {(r, c) for r, row in enumerate(maze) for c, cell in enumerate(row) if cell != WALL}
    edges = [(a, b) for a in free for b in ((a[0] + 1, a[1]), (a[0], a[1] + 1)) if b in free]
    reached, waiting = set(), [min(free)]
    while waiting:
        cell = waiting.pop()
        reached.add(cell)
        waiting += [b if a == cell else a for a, b in edges if cell in (a, b)]
        waiting = [cell for cell in waiting if cell not in reached]
    assert reached == free >= set(product(range(1, size, 2), repeat=2))
    assert len(free) == len(edges) + 1
    counts = {symbol: sum(row.count(symbol) for row in maze) for symbol in (START, GOAL)}
    assert counts == {START: 1, GOAL: 1}


def verdict(maze, answer):
    return Mazes().verify(torch.tensor([maze]), torch.tensor([answer])).item()


RING = [[START, FREE, FREE, GOAL], [WALL] * 4, [FREE, FREE, WALL, WALL], [FREE, FREE, WALL, WALL]]
OPEN = [[START, FREE, GOAL], [FREE, FREE, FREE], [FREE, FREE, FREE]]


@pytest.mark.parametrize(
    ("maze", "answer", "right"),
    [
        (RING, [[1, 1, 1, 1], [0] * 4, [0] * 4, [0] * 4], True),
        (RING, [[1, 1, 1, 1], [1] * 4, [0] * 4, [0] * 4], True),
        (RING, [[1, 1, 1, 1], [0] * 4, [1, 1, 0, 0], [1, 1, 0, 0]], False),
        (RING, [[1, 1, 0, 1], [0] * 4, [0] * 4, [0] * 4], False),
        (RING, [[0, 1, 1, 0], [0] * 4, [0] * 4, [0] * 4], False),
        (OPEN, [[1, 0, 1], [1, 1, 1], [0, 0, 0]], True),
        (OPEN, [[1, 1, 1], [0, 1, 0], [0, 0, 0]], False),
        (OPEN, [[1, 1, 1], [1, 1, 1], [0, 0, 0]], False),
    ],
    ids=["path", "walls aside", "ring beside", "gap", "no ends", "detour", "branch", "block"],
)
def test_only_one_path_without_branches_is_right(maze, answer, right):
    assert verdict(maze, answer) is right


@pytest.mark.parametrize(
    "maze", [[[START, WALL, GOAL]], [[START, FREE, FREE]], [[START, START, GOAL]], [[FREE, FREE, GOAL]]]
)
def test_mazes_that_cannot_be_solved_are_refused(maze):
    with pytest.raises(ValueError, match=r"\A[^\n]+\Z"):
        shortest_path(maze)


@pytest.mark.parametrize(
    ("task", "count", "size"),
    [(PrefixSums(), 4, 0), (PrefixSums(), 4, -3), (PrefixSums(), 0, 8), (PrefixSums(), 4, 1)]
    + [(Mazes(), 4, size) for size in (-5, 0, 3, 6)]
    + [(Mazes(), 0, 5)]
    + [(Sudoku(), 4, size) for size in (-1, 0, 37)]
    + [(Sudoku(), 0, 12)],
)
def test_impossible_sizes_are_one_line_errors(task, count, size):
    with pytest.raises(ValueError, match=r"\A[^\n]+\Z"):
        task.sample(count, size, "test", torch.Generator().manual_seed(0))
