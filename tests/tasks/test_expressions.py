"""Expressions: answers are those of a recursive interpreter, trees have their depth, splits share no expression."""

import pytest
import torch
from torch import Generator

from recurse_lab.tasks.base import SPLITS, Task, fold
from recurse_lab.tasks.expression_trees import depth_of, subtrees, written
from recurse_lab.tasks.expressions import Expressions
from recurse_lab.tasks.full_trees import PADDING, drawn_shape, in_prefix_order, prefix_places
from recurse_lab.tasks.judging import IGNORE

TASK = Expressions(seed=3)


def drawn(task=TASK, seed=0, count=64, size=3, split="train"):
    return task.sample(count, size, split, Generator().manual_seed(seed))


def by_hand(text, tables):
    """The value of an expression in writing: the innermost pair of parentheses first, again and again."""
    while "(" in text:
        end = text.index(")")
        begin = text.rindex("(", 0, end)
        operator, left, right = text[begin + 1 : end].split()
        text = f"{text[:begin]}{tables[ord(operator) - 97][int(left)][int(right)]}{text[end + 1 :]}"
    return int(text)


@pytest.mark.parametrize("size", range(1, 7))
def test_values_are_those_of_two_interpreters(size):
    batch = drawn(size=size, count=16, split="train" if size == 1 else "test")
    for cells, targets in zip(batch.inputs, batch.targets.tolist(), strict=True):
        tree = TASK.tree_of(cells)
        values = [TASK.evaluate(part) for part in subtrees(tree)]
        assert values == [by_hand(written(part), TASK.tables.tolist()) for part in subtrees(tree)]
        assert targets == values + [IGNORE] * (len(targets) - len(values))
        assert depth_of(tree) == size == TASK.size_of(cells[None])
        assert TASK.parse(written(tree)) == tree


def test_cells_come_back_as_trees_and_padding_is_marked():
    batch = drawn()
    again = TASK.encoded([TASK.tree_of(cells) for cells in batch.inputs])
    assert torch.equal(again.inputs, batch.inputs)
    assert torch.equal(again.targets, batch.targets)
    padding = batch.inputs[..., 2] == PADDING
    assert torch.equal(padding, batch.targets == IGNORE)
    assert (batch.inputs[..., 0][padding] == TASK.symbols - 1).all()
    assert 0 < padding.float().mean() < 0.5


def test_prefix_order_of_a_small_tree():
    assert prefix_places(7).tolist() == [0, 1, 3, 4, 2, 5, 6]
    full = torch.tensor([[9, 1, 8, -1, -1, 2, 3], [9, 8, 4, 5, 6, -1, -1]])
    found = in_prefix_order(full, 12)
    assert found[0].tolist() == [[9, 0, 0], [1, 0, 1], [8, 0, 2], [2, 2, 1], [3, 2, 2]]
    assert found[1].tolist() == [[9, 0, 0], [8, 0, 1], [5, 1, 1], [6, 1, 2], [4, 0, 2]]
    assert [TASK.tree_of(cells) for cells in found] == [(1, 1, (0, 2, 3)), (1, (0, 5, 6), 4)]


def test_shapes_have_every_depth_of_the_short_argument():
    shape = drawn_shape(4000, 3, Generator().manual_seed(0))
    inner = (shape == 1).sum(1)
    assert (inner.min(), inner.max()) == (3, 7)
    alone = ((shape[:, 1:3] == 0).any(1)).float().mean()
    assert alone == pytest.approx(1 / 3, abs=0.03)  # the other argument has 0, 1 or 2 levels


def test_splits_share_no_expression_and_padding_changes_no_split():
    small = Expressions(values=2, operators=1)
    drawn_of = {
        split: {
            written(small.tree_of(cells)) for cells in drawn(small, size=2, count=500, split=split).inputs
        }
        for split in SPLITS
    }
    assert not drawn_of["train"] & drawn_of["test"]
    assert not drawn_of["train"] & drawn_of["validation"]
    assert not drawn_of["test"] & drawn_of["validation"]
    assert sum(map(len, drawn_of.values())) == 32  # all there are
    tables = {written(TASK.tree_of(cells)) for cells in drawn(size=1, count=4000).inputs}
    assert len(tables) == 256  # all in training
    few, many = drawn(count=2, size=3, split="test"), drawn(count=200, size=3, split="test")
    assert few.inputs.shape[1] < many.inputs.shape[1] == 15
    other = drawn(Expressions(seed=3, tokens_only=True), count=200, split="test")
    assert torch.equal(other.inputs, many.inputs[..., 0])


def test_each_seed_has_its_own_tables_and_options_hide_what_they_say():
    assert isinstance(TASK, Task)
    assert not torch.equal(TASK.tables, Expressions(seed=4).tables)
    batch = drawn(Expressions(seed=3, root_only=True))
    assert torch.equal(batch.targets[:, 0], drawn().targets[:, 0])
    assert (batch.targets[:, 1:] == IGNORE).all()
    assert TASK.verify(*drawn()).all()
    wrong = drawn().targets.clone()
    wrong[:, 2] = (wrong[:, 2] + 1) % 8
    assert not TASK.verify(drawn().inputs, wrong).any()
    assert fold(TASK.tables).shape == (4,)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "expression must be a value or .operator left right., not empty"),
        ("(a 1", "an operator must have two arguments; 'the end' comes too early"),
        ("(a 1)", r"an operator must have two arguments; '\)' comes too early"),
        ("(a 1 2", r"an operator must have two arguments and then '\)', not 'the end'"),
        ("(a 1 2 3)", r"an operator must have two arguments and then '\)', not '3'"),
        ("(a 1 2) 3", "expression must end after its last parenthesis; '3' is left over"),
        ("(e 1 2)", "operator must be one of a, b, c, d, not 'e'"),
        ("(", "operator must be one of a, b, c, d, not 'the end'"),
        ("(a 1 8)", "value must be from 0 to 7, not '8'"),
        ("a", "value must be from 0 to 7, not 'a'"),
        ("(a " * 9 + "0" + " 0)" * 9, "expression must have a depth of at most 8, not 9"),
    ],
)
def test_expressions_that_do_not_parse_are_one_line(text, line):
    with pytest.raises(ValueError, match=rf"\A{line}\Z"):
        TASK.parse(text)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (lambda: Expressions(values=1), "values must be 2 or more and operators 1 or more, not 1 and 4"),
        (lambda: drawn(size=9), "size must be a depth from 1 to 8 in the train split, not 9"),
        (lambda: drawn(size=1, split="test"), "size must be a depth from 2 to 8 in the test split, not 1"),
        (lambda: Expressions(tokens_only=True).verify(*drawn()), "inputs must hold parents and sides"),
    ],
)
def test_bad_numbers_are_one_line(wrong, line):
    with pytest.raises(ValueError, match=line):
        wrong()
