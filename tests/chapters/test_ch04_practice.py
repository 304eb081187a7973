"""Chapter 04: the checks of its exercises accept right answers written another way, and name what is wrong."""

import itertools

import pytest
import torch
import torch.nn.functional as F

from recurse_lab.chapters.ch04_recursion_or_hierarchy import arms, by_hand, practice
from recurse_lab.models.trm import Latents
from recurse_lab.recurrence import Thought, settle
from recurse_lab.tasks.sudoku_rules import technique
from recurse_lab.workbook import checks

HRM = arms.CLAIMED["hrm"]


@pytest.fixture(scope="module")
def given():
    return practice.case(HRM)


def detached_instead(net, state, context):
    """The one-step gradient by detaching states, and not by switching gradients off."""
    refine = {"z": net.refine_z, "y": net.refine_y}
    for number, name in enumerate("zzyz"):
        state = refine[name](state, context)
        if number < 4:
            state = Latents(*(part.detach() for part in state))
    return net.refine_y(net.refine_z(state, context), context)


def check(step, given):
    checks.explained("loss", lambda: practice.value(step, given), *practice.value_expected(given))
    checks.explained("gradient", lambda: practice.gradient(step, given), *practice.gradient_expected(given))


@pytest.mark.parametrize("step", [practice.book_step, detached_instead])
def test_a_right_step_written_another_way_is_accepted(step, given, capsys):
    check(step, given)
    assert capsys.readouterr().out == "✓ loss\n✓ gradient\n"
    assert practice.checked(step, given) is step


@pytest.mark.parametrize("reason", practice.WRONG_ORDERS)
def test_a_wrong_order_is_named(reason, given, capsys):
    step = practice.evaluated(practice.WRONG_ORDERS[reason], practice.LAST)
    check(step, given)
    assert f"{reason}\n" in capsys.readouterr().out
    assert practice.checked(step, given) is practice.book_step


@pytest.mark.parametrize("reason", practice.WRONG_GRADIENTS)
def test_a_wrong_gradient_is_named(reason, given, capsys):
    step = practice.evaluated(practice.ORDER, practice.WRONG_GRADIENTS[reason])
    check(step, given)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "✓ loss"
    assert said[1].startswith("✗ gradient")
    assert said[1].endswith(reason)
    assert practice.checked(step, given) is practice.book_step


def test_mistakes_can_be_told_apart(given):
    for right, wrong in (practice.value_expected(given), practice.gradient_expected(given)):
        for one, other in itertools.combinations([right, *wrong.values()], 2):
            assert abs(one - other) > 2e-3 * abs(right)


@pytest.mark.parametrize("step", [lambda *_: None, lambda *_: ...])
def test_what_is_not_written_yet_is_not_attempted(step, given, capsys):
    check(step, given)
    assert all(line.startswith("○") for line in capsys.readouterr().out.splitlines())
    assert practice.checked(step, given) is practice.book_step


def test_loss_and_gradients_are_those_of_the_library(given):
    net, boards, state = given
    mine = practice.loss_of(practice.book_step, given)
    thought = settle(net, boards.inputs, 2, resume=Thought(0, state), grad_steps=1)
    theirs = F.cross_entropy(thought.output.flatten(0, 1), boards.targets.flatten())
    weights = [weight for name, weight in net.named_parameters() if not name.startswith("halt")]
    torch.testing.assert_close(mine, theirs)
    torch.testing.assert_close(torch.autograd.grad(mine, weights), torch.autograd.grad(theirs, weights))


def training_step(supervision_step, net, optimizer, boards, answers, state):
    """The notebook's."""
    optimizer.zero_grad()
    _, context = net.start(boards)
    state = supervision_step(net, state, context)
    loss = F.cross_entropy(net.read(state).flatten(0, 1), answers.flatten())
    loss.backward()
    optimizer.step()
    return state


def test_a_small_training_reads_more_boards_with_more_steps():
    def step(*given):
        return training_step(practice.book_step, *given)

    shares = practice.practice(step, HRM, 1, 160)
    assert list(shares) == [1, 2, 4, 8, 16]
    assert shares[1] < 0.1
    assert shares[16] > 0.4


