"""Colorings of the map: all of them and no other, kinds closed under renaming, inputs and their solutions."""

from itertools import permutations, product

import pytest
import torch
from completed import generator, rows
from hypothesis import given
from hypothesis import strategies as st

from recurse_lab.tasks.base import SPLITS, Task
from recurse_lab.tasks.map_coloring import BORDERS, COLORS, REGIONS, MapColoring

TASK = MapColoring()
GIVENS = (1, 5)
RENAMINGS = torch.tensor([(0, *new) for new in permutations(range(1, COLORS + 1))])
# drawn by hand: the middle, then north, east, south and west of the inner ring, then of the outer ring
NEIGHBORS = {
    0: {1, 2, 3, 4},
    1: {0, 2, 4, 5},
    2: {0, 1, 3, 6},
    3: {0, 2, 4, 7},
    4: {0, 1, 3, 8},
    5: {1, 6, 8},
    6: {2, 5, 7},
    7: {3, 6, 8},
    8: {4, 5, 7},
}


def proper(coloring):
    return all(coloring[one] != coloring[other] for one, near in NEIGHBORS.items() for other in near)


def test_all_proper_colorings_are_listed_once():
    wanted = {one for one in product(range(1, COLORS + 1), repeat=REGIONS) if proper(one)}
    assert rows(TASK.finished) == wanted
    assert len(TASK.finished) == len(wanted) == 2376
    assert (TASK.cells, TASK.symbols, TASK.classes) == (9, 5, 5)
    assert isinstance(TASK, Task)


def test_borders_and_relations_are_those_of_the_map():
    assert {frozenset(pair) for pair in BORDERS} == {
        frozenset((one, other)) for one, near in NEIGHBORS.items() for other in near
    }
    assert len(BORDERS) == len({frozenset(pair) for pair in BORDERS}) == 16
    same, near = TASK.relations()
    assert torch.equal(same, torch.eye(9))
    assert {region: set(near[region].nonzero()[:, 0].tolist()) for region in range(9)} == NEIGHBORS
    assert torch.equal(near.unique(), torch.tensor([0.0, 1.0]))


def test_kinds_and_splits_are_closed_under_renaming():
    canonical = TASK.canonical(TASK.finished)
    assert len(rows(canonical)) == 99  # 2376 / 24: no coloring uses fewer than three colors
    assert min(TASK.kinds.count(split) for split in SPLITS) > 24
    split_of = dict(zip(map(tuple, TASK.finished.tolist()), TASK.kinds, strict=True))
    for new in RENAMINGS:
        renamed = new[TASK.finished]
        assert torch.equal(TASK.canonical(renamed), canonical)
        assert [split_of[tuple(one)] for one in renamed.tolist()] == TASK.kinds


@given(seed=st.integers(0, 2**31))
def test_renamed_inputs_have_one_canonical_form_which_is_one_of_them(seed):
    (board,) = TASK.pool(1, GIVENS, "train", generator(seed)).inputs
    forms = RENAMINGS[:, board]
    (found,) = rows(TASK.canonical(forms))
    assert found in rows(forms)
    assert [color for color in dict.fromkeys(found) if color] == list(range(1, 1 + len({*found} - {0})))


def test_a_pool_is_of_its_split_with_right_targets_and_all_its_solutions():
    drawn = {split: TASK.pool(300, GIVENS, split, generator()) for split in SPLITS}
    seen = {split: rows(TASK.canonical(batch.inputs)) for split, batch in drawn.items()}
    assert sum(map(len, seen.values())) == len(set().union(*seen.values()))
    for split, (inputs, targets) in drawn.items():
        assert {TASK.kinds[number] for number in TASK.number(targets).tolist()} == {split}
        assert TASK.verify(inputs, targets).all()
        assert set((inputs > 0).sum(1).tolist()) == set(range(GIVENS[0], GIVENS[1] + 1))
    inputs, _ = TASK.pool(40, (5, 7), "test", generator(), (2, 5))
    for board, found in zip(inputs.tolist(), TASK.solutions(inputs), strict=True):
        free = [range(1, COLORS + 1) if not color else (color,) for color in board]
        wanted = {one for one in product(*free) if proper(one)}
        assert rows(TASK.finished[found]) == wanted
        assert 2 <= len(wanted) <= 5


def test_wrong_answers_are_refused():
    blank = torch.zeros_like(TASK.finished)
    assert TASK.verify(blank, TASK.finished).all()
    alike = TASK.finished.clone()
    alike[:, 8] = alike[:, 4]
    assert not TASK.verify(blank, alike).any()
    moved = TASK.finished % COLORS + 1  # another coloring than the one that is given
    assert not TASK.verify(TASK.finished, moved).any()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: TASK.solutions(torch.zeros(1, 16, dtype=torch.int64)), r"shape \(B, 9\), not \(1, 16\)"),
        (lambda: TASK.number(torch.full((1, 9), 5)), "symbols from 1 to 4 only"),
        (lambda: TASK.sample(1, 10, "train", generator()), "givens from 0 to 9"),
    ],
)
def test_what_cannot_be_is_one_line(call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
