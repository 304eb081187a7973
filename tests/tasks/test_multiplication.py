"""Multiplication: digits are those of Python's products, factors come back, and splits share no pair."""

import pytest
import torch
from torch import Generator

from recurse_lab.tasks.base import IGNORE, SPLITS, Task
from recurse_lab.tasks.multiplication import BLANK, TIMES, Multiplication


def drawn(task, split="train", count=200, seed=0):
    return task.sample(count, task.first + task.second, split, Generator().manual_seed(seed))


@pytest.mark.parametrize("task", [Multiplication(), Multiplication(3, 2, False), Multiplication(1, 1)])
def test_digits_are_those_of_the_product(task):
    assert isinstance(task, Task)
    batch = drawn(task)
    size = task.size_of(batch.inputs)
    for row, target in zip(batch.inputs.tolist(), batch.targets.tolist(), strict=True):
        a, b = row[: task.first], row[task.first + 1 : task.first + 1 + task.second]
        product = int("".join(map(str, a))) * int("".join(map(str, b)))
        digits = [int(digit) for digit in str(product).zfill(size)]
        assert target[-size:] == (digits[::-1] if task.reversed else digits)
        assert target[:-size] == [IGNORE] * (size + 1)
        assert row[task.first] == TIMES
        assert row[-size:] == [BLANK] * size
        assert min(a[0], b[0]) > 0
    assert task.verify(*batch).all()
    wrong = batch.targets.clone()
    wrong[:, -1] = (wrong[:, -1] + 1) % 10
    assert not task.verify(batch.inputs, wrong).any()


def test_splits_share_no_pair_in_either_order():
    task = Multiplication()
    pairs = {
        split: {tuple(sorted(pair)) for pair in task.factors(drawn(task, split, 3000).inputs).tolist()}
        for split in SPLITS
    }
    assert sum(map(len, pairs.values())) == len(set.union(*pairs.values()))
    assert torch.equal(drawn(task, seed=1).inputs, drawn(task, seed=1).inputs)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (
            lambda: Multiplication(0, 2),
            "factors must have 1 digit or more and together at most 9, not 0 and 2",
        ),
        (
            lambda: Multiplication(5, 5),
            "factors must have 1 digit or more and together at most 9, not 5 and 5",
        ),
        (lambda: Multiplication().sample(1, 3, "train", Generator()), "size must be 4, .* not 3"),
    ],
)
def test_bad_numbers_are_one_line(wrong, line):
    with pytest.raises(ValueError, match=f"^{line}$"):
        wrong()
