"""Chapter 03: the checks of the supervision step tell right from wrong, and name typical mistakes."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from recurse_lab.chapters.ch03_tiny_recursive_model import by_hand, practice
from recurse_lab.chapters.ch03_tiny_recursive_model.arms import TASTE
from recurse_lab.experiments.sudoku.problems import puzzles
from recurse_lab.models.trm import Latents
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.sudoku import Sudoku
from recurse_lab.train.objectives.halting_supervision import HaltingSupervision
from recurse_lab.train.objectives.slots import InProgress, Slots
from recurse_lab.workbook import checks


def written_out(net, boards, answers, state, done):
    first, context = net.start(boards)
    fresh = done[:, None, None]
    y, z = (torch.where(fresh, new, old) for new, old in zip(first, state, strict=True))
    state = net.step(Latents(y, z), context)
    logits = net.read(state)
    loss = F.cross_entropy(logits.flatten(0, 1), answers.flatten())
    right = (logits.argmax(-1) == answers).all(1)
    return loss, Latents(state.y.detach(), state.z.detach()), right


def test_the_books_step_and_one_written_out_pass_all_checks(capsys):
    for step in (practice.book, written_out):
        checks.explained("loss", lambda: practice.loss_of(step), *practice.expected())  # noqa: B023
        checks.explained("state", lambda: practice.state_of(step), *practice.states())  # noqa: B023
        assert practice.cut(step) is True
        assert practice.checked(step) is step
    assert capsys.readouterr().out.count("✓") == 4


def test_the_loss_is_the_librarys():
    net, boards, answers, state, done = practice.case()
    slots = Slots(Batch(boards, answers), state, torch.full((4,), 2))
    objective = HaltingSupervision(cycles=1, loss="softmax", halt_weight=0.0)
    task = Sudoku(4)
    fresh = Batch(boards, answers)
    outcome = objective(net, task, fresh, InProgress(slots, done), 0.0, torch.Generator().manual_seed(0))
    loss, carried, right = practice.book(net, boards, answers, state, done)
    assert outcome.loss.item() == pytest.approx(loss.item(), rel=1e-6)
    assert torch.equal(outcome.carry.slots.state.y, carried.y)
    assert torch.equal(outcome.carry.slots.state.z, carried.z)
    assert right.tolist() == (outcome.output.argmax(-1) == answers).all(1).tolist()


@pytest.mark.parametrize("numbers", [practice.expected, practice.states])
def test_mistakes_can_be_told_apart(numbers):
    right, wrong = numbers()
    for one, other in itertools.combinations([right, *wrong.values()], 2):
        assert abs(one - other) > 2e-3 * abs(right)


def test_a_wrong_step_is_named_and_the_books_runs_instead(capsys):
    def never_refilled(net, boards, answers, state, done):
        return written_out(net, boards, answers, state, torch.zeros_like(done))

    def not_cut(net, boards, answers, state, done):
        first, context = net.start(boards)
        fresh = done[:, None, None]
        y, z = (torch.where(fresh, new, old) for new, old in zip(first, state, strict=True))
        state = net.step(Latents(y, z), context)
        logits = net.read(state)
        return F.cross_entropy(logits.flatten(0, 1), answers.flatten()), state, done

    checks.explained("loss", lambda: practice.loss_of(never_refilled), *practice.expected())
    checks.equal("cut", lambda: practice.cut(not_cut), True)
    said = capsys.readouterr().out
    assert "no board was replaced" in said
    assert "y and z would carry the gradient into the next step" in said
    for wrong in (never_refilled, not_cut, lambda *_: None, lambda *_: 1 / 0):
        assert practice.checked(wrong) is practice.book


def test_a_step_whose_loss_has_no_gradient_is_told():
    def detached(*case):
        loss, state, right = written_out(*case)
        return loss.detach(), state, right

    assert "the loss has no gradient" in practice.cut(detached)


def test_flags_of_cells_instead_of_boards_are_told_and_a_stale_z_is_named(capsys):
    def cells(net, boards, answers, state, done):
        loss, carried, _ = written_out(net, boards, answers, state, done)
        return loss, carried, boards == answers

    def stale(net, boards, answers, state, done):
        loss, carried, right = written_out(net, boards, answers, state, done)
        first, _ = net.start(boards)
        return loss, Latents(carried.y, torch.where(done[:, None, None], first.z, state.z)), right

    def nobody(*case):
        loss, carried, right = written_out(*case)
        return loss, carried, ~right

    assert "one Boolean a board" in practice.flags(cells)
    assert "not the boards" in practice.flags(nobody)
    assert practice.flags(written_out) is True
    checks.explained("state", lambda: practice.state_of(stale), *practice.states())
    assert "y is right, z is that of before" in capsys.readouterr().out
    for wrong in (cells, stale, nobody):
        assert practice.checked(wrong) is practice.book


def test_the_lowest_threshold_by_hand():
    said = np.array([[0.6, 0.9, 0.7, 0.2]])
    right = np.array([[False, True, True, False]])
    assert practice.lowest_threshold(said, right, 0.99) == 0.6
    assert practice.lowest_threshold(said, ~right, 0.99) is None


def test_a_skipped_exercise_is_not_attempted(capsys):
    def skipped(*_):
        return None

    checks.explained("loss", lambda: practice.loss_of(skipped), *practice.expected())
    checks.equal("cut", lambda: practice.cut(skipped), True)
    assert capsys.readouterr().out.count("○") == 2
    assert practice.checked(skipped) is practice.book


def test_boards_that_are_done_are_replaced():
    boards = practice.Boards(3, slots=6)
    before = boards.now
    done = torch.tensor([True, False, True, False, False, False])
    after = boards.renewed(done)
    kept = (after.inputs == before.inputs).all(1)
    assert kept[~done].all()
    assert not kept[done].all()
    assert after is boards.now
    assert Sudoku(4).verify(after.inputs, after.targets).all()


def test_solved_reads_hard_boards():
    net = practice.untrained(0)
    found = practice.solved(net, 0, (1, 2))
    assert list(found) == ["after 1 steps", "after 2 steps"]
    assert all(0 <= share <= 1 for share in found.values())


# By hand


def test_rounds_by_hand():
    rules = Sudoku(4).rules
    board = [1, 2, 3, 0, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1]
    assert by_hand.one_round(rules, board)[3] == 4
    assert by_hand.rounds_needed(rules, board) == 1
    assert by_hand.rounds_needed(rules, [0] * 16) is None
    solved = board.copy()
    solved[3] = 4
    assert by_hand.rounds_needed(rules, solved) == 0
    assert [by_hand.single(candidates) for candidates in (0b100, 0b1, 0b101, 0)] == [3, 1, 0, 0]


def test_stages_end_with_the_solution():
    inputs, targets = puzzles(TASTE, "test", 0)
    stages = by_hand.stages(inputs, 4)
    assert stages.rounds >= 2
    assert len(stages.names) == len(stages.boards) + 1
    whole = stages.boards[-1].flatten().tolist()
    number = inputs.tolist().index(stages.puzzle.flatten().tolist())
    assert whole == targets[number].tolist()
    filled = [(board > 0).sum() for board in (stages.puzzle, *stages.boards)]
    assert filled == sorted(set(filled))
