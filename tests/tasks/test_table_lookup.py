"""Table lookup: answers are those of functions applied one by one, held-out triples and splits stay apart."""

import pytest
import torch
from torch import Generator

from recurse_lab.tasks.base import SPLITS, Task
from recurse_lab.tasks.judging import IGNORE
from recurse_lab.tasks.table_lookup import TableLookup

TASK = TableLookup()


def drawn(task=TASK, seed=0, count=64, size=4, split="train"):
    return task.sample(count, size, split, Generator().manual_seed(seed))


def unchecked(**words):
    """A task with values that bypass the check of annotations, to see its own error."""
    task = TableLookup()
    vars(task).update(words)
    task.__post_init__()


@pytest.mark.parametrize("order", ["forward", "backward"])
def test_answers_are_functions_applied_in_turn(order):
    task = TableLookup(seed=5, order=order)
    batch = drawn(task)
    tables = [dict(enumerate(row)) for row in task.tables.tolist()]
    assert all(sorted(table.values()) == list(range(8)) for table in tables)
    for row, targets in zip(batch.inputs.tolist(), batch.targets.tolist(), strict=True):
        value, *functions = row if order == "forward" else row[::-1]
        for function in functions:
            value = tables[function - 8][value]
        assert targets == [IGNORE] * 4 + [value]
    assert task.size_of(batch.inputs) == 4
    assert task.said([3, 8, 13]) == "3 a f"


def test_the_verifier_looks_at_the_last_cell_alone():
    task, batch = TableLookup(), drawn()
    for answer in range(-1, 9):
        given = torch.full_like(batch.inputs, answer)
        assert torch.equal(task.verify(batch.inputs, given), batch.targets[:, -1] == answer)


def test_triples_held_out_are_never_in_training_and_common_in_tests():
    task = TableLookup()
    assert task.novel.sum() == 17  # 8 % of 216
    assert not task.has_novel(drawn(count=4000, size=5).inputs).any()
    assert not task.has_novel(drawn(size=2, split="test").inputs).any()
    share = task.has_novel(drawn(count=2000, size=5, split="test").inputs).float().mean()
    assert share == pytest.approx(1 - (1 - 17 / 216) ** 3, abs=0.06)


def test_splits_share_no_row_in_either_order():
    rows = {}
    for split in SPLITS:
        forward, backward = (
            drawn(TableLookup(order=order), split=split, size=2, count=500).inputs
            for order in ("forward", "backward")
        )
        assert torch.equal(forward, backward.flip(1))
        rows[split] = set(map(tuple, forward.tolist()))
    assert not rows["train"] & rows["test"] | rows["train"] & rows["validation"]
    assert not rows["validation"] & rows["test"]
    assert len(rows["train"] | rows["validation"] | rows["test"]) > 250  # of 288


def test_each_seed_has_its_own_tables():
    assert isinstance(TableLookup(), Task)
    assert not torch.equal(TableLookup(seed=1).tables, TableLookup(seed=2).tables)
    assert not torch.equal(TableLookup(seed=1).novel, TableLookup(seed=2).novel)
    assert len(drawn(size=1, count=2000).inputs.unique(dim=0)) == 48  # all tables are in training


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (lambda: TableLookup(values=1), "values and functions must be 2 or more, not 1 and 6"),
        (lambda: unchecked(order="up"), "order must be 'forward' or 'backward', not 'up'"),
        (lambda: TableLookup(held_out=1.0), "held_out must be from 0 to below 1, not 1.0"),
        (lambda: drawn(size=0), "size must be 1 or more functions in the train split, not 0"),
        (lambda: drawn(size=1, split="test"), "size must be 2 or more functions in the test split, not 1"),
    ],
)
def test_bad_numbers_are_one_line(wrong, line):
    with pytest.raises(ValueError, match=line):
        wrong()
