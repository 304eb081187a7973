"""Dynamic programs on lists and trees: answers are those of a search over all choices, splits share no problem."""

from collections import Counter
from itertools import product

import pytest
import torch
from torch import Generator

from recurse_lab.tasks.base import SPLITS, Task, in_split
from recurse_lab.tasks.dynamic_program import Program, forbidden
from recurse_lab.tasks.tree_program import TreeProgram, depths, levels

TASKS = {"list": Program(), "signed": Program(-5, 5), "tree": TreeProgram()}
all_tasks = pytest.mark.parametrize("name", TASKS)


def drawn(name, seed=0, count=64, size=7, split="train", **options):
    return TASKS[name].sample(count, size, split, Generator().manual_seed(seed), **options)


def best(numbers, edges, first):
    """The best choice of nodes without an edge between them; of equal ones, the `first` in order."""
    allowed = [
        chosen
        for chosen in product((1, 0), repeat=len(numbers))
        if not any(chosen[a] and chosen[b] for a, b in edges)
    ]
    total = [sum(x for x, taken in zip(numbers, chosen, strict=True) if taken) for chosen in allowed]
    return first(chosen for chosen, value in zip(allowed, total, strict=True) if value == max(total))


@pytest.mark.parametrize("name", ["list", "signed"])
def test_taken_items_are_the_first_of_all_best_subsequences(name):
    batch, task = drawn(name, count=80), TASKS[name]
    edges = [(item, item + 1) for item in range(6)]
    for items, taken in zip((batch.inputs + task.low).tolist(), batch.targets[:, 0].tolist(), strict=True):
        assert tuple(taken) == best(items, edges, max)  # 1 = take comes first


def test_taken_nodes_are_the_last_of_all_best_sets():
    batch = drawn("tree", count=80)
    for nodes, taken in zip(batch.inputs.tolist(), batch.targets[:, 0].tolist(), strict=True):
        edges = [(parent, node) for node, (_, parent, _) in enumerate(nodes) if node]
        assert tuple(taken) == best([symbol + 1 for symbol, *_ in nodes], edges, min)  # skip comes first


@all_tasks
def test_gains_are_what_a_part_adds_to_the_best_without_its_first(name):
    task, batch = TASKS[name], drawn(name, count=20)
    if name != "tree":
        for items, gains in zip(
            (batch.inputs + task.low).tolist(), batch.targets[:, 1].tolist(), strict=True
        ):
            sums = [value(items[first:]) for first in range(8)]
            assert gains == [sums[first] - sums[first + 1] for first in range(7)]
    else:
        for nodes, (taken, gains) in zip(batch.inputs.tolist(), batch.targets.tolist(), strict=True):
            assert sum((node[0] + 1) * one for node, one in zip(nodes, taken, strict=True)) == sum(gains)
    assert batch.targets[:, 1].max() < task.classes
    assert batch.targets[:, 1].min() >= 0


def value(items):
    return sum(
        x * taken
        for x, taken in zip(items, best(items, [(i, i + 1) for i in range(len(items) - 1)], max), strict=True)
    )


@all_tasks
def test_the_verifier_takes_the_exact_answers_alone(name):
    task, batch = TASKS[name], drawn(name, count=6)
    assert isinstance(task, Task)
    assert task.verify(*batch).all()
    assert task.size_of(batch.inputs) == 7
    for question, cell in product(range(2), range(7)):
        wrong = batch.targets.clone()
        wrong[:, question, cell] = 1 - wrong[:, question, cell]
        assert not task.verify(batch.inputs, wrong).any()
    one = type(task)(questions=1)
    assert torch.equal(one.solve(batch.inputs), task.solve(batch.inputs)[:, 0]) or name == "signed"


@all_tasks
def test_splits_share_no_problem(name):
    rows = {
        split: set(map(str, drawn(name, split=split, count=400, size=4).inputs.tolist())) for split in SPLITS
    }
    assert sum(map(len, rows.values())) == len(set.union(*rows.values()))
    assert all(in_split(drawn(name, split=split).inputs, split).all() for split in SPLITS)
    assert torch.equal(drawn(name, 3).inputs, drawn(name, 3).inputs)
    assert not torch.equal(drawn(name, 3).inputs, drawn(name, 4).inputs)


def test_forbidden_triples_are_in_novel_lists_alone():
    assert [len(forbidden(symbols)) for symbols in (5, 11)] == [6, 67]
    triples = {
        tuple(row) for row in drawn("list", count=4000, size=6).inputs.unfold(1, 3, 1).flatten(0, 1).tolist()
    }
    codes = {a * 25 + b * 5 + c for a, b, c in triples}
    assert codes == set(range(125)) - set(forbidden(5).tolist())
    novel = drawn("list", split="test", novel=True).inputs.unfold(1, 3, 1) @ torch.tensor([25, 5, 1])
    assert torch.isin(novel, forbidden(5)).any(1).all()
    hard = Program(least=3)
    assert hard.sample(64, 16, "test", Generator().manual_seed(0)).inputs.unique().tolist() == [2, 3, 4]


def test_trees_are_in_preorder_and_every_shape_is_as_likely_as_any_other():
    symbol, parent, side = drawn("tree", count=6000, size=9).inputs.unbind(2)
    nodes = torch.arange(9)
    assert (parent[:, 1:] < nodes[1:]).all()
    assert (parent[:, 0] == 0).all()
    assert (symbol.unique() == torch.arange(5)).all()
    assert torch.equal((side == 0), (nodes == 0).expand_as(side))
    for row, sides in zip(parent[:200].tolist(), side[:200].tolist(), strict=True):
        assert len(set(zip(row[1:], sides[1:], strict=True))) == 8  # no two nodes in one place
        assert all(above in chain(row, node - 1) for node, above in enumerate(row) if node)  # preorder
    shapes = Counter(str(row) for row in drawn("tree", count=14_000, size=4).inputs[..., 1:].tolist())
    assert len(shapes) == 14  # the number of binary trees of four nodes
    assert all(abs(number / 14_000 - 1 / 14) < 0.01 for number in shapes.values())


def chain(parents, node):
    """A node and all nodes above it."""
    return [node] if node == 0 else [node, *chain(parents, parents[node])]


def test_levels_and_depths_of_a_tree_drawn_by_hand():
    parent, side = [0, 0, 1, 2, 0], [0, 1, 2, 1, 2]  # a chain of three on the left, a leaf on the right
    tree = torch.tensor([[[0, *place] for place in zip(parent, side, strict=True)]])
    assert levels(tree).tolist() == [[3, 2, 1, 0, 0]]
    assert depths(tree).tolist() == [[0, 1, 2, 3, 1]]


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (lambda: Program(1, 0), "high must be 1 or more and above low, not 0 with low 1"),
        (lambda: Program(least=6), "least must be from 1 to 5, not 6"),
        (lambda: Program(questions=3), "questions must be 1 or 2, not 3"),
        (lambda: TreeProgram(0), "high must be 1 or more, not 0"),
        (lambda: TreeProgram(questions=0), "questions must be 1 or 2, not 0"),
        (lambda: drawn("list", size=0), "size must be 1 or more, not 0"),
        (lambda: drawn("list", size=2, novel=True), "size must be 3 or more, not 2"),
        (lambda: drawn("tree", size=0), "size must be 1 node or more, not 0"),
    ],
)
def test_bad_numbers_are_one_line(wrong, line):
    with pytest.raises(ValueError, match=f"^{line}$"):
        wrong()
