"""Inputs of completions: their solutions by another solver, their numbers of givens and solutions, and refusals."""

from collections import Counter
from inspect import unwrap

import pytest
import torch
from completed import GIVENS, MASKS, TASKS, generator, queens_boards, rows
from hypothesis import given
from hypothesis import strategies as st

from recurse_lab.tasks.queens import Queens
from recurse_lab.tasks.sudoku import Sudoku

both = pytest.mark.parametrize("name", TASKS)


def solved(name, board):
    """All solutions by a solver that does not list the finished boards."""
    if name == "queens":
        return queens_boards(board)
    try:
        return set(map(tuple, Sudoku(4).rules.solutions(board, most=400)))
    except ValueError:  # a digit stands twice
        return set()


@both
@given(seed=st.integers(0, 2**31), change=st.booleans())
def test_solutions_are_those_of_another_solver(name, seed, change):
    task = TASKS[name]
    inputs = task.pool(2, GIVENS[name], "test", generator(seed)).inputs
    if change:  # another symbol in one cell: often without any solution
        inputs[:, seed % task.cells] = 1 + seed % (task.symbols - 1)
    for board, found in zip(inputs.tolist(), task.solutions(inputs), strict=True):
        assert rows(task.finished[found]) == solved(name, board)


@both
def test_numbers_and_judgments(name):
    task = TASKS[name]
    boards = task.finished
    assert torch.equal(task.number(boards), torch.arange(len(boards)))
    assert task.verify(torch.zeros_like(boards), boards).all()
    wrong = boards.clone()
    wrong[:, 0] = wrong[:, 0] % (task.symbols - 1) + 1
    assert (task.number(wrong) == -1).all()
    assert not task.verify(torch.zeros_like(boards), wrong).any()
    only_first = torch.zeros_like(boards)
    only_first[:, 0] = boards[0, 0]
    assert torch.equal(task.verify(only_first, boards), boards[:, 0] == boards[0, 0])
    assert torch.equal(task.verify(only_first, boards), task.solutions(only_first)[0])


@both
def test_givens_are_uniform_and_solutions_keep_their_bounds(name):
    task, (low, high) = MASKS[name], GIVENS[name]
    batch = task.pool(2000, (low, high), "train", generator())
    counts = Counter((batch.inputs > 0).sum(1).tolist())
    assert set(counts) == set(range(low, high + 1))
    assert counts[high] > 300
    for bounds in ((2, task.cells), (1, 1)):
        inputs, targets = task.pool(60, (low, high), "test", generator(1), bounds)
        number = task.solutions(inputs).sum(1)
        assert bounds[0] <= number.min() <= number.max() <= bounds[1]
        assert task.verify(inputs, targets).all()


def test_targets_are_all_solutions_alike():
    task = MASKS["sudoku"]
    batch = task.pool(288 * 40, (0, 0), "test", generator())
    counts = Counter(task.number(batch.targets).tolist())
    expected = torch.tensor([counts[number] for number in range(288)])
    assert ((expected - 40).square() / 40).sum() < 287 + 4 * (2 * 287) ** 0.5
    one, same, other = (task.pool(9, (2, 5), "train", generator(seed)).inputs for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_relations_of_queens_are_distances_of_rows():
    related = Queens(side=5).relations()
    assert related.shape == (5, 5, 5)
    assert torch.equal(related.sum(0), torch.ones(5, 5))
    assert related[3].nonzero().tolist() == [[0, 3], [1, 4], [3, 0], [4, 1]]


def blank(*counts, size=16):
    return [torch.zeros(count, size, dtype=torch.int64) for count in counts]


def unknown(task, split_by):
    """A task with a value that bypasses the type check of the tests."""
    vars(task).update(split_by=split_by)
    return task


SUDOKU = TASKS["sudoku"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: SUDOKU.solutions(*blank(1, size=12)), r"shape \(B, 16\), not \(1, 12\)"),
        (lambda: SUDOKU.number(torch.full((1, 16), 5)), "symbols from 1 to 4 only"),
        (lambda: SUDOKU.verify(torch.full((1, 16), -1), *blank(1)), "symbols from 1 to 4 only"),
        (lambda: TASKS["queens"].number(torch.full((1, 8), 9)), "symbols from 1 to 8 only"),
        (lambda: unwrap(type(SUDOKU)._check)(SUDOKU, torch.zeros(1, 16)), "whole numbers, not torch.float32"),
        (lambda: unwrap(type(SUDOKU).verify)(SUDOKU, *blank(2, 1)), "2 inputs cannot have 1 answers"),
        (lambda: SUDOKU.pool(0, (2, 5), "train", generator()), "count must be 1 or more"),
        (lambda: SUDOKU.sample(1, 17, "train", generator()), "givens from 0 to 16"),
        (lambda: SUDOKU.sample(1, -1, "train", generator()), "givens from 0 to 16"),
        (lambda: SUDOKU.pool(1, (5, 2), "train", generator()), "givens from 0 to 16"),
        (lambda: unwrap(type(SUDOKU).pool)(SUDOKU, 1, (2, 5), "dev", generator()), "split must be one of"),
        (lambda: SUDOKU.pool(1, (16, 16), "test", generator(), (2, 9)), "only 0 of 1 inputs with 16 to 16"),
        (
            lambda: Queens(side=6).pool(1, (1, 2), "test", generator()),
            "no finished board is of the test split",
        ),
        (lambda: Queens(side=4), "side must be from 5 to 9, not 4"),
        (
            lambda: unknown(Queens(), "rows").__post_init__(),
            "split_by must be 'masks' or 'kinds', not 'rows'",
        ),
    ],
)
def test_what_cannot_be_is_one_line(call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
