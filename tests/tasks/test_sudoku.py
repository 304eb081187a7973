"""Another solver agrees on all puzzles; all symmetric forms of a grid share a split; grades equal those by hand."""

import random
from collections import Counter
from inspect import unwrap
from itertools import islice, product

import pytest
import torch
from constraint import AllDifferentConstraint, Problem
from hypothesis import given, settings
from hypothesis import strategies as st

from recurse_lab.tasks.base import SPLITS, Batch
from recurse_lab.tasks.sudoku import RELATIONS, Sudoku, relabeled
from recurse_lab.tasks.sudoku_rules import TECHNIQUES, Rules, dig, technique

HIGH_WIDE = {4: (2, 2), 6: (2, 3), 9: (3, 3)}
HARD = {4: (4, 6), 6: (8, 11), 9: (26, 30)}
all_sides = pytest.mark.parametrize("side", HIGH_WIDE)
seeds = st.integers(0, 2**31)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def board(text):
    return [int(digit) for digit in text.replace(" ", "")]


def grid(side, seed):
    (found,) = Rules(side).solutions([0] * side**2, 1, random.Random(seed))
    return found


def units(side):
    """Rows, columns and boxes, from the cells' coordinates alone."""
    high, wide = HIGH_WIDE[side]
    rows = [[(r, c) for c in range(side)] for r in range(side)]
    columns = [[(r, c) for r in range(side)] for c in range(side)]
    corners = product(range(0, side, high), range(0, side, wide))
    boxes = [[(r + i, c + j) for i in range(high) for j in range(wide)] for r, c in corners]
    return [[side * r + c for r, c in unit] for unit in (*rows, *columns, *boxes)]


def by_constraints(side, puzzle, most=2):
    """Up to `most` solutions, found by a solver that shares no code with the one under test."""
    problem = Problem()
    for cell, digit in enumerate(puzzle):
        problem.addVariable(cell, [digit] if digit else list(range(1, side + 1)))
    for unit in units(side):
        problem.addConstraint(AllDifferentConstraint(), unit)
    found = islice(problem.getSolutionIter(), most)
    return [[solution[cell] for cell in range(side**2)] for solution in found]


# Puzzles


@all_sides
@pytest.mark.parametrize("split", SPLITS)
def test_another_solver_finds_the_target_and_nothing_else(side, split):
    count = 1 if side == 9 else 12
    inputs, targets = Sudoku(side).pool(count, HARD[side], split, generator(side))
    assert inputs.shape == targets.shape == (count, side**2)
    for puzzle, solution in zip(inputs.tolist(), targets.tolist(), strict=True):
        assert by_constraints(side, puzzle) == [solution]
    assert torch.equal(Sudoku(side).solve(inputs), targets)
    assert Sudoku(side).verify(inputs, targets).all()


@given(seed=seeds, blank=st.integers(20, 34))
def test_both_solvers_count_the_same_solutions(seed, blank):
    puzzle = grid(6, seed)
    for cell in random.Random(seed).sample(range(36), blank):
        puzzle[cell] = 0
    ours, theirs = Rules(6).solutions(puzzle, 50), by_constraints(6, puzzle, 50)
    assert len(ours) == len(theirs)
    if len(ours) < 50:
        assert sorted(ours) == sorted(theirs)


@all_sides
def test_there_are_no_other_units(side):
    assert Rules(side).units == units(side)


def test_every_4x4_grid_once_and_its_split():
    grids = Rules(4).solutions([0] * 16, 1000)
    assert len({tuple(one) for one in grids}) == len(grids) == 288
    assert all(Rules(4).is_solution(one) for one in grids)
    assert Counter(map(Sudoku(4).split_of, grids)) == {"train": 168, "validation": 24, "test": 96}


