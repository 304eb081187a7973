"""Prefix products: the table is a group, answers are those of permutations applied in turn, splits are disjoint."""

from itertools import permutations, product

import pytest
import torch
from torch import Generator

from recurse_lab.tasks.base import SPLITS, Task, in_split
from recurse_lab.tasks.group_products import GroupProducts, elements, table


def drawn(seed=0, count=64, size=8, split="train", points=3):
    return GroupProducts(points).sample(count, size, split, Generator().manual_seed(seed))


@pytest.mark.parametrize(("points", "order", "commutes"), [(2, 2, True), (3, 6, False), (4, 24, False)])
def test_the_table_is_that_of_a_group(points, order, commutes):
    times, everything = table(points), torch.arange(order)
    assert times.shape == (order, order)
    assert torch.equal(times[0], everything)
    assert torch.equal(times[:, 0], everything)
    assert all(torch.equal(row.sort().values, everything) for row in (*times, *times.T))
    assert torch.equal(times[times][:, :, :], times[:, times])  # (a b) c = a (b c)
    assert torch.equal(times, times.T) == commutes


def test_answers_are_permutations_applied_one_after_the_other():
    batch = drawn(points=4)
    for row, answers in zip(batch.inputs[:16].tolist(), batch.targets[:16].tolist(), strict=True):
        places = list(range(4))
        for number, answer in zip(row, answers, strict=True):
            places = [elements(4)[number][place] for place in places]
            assert elements(4)[answer] == tuple(places)
    assert elements(3) == tuple(permutations(range(3)))


def test_the_verifier_takes_the_exact_answers_alone():
    rows = torch.tensor(list(product(range(6), repeat=2)))
    task, right = GroupProducts(), GroupProducts().solve(rows)
    assert task.verify(rows, right).all()
    for answers in product(range(-1, 7), repeat=2):
        given = torch.tensor(answers).expand_as(rows)
        assert torch.equal(task.verify(rows, given), (given == right).all(1))


def test_splits_share_no_row_and_seeds_draw_different_rows():
    assert isinstance(GroupProducts(), Task)
    rows = {split: set(map(tuple, drawn(split=split, size=5).inputs.tolist())) for split in SPLITS}
    assert (
        not rows["train"] & rows["test"]
        | rows["train"] & rows["validation"]
        | rows["validation"] & rows["test"]
    )
    assert all(in_split(drawn(split=split).inputs, split).all() for split in SPLITS)
    assert torch.equal(drawn(3).inputs, drawn(3).inputs)
    assert not torch.equal(drawn(3).inputs, drawn(4).inputs)


def test_every_element_and_product_is_as_frequent_as_any_other():
    batch = drawn(count=6000, size=6)
    for numbers in (batch.inputs, batch.targets[:, -1]):
        shares = torch.bincount(numbers.flatten(), minlength=6) / numbers.numel()
        assert (shares - 1 / 6).abs().max() < 0.02


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (lambda: GroupProducts(1), "points must be from 2 to 5, not 1"),
        (lambda: GroupProducts(6), "points must be from 2 to 5, not 6"),
        (lambda: drawn(size=0), "size must be 1 element or more, not 0"),
        (lambda: drawn(count=0), "count must be 1 problem or more, not 0"),
    ],
)
def test_bad_numbers_are_one_line(wrong, line):
    with pytest.raises(ValueError, match=line):
        wrong()
