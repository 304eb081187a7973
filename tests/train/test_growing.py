"""The curriculum by number of batches: sizes open one after the other, and stay open."""

from collections import Counter

import pytest
import torch

from recurse_lab.tasks.prefix_sums import PrefixSums
from recurse_lab.train.growing import Growing


def source(draws, sizes=(8, 9, 10)):
    return Growing(PrefixSums(), 4, sizes, torch.Generator().manual_seed(0), draws)


def test_sizes_open_one_after_the_other():
    growing, opened, drawn = source(10), [], []
    for _ in range(30):
        opened.append(len(growing.open))
        drawn.append(growing.draw().inputs.shape[1])
        growing.observe(0.0)
    assert opened == [1] * 5 + [2] * 5 + [3] * 20
    assert set(drawn[:5]) == {8}
    assert all(size <= 7 + most for size, most in zip(drawn, opened, strict=True))
    assert set(drawn) == {8, 9, 10}


def test_without_growing_sizes_are_drawn_in_proportion():
    growing = source(0, sizes=(8, 16))
    shares = Counter(growing.draw().inputs.shape[1] for _ in range(600))
    assert shares[16] / 600 == pytest.approx(2 / 3, abs=0.06)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (lambda: source(-1), "draws must be 0 or more, not -1"),
        (lambda: source(3, sizes=()), "sizes must be one or more numbers from 1 on"),
    ],
)
def test_bad_numbers_are_one_line(wrong, line):
    with pytest.raises(ValueError, match=line):
        wrong()
