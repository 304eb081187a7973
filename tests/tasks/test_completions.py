"""Finished boards are counted twice; splits share no kind and no input; solutions equal those of another solver."""

from itertools import permutations, product

import pytest
import torch
from completed import GIVENS, MASKS, TASKS, generator, queens_boards, rows
from hypothesis import given
from hypothesis import strategies as st

from recurse_lab.tasks.base import SPLITS, Task
from recurse_lab.tasks.queens import Queens
from recurse_lab.tasks.sudoku import relabeled

both = pytest.mark.parametrize("name", TASKS)
seeds = st.integers(0, 2**31)


def sudoku_grids():
    """All grids, row by row: each row is a permutation that agrees with the rows above."""
    grids = [()]
    for _ in range(4):
        grids = [
            (*grid, row) for grid, row in product(grids, permutations(range(1, 5))) if follows(grid, row)
        ]
    return {sum(grid, ()) for grid in grids}


def follows(grid, row):
    if any(above[column] == row[column] for above in grid for column in range(4)):
        return False
    return len(grid) % 2 == 0 or all(not {*grid[-1][c : c + 2]} & {*row[c : c + 2]} for c in (0, 2))


def symmetric(board):
    """The eight turned and mirrored forms of a board, from the coordinates of its queens."""
    side, found = len(board), []
    queens = [(row, column - 1) for row, column in enumerate(board) if column]
    for _ in range(2):
        queens = [(row, side - 1 - column) for row, column in queens]
        for _ in range(4):
            queens = [(column, side - 1 - row) for row, column in queens]
            columns = dict(queens)
            found.append([columns.get(row, -1) + 1 for row in range(side)])
    return found


def test_all_finished_boards_are_listed_once():
    for task, wanted, count in (
        (TASKS["sudoku"], sudoku_grids(), 288),
        (TASKS["queens"], queens_boards([0] * 8), 92),
        (Queens(side=6), queens_boards([0] * 6), 4),
    ):
        assert rows(task.finished) == wanted
        assert len(task.finished) == len(wanted) == count
        assert (task.cells, task.symbols) == (task.finished.shape[1], int(task.finished.max()) + 1)
        assert isinstance(task, Task)


def test_kinds_are_those_of_the_symmetries():
    queens = TASKS["queens"]
    kinds = {frozenset(map(tuple, symmetric(board))) for board in queens.finished.tolist()}
    assert len(kinds) == len(rows(queens.canonical(queens.finished))) == 12
    sudoku = TASKS["sudoku"]
    assert rows(sudoku.canonical(sudoku.finished)) == {
        tuple(relabeled(one)) for one in sudoku.finished.tolist()
    }
    classes = {
        split: {
            tuple(relabeled(one))
            for one, own in zip(sudoku.finished.tolist(), sudoku.kinds, strict=True)
            if own == split
        }
        for split in SPLITS
    }
    assert {split: len(found) for split, found in classes.items()} == {"train": 7, "validation": 1, "test": 4}
    of_kind = {split: {kind for kind, own in numbered(queens) if own == split} for split in SPLITS}
    assert sum(map(len, of_kind.values())) == len(set().union(*of_kind.values())) == 12
    assert min(map(len, of_kind.values())) >= 1


def numbered(task):
    return zip(map(tuple, task.canonical(task.finished).tolist()), task.kinds, strict=True)


@both
def test_splits_share_no_kind_and_no_input(name):
    for task in (TASKS[name], MASKS[name]):
        drawn = {split: task.pool(400, GIVENS[name], split, generator()) for split in SPLITS}
        inputs = {split: rows(task.canonical(batch.inputs)) for split, batch in drawn.items()}
        for split, batch in drawn.items():
            others = set().union(*(inputs[other] for other in SPLITS if other != split))
            assert not inputs[split] & others
            assert task.verify(batch.inputs, batch.targets).all()
            kinds = {task.kinds[number] for number in task.number(batch.targets)}
            assert kinds == ({split} if task.split_by == "kinds" else set(SPLITS))


@both
@given(seed=seeds)
def test_a_form_of_an_input_has_the_same_canonical_form(name, seed):
    task = TASKS[name]
    (board,) = task.pool(1, GIVENS[name], "train", generator(seed)).inputs.tolist()
    if name == "sudoku":
        forms = [[(0, *new)[digit] for digit in board] for new in permutations(range(1, 5))]
    else:
        forms = symmetric(board)
    found = rows(task.canonical(torch.tensor(forms)))
    assert len(found) == 1
    assert found <= set(map(tuple, forms))
    other = [*board]
    other[next(cell for cell, symbol in enumerate(board) if symbol)] = 0
    assert rows(task.canonical(torch.tensor([other]))) != found
