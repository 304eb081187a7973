"""What is right and lost, for classes and for numbers, by hand; and which problems a test draws."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from recurse_lab.tasks.base import own_seed
from recurse_lab.tasks.judging import CLASSES, IGNORE, Judge, Numbers, wholly
from recurse_lab.tasks.mazes import Mazes
from recurse_lab.tasks.prefix_sums import PrefixSums
from recurse_lab.tasks.sudoku import Sudoku

NAN = float("nan")


@pytest.mark.parametrize("task", [PrefixSums(), Mazes(), Sudoku(4), CLASSES, Numbers()])
def test_every_task_judges(task):
    assert isinstance(task, Judge)


def test_classes_by_hand():
    logits = torch.tensor([[[2.0, 0.0], [0.0, 1.0], [3.0, 0.0]], [[0.0, 1.0], [1.0, 0.0], [0.0, 2.0]]])
    targets = torch.tensor([[0, 0, IGNORE], [1, 0, 1]])
    assert CLASSES.answer(logits).tolist() == [[0, 1, 0], [1, 0, 1]]
    assert CLASSES.right(logits, targets).tolist() == [[True, False, True], [True, True, True]]
    assert wholly(CLASSES.right(logits, targets)).tolist() == [False, True]
    assert CLASSES.counts(targets).tolist() == [[True, True, False], [True, True, True]]
    assert CLASSES.confidence(logits)[0, 0].item() == pytest.approx(1 / (1 + math.exp(-2)))
    log_p = [-math.log(1 + math.exp(-gap)) for gap in (2, -1, 1, 1, 2)]
    assert CLASSES.loss(logits, targets).item() == pytest.approx(-sum(log_p) / 5)
    assert CLASSES.asked(targets, 7) is targets


def test_the_movement_of_classes_is_a_divergence():
    before, after = torch.zeros(2, 3, 2), torch.zeros(2, 3, 2)
    after[1, 0, 0] = math.log(3)  # p = (3/4, 1/4) after (1/2, 1/2), in one cell of three
    moved = CLASSES.moved(after, before)
    assert moved[0] == 0
    assert moved[1].item() == pytest.approx((0.75 * math.log(1.5) + 0.25 * math.log(0.5)) / 3)


def test_numbers_by_hand():
    task = Numbers(tolerance=0.1)
    outputs, targets = torch.tensor([[10.0, 1.0], [5.0, 0.0]]), torch.tensor([[10.9, 1.2], [NAN, 0.0]])
    assert task.right(outputs, targets).tolist() == [[True, False], [True, True]]
    assert task.counts(targets).tolist() == [[True, True], [False, True]]
    assert task.loss(outputs, targets).item() == pytest.approx((0.81 + 0.04 + 0) / 3, rel=1e-5)
    assert Numbers(tolerance=0.1, relative=False).right(outputs, targets).tolist()[0] == [False, False]
    assert task.answer(outputs) is outputs
    assert task.confidence(outputs).isnan().all()
    assert task.moved(outputs, torch.zeros_like(outputs)).tolist() == [1.0, 1.0]


def test_numbers_may_have_another_target_for_every_step():
    task, targets = Numbers(every_step=True), torch.arange(12.0).view(2, 3, 2)
    assert task.asked(targets, 2).tolist() == [[4.0, 5.0], [10.0, 11.0]]
    assert Numbers().asked(targets, 2) is targets
    for step in (-1, 3):
        with pytest.raises(ValueError, match=rf"targets for steps 0 to 2, not for step {step}$"):
            task.asked(targets, step)


@given(base=st.integers(0, 10**6), seeds=st.lists(st.integers(0, 10**4), min_size=2, unique=True))
def test_each_seed_may_draw_its_own_test(base, seeds):
    assert {own_seed(base, seed, own=False) for seed in seeds} == {base}
    drawn = {own_seed(base, seed, own=True) for seed in seeds}
    assert len(drawn) == len(seeds)
    assert base not in drawn