@all_sides
@settings(max_examples=6)
@given(seed=seeds, split=st.sampled_from(SPLITS), narrow=st.booleans())
def test_puzzles_keep_to_their_givens_and_split(side, seed, split, narrow):
    low, high = HARD[side]
    low = high if narrow else low
    count = 1 if side == 9 else 4
    inputs, targets = Sudoku(side).pool(count, (low, high), split, generator(seed))
    givens = (inputs > 0).sum(1)
    assert ((low <= givens) & (givens <= high)).all()
    assert {Sudoku(side).split_of(solution) for solution in targets.tolist()} == {split}


def test_the_number_of_givens_is_drawn_from_the_whole_range():
    inputs, _ = Sudoku(4).pool(200, (6, 9), "train", generator())
    counts = Counter((inputs > 0).sum(1).tolist())
    assert set(counts) == {6, 7, 8, 9}
    assert min(counts.values()) > 25


@all_sides
@settings(max_examples=5)
@given(seed=seeds, wanted=st.floats(0.0, 1.0))
def test_digging_never_passes_the_number_asked_and_leaves_one_solution(side, seed, wanted):
    solution, rules = grid(side, seed), Rules(side)
    cells, kept = side**2, list(solution)
    givens = round(wanted * cells)
    puzzle = dig(rules, solution, givens, random.Random(seed))
    left = cells - puzzle.count(0)
    assert solution == kept
    assert left >= givens
    assert all(digit in (0, right) for digit, right in zip(puzzle, solution, strict=True))
    assert by_constraints(side, puzzle) == [solution]
    if left > givens:  # no given can be removed
        for cell in [cell for cell, digit in enumerate(puzzle) if digit][:: 1 + side // 3]:
            fewer = [*puzzle[:cell], 0, *puzzle[cell + 1 :]]
            assert len(rules.solutions(fewer)) == 2


def test_the_fewest_givens_of_4x4_are_four():
    rules = Rules(4)
    left = [16 - dig(rules, grid(4, seed), 1, random.Random(seed)).count(0) for seed in range(100)]
    assert min(left) == 4
    assert max(left) < 8


@pytest.fixture
def pythons_randomness():
    """Restore Python's global random state after the test."""
    state = random.getstate()
    yield
    random.setstate(state)


@all_sides
@pytest.mark.usefixtures("pythons_randomness")
def test_the_seed_alone_decides_and_global_randomness_is_left_alone(side):
    before, drawn = torch.get_rng_state(), []
    for state, seed in ((5, 1), (6, 1), (6, 2)):
        random.seed(state)
        drawn.append(Sudoku(side).pool(1 if side == 9 else 4, HARD[side], "train", generator(seed)))
    one, same, other = drawn
    assert torch.equal(one.inputs, same.inputs)
    assert torch.equal(one.targets, same.targets)
    assert not torch.equal(one.inputs, other.inputs)
    assert torch.equal(torch.get_rng_state(), before)


# Splits


def shuffled(count, source):
    return source.sample(range(count), count)


def guise(side, solution, source):
    """The grid with its digits relabeled, and its rows and columns permuted within and between bands."""
    high, wide = HIGH_WIDE[side]
    new = [0, *(digit + 1 for digit in shuffled(side, source))]
    rows = [high * band + row for band in shuffled(side // high, source) for row in shuffled(high, source)]
    columns = [wide * band + one for band in shuffled(side // wide, source) for one in shuffled(wide, source)]
    return [new[solution[side * r + c]] for r in rows for c in columns]


def transposed(side, solution):
    return [solution[side * c + r] for r in range(side) for c in range(side)]


@all_sides
@given(seed=seeds, turn=st.booleans())
def test_no_guise_of_a_grid_has_another_kind(side, seed, turn):
    solution, task = grid(side, seed), Sudoku(side)
    other = guise(side, solution, random.Random(seed + 1))
    if turn and side != 6:  # transposing turns 2x3 boxes into 3x2
        other = transposed(side, other)
    assert task.rules.is_solution(other)
    assert task.kind(other) == task.kind(solution)
    splits = {task.split_of(solution), task.split_of(other)}
    # the two kinds of 4x4 grids are too few for three splits: train and validation share one
    assert len(splits) == 1 or (side == 4 and splits == {"train", "validation"})


@all_sides
@given(seed=seeds)
def test_relabeling_never_changes_the_split(side, seed):
    solution = grid(side, seed)
    new = [0, *(digit + 1 for digit in shuffled(side, random.Random(seed)))]
    other = [new[digit] for digit in solution]
    assert relabeled(other) == relabeled(solution)
    assert relabeled(other)[:side] == list(range(1, side + 1))
    assert Sudoku(side).split_of(other) == Sudoku(side).split_of(solution)


@pytest.mark.parametrize("side", [6, 9])
def test_kinds_are_many_and_every_split_has_its_share(side):
    task, grids = Sudoku(side), [grid(side, seed) for seed in range(40)]
    shares = Counter(map(task.split_of, grids))
    assert set(shares) == set(SPLITS)
    assert shares["train"] > 20
    kinds = {
        split: {tuple(task.kind(one)) for one in grids if task.split_of(one) == split} for split in SPLITS
    }
    assert min(map(len, kinds.values())) > 1
    assert not kinds["train"] & kinds["test"]
    assert not kinds["train"] & kinds["validation"]
    assert not kinds["validation"] & kinds["test"]


def test_4x4_is_divided_into_two_kinds():
    task, grids = Sudoku(4), Rules(4).solutions([0] * 16, 1000)
    kinds = Counter(tuple(task.kind(one)) for one in grids)
    assert sorted(kinds.values()) == [96, 192]
    tests = {tuple(task.kind(one)) for one in grids if task.split_of(one) == "test"}
    assert [kinds[kind] for kind in tests] == [96]


# Grades

FULL = board("1234 3412 2143 4321")
ONE_BLANK = board("1234 3412 2143 4320")  # the blank corner has one candidate
TWO_LINES = board("0034 0012 0043 0021")  # the digits of the left two columns can be swapped
LAST_ROW = board("1234 3412 2143 0000")  # the column of each blank cell decides it
# naked singles leave cells blank; hidden singles fill them
HIDDEN = board("003000 401050 004006 300000 000012 000030")
SEARCH = board("060002 000001 052000 300200 200030 034000")


@pytest.mark.parametrize(
    ("puzzle", "grade"),
    [
        (FULL, "naked singles"),
        (ONE_BLANK, "naked singles"),
        (LAST_ROW, "naked singles"),
        (TWO_LINES, "search"),
        (HIDDEN, "hidden singles"),
        (SEARCH, "search"),
    ],
    ids=["full", "one blank", "last row", "pairs", "hidden", "search"],
)
def test_grades_of_hand_made_boards(puzzle, grade):
    side = 4 if len(puzzle) == 16 else 6
    kept = list(puzzle)
    assert technique(Rules(side), puzzle) == grade
    assert puzzle == kept
    assert Sudoku(side).grade(torch.tensor([puzzle, puzzle])) == [grade, grade]


def singles(side, puzzle, hidden):
    """The cells left blank when no naked (or hidden) single is left, found with sets instead of bit masks."""
    puzzle, all_units = list(puzzle), units(side)
    peers = [set().union(*(unit for unit in all_units if cell in unit)) for cell in range(side**2)]
    moved = True
    while moved:
        moved = False
        options = {
            cell: set(range(1, side + 1)) - {puzzle[peer] for peer in peers[cell]}
            for cell in range(side**2)
            if not puzzle[cell]
        }
        found = [(cell, min(digits)) for cell, digits in options.items() if len(digits) == 1]
        for unit, digit in product(all_units if hidden else [], range(1, side + 1)):
            places = [cell for cell in unit if digit in options.get(cell, ())]
            found += [(places[0], digit)] if len(places) == 1 else []
        for cell, digit in found[:1]:
            puzzle[cell], moved = digit, True
    return puzzle.count(0)


@settings(max_examples=10)
@given(seed=seeds, side=st.sampled_from([4, 6]))
def test_grades_are_what_singles_leave_blank(seed, side):
    task = Sudoku(side)
    inputs, _ = task.pool(4, HARD[side], "train", generator(seed))
    for puzzle, grade in zip(inputs.tolist(), task.grade(inputs), strict=True):
        if singles(side, puzzle, hidden=False) == 0:
            assert grade == TECHNIQUES[0]
        elif singles(side, puzzle, hidden=True) == 0:
            assert grade == TECHNIQUES[1]
        else:
            assert grade == TECHNIQUES[2]


def test_a_puzzle_that_needs_search_is_not_finished_by_singles():
    assert singles(6, SEARCH, hidden=True) > 0
    assert singles(6, HIDDEN, hidden=False) > 0 == singles(6, HIDDEN, hidden=True)
    for puzzle in (SEARCH, HIDDEN):
        assert len(by_constraints(6, puzzle)) == 1
    inputs, _ = Sudoku(6).pool(60, HARD[6], "train", generator())
    grades = Sudoku(6).grade(inputs)
    assert set(grades) == set(TECHNIQUES)
    hard = [puzzle for puzzle, grade in zip(inputs.tolist(), grades, strict=True) if grade == "search"]
    assert all(singles(6, puzzle, hidden=True) > 0 for puzzle in hard)


# Augmentation and judgment of puzzles


@settings(max_examples=8)
@given(seed=seeds, side=st.sampled_from([4, 6]))
def test_augmented_puzzles_are_the_same_puzzles_with_other_digits(seed, side):
    task = Sudoku(side)
    problems = task.pool(6, HARD[side], "train", generator(seed))
    one, same = (task.augment(problems, generator(seed)) for _ in range(2))
    other = task.augment(problems, generator(seed + 1))
    assert isinstance(one, Batch)
    assert torch.equal(one.inputs, same.inputs)
    assert torch.equal(one.targets, same.targets)
    assert not torch.equal(one.targets, other.targets)
    assert torch.equal(one.inputs == 0, problems.inputs == 0)
    assert torch.equal(task.solve(one.inputs), one.targets)
    assert list(map(relabeled, one.targets.tolist())) == list(map(relabeled, problems.targets.tolist()))


def test_every_relabeling_is_as_likely_for_each_puzzle():
    solution = torch.tensor([FULL]).expand(24 * 200, 16)
    new = Sudoku(4).augment(Batch(solution, solution), generator()).targets
    counts = Counter(map(tuple, new[:, :4].tolist()))
    assert len(counts) == 24
    assert min(counts.values()) > 140
    assert max(counts.values()) < 260


def test_relations_of_4x4_and_6x6_by_hand():
    assert RELATIONS == ("same cell", "same row", "same column", "same box")
    related = [set(row.nonzero()[:, 0].tolist()) for row in Sudoku(4).relations()[:, 6]]
    assert related == [{6}, {4, 5, 6, 7}, {2, 6, 10, 14}, {2, 3, 6, 7}]
    relations = Sudoku(6).relations()
    related = [set(row.nonzero()[:, 0].tolist()) for row in relations[:, 22]]  # fourth row, fifth column
    rows, columns = {18, 19, 20, 21, 22, 23}, {4, 10, 16, 22, 28, 34}
    assert related == [{22}, rows, columns, {15, 16, 17, 21, 22, 23}]
    assert relations.dtype == torch.float32
    assert relations.sum((1, 2)).tolist() == [36, 216, 216, 216]
    assert torch.equal(relations, relations.mT)


@all_sides
def test_verify_refuses_changed_cells_and_changed_givens(side):
    task, cells = Sudoku(side), side**2
    inputs, targets = task.pool(1, HARD[side], "train", generator())
    for cell in range(cells):
        wrong = [digit for digit in range(side + 1) if digit != targets[0, cell]]
        corrupted = targets.repeat(len(wrong), 1)
        corrupted[:, cell] = torch.tensor(wrong)
        assert not task.verify(inputs.expand_as(corrupted), corrupted).any()
    # another solution grid is valid, but it does not answer this puzzle
    relabeling = task.augment(Batch(inputs, targets), generator(1)).targets
    assert task.rules.is_solution(relabeling[0].tolist())
    assert not task.verify(inputs, relabeling).any()
    assert task.verify(torch.zeros_like(inputs), relabeling).all()


# Refusals


def solve(text, side=4):
    return Sudoku(side).solve(torch.tensor([board(text)]))


def blank(*counts):
    return [torch.zeros(count, 16, dtype=torch.int64) for count in counts]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Rules(5), "side must be one of 4, 6, 9, not 5"),
        (lambda: Sudoku(8).sample(1, 20, "train", generator()), "side must be"),
        (lambda: solve("1234 3412 2143"), r"shape \(B, 16\), not \(1, 12\)"),
        (lambda: solve("5000 0000 0000 0000"), "digits from 1 to 4"),
        (lambda: Sudoku(4).grade(torch.full((1, 16), -1)), "digits from 1 to 4"),
        (lambda: solve("1001 0000 0000 0000"), "puzzle 0: digit 1 stands twice"),
        (lambda: solve("1000 0000 1000 0000"), "puzzle 0: digit 1 stands twice"),
        (lambda: solve("1000 0100 0000 0000"), "puzzle 0: digit 1 stands twice"),
        (lambda: solve("1230 0004 0000 0000"), "puzzle 0 has no solution"),
        (lambda: solve("1000 0000 0000 0000"), "puzzle 0 has several solutions"),
        (lambda: Sudoku(4).sample(1, 0, "train", generator()), "givens from 1 to 16"),
        (lambda: Sudoku(4).sample(1, 17, "train", generator()), "givens from 1 to 16"),
        (lambda: Sudoku(4).pool(1, (9, 8), "train", generator()), "givens from 1 to 16"),
        (lambda: Sudoku(4).sample(0, 8, "train", generator()), "count must be 1 or more"),
        (lambda: Sudoku(4).sample(-1, 8, "train", generator()), "count must be 1 or more"),
        (
            # without the type check that tests add
            lambda: unwrap(Sudoku.pool)(Sudoku(4), 1, (8, 8), "dev", generator()),
            "split must be one of train, validation, test",
        ),
        (lambda: Sudoku(4).kind(ONE_BLANK), "kinds are of solved 4x4 grids only"),
        (lambda: Sudoku(6).kind(FULL), "kinds are of solved 6x6 grids only"),
        # without the type check that tests add
        (
            lambda: unwrap(Sudoku._check)(Sudoku(4), torch.zeros(1, 16)),
            "boards hold whole numbers, not torch.float32",
        ),
        (lambda: unwrap(Sudoku.verify)(Sudoku(4), *blank(2, 1)), "2 puzzles cannot have 1 answers"),
        (lambda: Sudoku(4).pool(2, (3, 3), "train", generator(), tries=5), "only 0 puzzles of at most 3"),
        (lambda: Sudoku(6).pool(2, (7, 7), "test", generator(), tries=3), "only 0 puzzles of at most 7"),
    ],
)
def test_what_cannot_be_is_one_line(call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_no_puzzles_have_no_answers():
    (none,) = blank(0)
    assert Sudoku(4).solve(none).shape == (0, 16)
    assert Sudoku(4).verify(none, none).tolist() == []
    assert Sudoku(4).grade(none) == []


def test_the_puzzle_that_is_wrong_is_named():
    boards = torch.tensor([ONE_BLANK, LAST_ROW, [0] * 16])
    with pytest.raises(ValueError, match="puzzle 2 has several solutions"):
        Sudoku(4).solve(boards)
    assert Sudoku(4).solve(boards[:2]).tolist() == [FULL, FULL]