# Worked by hand


def test_the_puzzle_worked_by_hand_is_solved_in_seven_rounds():
    found = by_hand.rounds(by_hand.PUZZLE)
    board = list(by_hand.PUZZLE)
    for new in found:
        for cell, digit in new.items():
            board[cell] = digit
    assert by_hand.RULES.is_solution(board)
    assert by_hand.RULES.solutions(by_hand.PUZZLE) == [board]
    assert [len(new) for new in found][:2] == [3, 4]  # as the text says
    assert len(found) == 7
    assert technique(by_hand.RULES, by_hand.PUZZLE) == "naked singles"
    rows = by_hand.carried_rows()
    assert rows["carried on"]["round 7"] == 26 == 36 - 10
    assert set(rows["from the givens each time"].values()) == {3}


def test_the_short_derivative_of_a_number_is_one_minus_w_of_the_exact_one():
    for w, row in zip((0.1, 0.5, 0.9), by_hand.fixed_point_rows().values(), strict=True):
        slope = torch.tensor(w, dtype=torch.float64, requires_grad=True)
        z = torch.zeros((), dtype=torch.float64)
        for _ in range(600):
            z = slope * z + 1
        (exact,) = torch.autograd.grad(z, slope)
        (last,) = torch.autograd.grad(slope * z.detach() + 1, slope)
        assert exact.item() == pytest.approx(row["exact derivative"])
        assert last.item() == pytest.approx(row["through the last step"])
        assert last / exact == pytest.approx(row["share"])


def by_loops(cycles, refinements):
    found = []
    for cycle in range(cycles):
        last = cycle == cycles - 1
        found += [("z", last and number == refinements - 1) for number in range(refinements)]
        found.append(("y", last))
    return tuple(found)


WRONG = {
    "every evaluation of the last cycle has gradient": lambda c, n: [
        (name, number >= c * (n + 1) - n - 1) for number, name in enumerate(("z" * n + "y") * c)
    ],
    "only y's last evaluation has gradient": lambda c, n: [
        (name, number == c * (n + 1) - 1) for number, name in enumerate(("z" * n + "y") * c)
    ],
    "every cycle's last z and y have gradient": lambda c, n: [
        (name, number % (n + 1) >= n - 1) for number, name in enumerate(("z" * n + "y") * c)
    ],
    "all evaluations have gradient": lambda c, n: [(name, True) for name in ("z" * n + "y") * c],
    "y comes after its refinements of z": lambda c, n: [
        (name, number >= c * (n + 1) - 2) for number, name in enumerate(("y" + "z" * n) * c)
    ],
}


def check_schedule(schedule):
    for what, cycles, refinements, right, mistakes in by_hand.schedule_cases():
        found = schedule(cycles, refinements)
        checks.explained(what, lambda: by_hand.as_number(found), right, mistakes)  # noqa: B023


def test_a_right_schedule_written_another_way_is_accepted(capsys):
    check_schedule(by_loops)
    assert capsys.readouterr().out.count("✓") == 3


@pytest.mark.parametrize("reason", WRONG)
def test_a_wrong_schedule_is_named(reason, capsys):
    check_schedule(WRONG[reason])
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("✗")]
    assert any(reason in line for line in said)


@pytest.mark.parametrize("schedule", [lambda *_: None, lambda *_: ...])
def test_a_schedule_that_is_not_written_yet_is_not_attempted(schedule, capsys):
    check_schedule(schedule)
    assert all(line.startswith("○") for line in capsys.readouterr().out.splitlines())


def test_a_schedule_of_other_things_is_one_line(capsys):
    check_schedule(lambda *_: ["z", "y"])
    check_schedule(lambda *_: [("x", True)])
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 6
    assert all(line.startswith("✗") for line in said)


def test_votes_by_hand():
    assert by_hand.two_guesses(["a", "b", "b", "c", "b", "c"]) == ["b", "c"]
    assert by_hand.two_guesses(["x"]) == ["x"]
    assert by_hand.two_guesses(["b", "a"]) == ["b", "a"]
    assert by_hand.two_guesses(["c", "a", "b"]) == ["c", "a"]
