"""Boards of self-training: which are labeled, which are not, which are for the test; and what a batch changes."""

from dataclasses import replace

import pytest
import torch
from completed import generator, queens_boards, rows

from recurse_lab.chapters.ch09_generation_verification_gap.arms import ELSEWHERE, FACTS, ROUNDS
from recurse_lab.experiments.self_training.arm import Boards
from recurse_lab.experiments.self_training.problems import (
    Halves,
    Masked,
    Renamed,
    changed,
    labeled,
    masked,
    renamings,
    unlabeled,
    unseen,
)
from recurse_lab.tasks.base import Batch
from recurse_lab.train.sources import Pool

ARMS = {
    "sudoku": ROUNDS["rules"],
    "facts": FACTS["facts_truth"],
    "coloring": ELSEWHERE["coloring_rules"],
    "queens": ELSEWHERE["queens_rules"],
}
BOARDS = {name: replace(arm.boards, problems=60) for name, arm in ARMS.items()}
PLAIN = pytest.mark.parametrize("name", ["sudoku", "coloring", "queens"])
UNSEEN = ("validation", "test")


def kinds(boards, batch):
    """Solved boards up to the task's symmetry."""
    return rows(boards.completions.canonical(batch.targets))


@pytest.mark.parametrize("name", BOARDS)
def test_boards_keep_their_bounds_and_test_kinds_are_never_a_target(name):
    boards = BOARDS[name]
    task, known, pool = boards.completions, labeled(boards, 0), unlabeled(boards, 0)
    hidden = {split: unseen(boards, split, 0) for split in UNSEEN}
    for batch, count, givens, solutions in (
        (known, boards.labeled, boards.labeled_givens, boards.labeled_solutions),
        (pool, boards.pool, boards.pool_givens, boards.solutions),
        *((batch, boards.problems, boards.givens, boards.solutions) for batch in hidden.values()),
    ):
        assert len(batch.inputs) == count
        assert set((batch.inputs > 0).sum(1).tolist()) <= set(range(givens[0], givens[1] + 1))
        found = task.solutions(batch.inputs).sum(1)
        assert solutions[0] <= found.min() <= found.max() <= solutions[1]
        assert task.verify(batch.inputs, batch.targets).all()
    assert not rows(known.inputs) & rows(pool.inputs)
    if boards.facts:
        return  # the coin chooses among the solutions of all kinds
    trained = kinds(boards, known) | kinds(boards, pool)
    assert not trained & kinds(boards, hidden["test"])
    assert not trained & kinds(boards, hidden["validation"])
    assert not kinds(boards, hidden["validation"]) & kinds(boards, hidden["test"])


def test_the_coin_of_facts_chooses_among_all_legal_answers_alike():
    boards = replace(BOARDS["facts"], pool=400)
    task, pool = boards.completions, unlabeled(boards, 0)
    training = torch.tensor([kind == "train" for kind in task.kinds])
    solutions_BK, number_B = task.solutions(pool.inputs), task.number(pool.targets)
    differ_B = (solutions_BK & training).sum(1) == 1  # one solution is of a training kind, the other is not
    assert differ_B.sum() > 200
    assert training[number_B[differ_B]].float().mean().item() == pytest.approx(0.5, abs=0.09)


def test_a_seed_draws_its_own_boards_and_arms_share_them():
    boards = BOARDS["sudoku"]
    for drawn in (labeled, unlabeled, lambda one, seed: unseen(one, "test", seed)):
        assert torch.equal(drawn(boards, 0).inputs, drawn(replace(boards), 0).inputs)
        assert not torch.equal(drawn(boards, 0).inputs, drawn(boards, 1).inputs)
    assert not torch.equal(unseen(boards, "test", 0).inputs, unseen(boards, "validation", 0).inputs)
    assert len({arm.boards for arm in ROUNDS.values()}) == 1


def right(name, boards):
    """Finished boards by a second list: of queens, placed row by row; else, the task's own."""
    return queens_boards([0] * 8) if name == "queens" else rows(boards.completions.finished)


@PLAIN
def test_renamings_leave_right_boards_right(name):
    boards = BOARDS[name]
    finished, wanted, all_new = boards.completions.finished, right(name, boards), renamings(boards)
    assert len(rows(all_new)) == len(all_new) == (2 if name == "queens" else 24)
    assert (all_new[:, 0] == 0).all()
    for new in all_new:
        assert rows(new[finished]) == wanted
    batch = unlabeled(boards, 0)
    inputs, targets = Renamed(boards)(batch, generator())
    assert boards.completions.verify(inputs, targets).all()
    assert torch.equal(inputs > 0, batch.inputs > 0)  # the same cells are given
    fit = torch.stack(
        [(all_new[:, row] == new).all(1) for row, new in zip(batch.targets, targets, strict=True)]
    )
    assert fit.any(1).all()
    assert fit.any(0).all()  # every renaming occurs


@PLAIN
def test_masked_boards_have_as_many_givens_as_the_test(name):
    boards = BOARDS[name]
    known = labeled(boards, 0)
    for new in (masked(boards, known, generator()), Masked(boards)(known, generator())):
        assert boards.completions.verify(new.inputs, new.targets).all()
        low, high = boards.givens
        assert set((new.inputs > 0).sum(1).tolist()) == set(range(low, high + 1))
    same = masked(boards, known, generator())
    assert torch.equal(same.targets, known.targets)
    assert len(rows(same.inputs > 0)) > 10  # not always the same cells
    renamed = Masked(boards)(known, generator())
    assert not torch.equal(renamed.targets, known.targets)


def test_what_a_round_changes():
    assert changed(ROUNDS["rules"]) == Renamed(ROUNDS["rules"].boards)
    assert changed(ROUNDS["nothing"]) == Renamed(ROUNDS["rules"].boards)
    assert changed(ROUNDS["masked"]) == Masked(ROUNDS["rules"].boards)
    assert [changed(arm) for arm in FACTS.values()] == [None] * len(FACTS)


def test_a_batch_is_one_half_of_each_pool():
    def pool(value, count):
        one = torch.full((3, 16), value)
        return Pool(Boards().completions, Batch(one, one + 1), count, generator())

    halves = Halves(pool(1, 4), pool(3, 4))
    inputs, targets = halves.draw()
    assert inputs[:, 0].tolist() == [1] * 4 + [3] * 4
    assert torch.equal(targets, inputs + 1)
    assert halves.task == Boards().completions
    assert halves.observe(1.0) is None
