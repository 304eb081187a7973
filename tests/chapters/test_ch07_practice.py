"""Chapter 07: the checks of its exercises accept right answers written another way, and name what is wrong."""

import math

import pytest
import torch
import torch.nn.functional as F

from recurse_lab.chapters.ch07_noise_or_objective import by_hand, practice
from recurse_lab.recurrence import Thought, settle
from recurse_lab.workbook import checks

NORMALS = practice.some_normals()
DRAWN, DIVERGENCE = practice.draw_expected(), practice.divergence_expected()


def check_chance(chance):
    for what, p, board, right, mistakes in by_hand.chance_cases():
        checks.explained(what, lambda: by_hand.found_by(chance, p, board), right, mistakes)  # noqa: B023


def check_draw(draw):
    q_mean, q_log, _, _, noise = NORMALS
    checks.explained("draw", lambda: practice.one_number(draw(q_mean, q_log, noise)), *DRAWN)


def check_divergence(divergence):
    checks.explained("kl", lambda: practice.one_number(divergence(*NORMALS[:4])), *DIVERGENCE)


def cells(p, board):
    return [float(p[cell][digit - 1]) for cell, digit in enumerate(board)]


def torch_kl(q_mean, q_log, p_mean, p_log):
    q, p = (torch.distributions.Normal(m, (v / 2).exp()) for m, v in ((q_mean, q_log), (p_mean, p_log)))
    return torch.distributions.kl_divergence(q, p).sum((1, 2))


RIGHT = {
    "chance": (check_chance, lambda p, board: math.prod(cells(p, board))),
    "draw": (check_draw, lambda mean, log, noise: torch.addcmul(mean, log.exp().sqrt(), noise)),
    "divergence": (check_divergence, torch_kl),
}
WRONG = {
    "added": (check_chance, lambda p, board: sum(cells(p, board))),
    "the mean over cells": (check_chance, lambda p, board: sum(cells(p, board)) / 16),
    "logarithm of the chance": (check_chance, lambda p, board: sum(math.log(c) for c in cells(p, board))),
    "column d - 1": (
        check_chance,
        lambda p, board: math.prod(float(p[cell][digit % 4]) for cell, digit in enumerate(board)),
    ),
    "this is the variance": (check_draw, lambda mean, log, noise: mean + log.exp() * noise),
    "log variance itself": (check_draw, lambda mean, log, noise: mean + log * noise),
    "nothing is drawn": (check_draw, lambda mean, *_: mean),
    "noise without mean": (check_draw, lambda _, log, noise: (log / 2).exp() * noise),
    "deviation is missing": (check_draw, lambda mean, _, noise: mean + noise),
    "exchanged": (check_divergence, lambda a, b, c, d: torch_kl(c, d, a, b)),
    "factor 1/2": (check_divergence, lambda *given: 2 * torch_kl(*given)),
    "averaged over tokens": (check_divergence, lambda *given: torch_kl(*given) / 12),
    "one number for each board": (check_divergence, lambda *given: torch_kl(*given).sum().repeat(2)),
    "variance of p, not of q": (
        check_divergence,
        lambda a, b, c, d: (
            torch_kl(a, b, c, d) + ((a - c).square() * ((-b).exp() - (-d).exp())).sum((1, 2)) / 2
        ),
    ),
    "wrong sign": (check_divergence, lambda a, b, c, d: torch_kl(a, b, c, d) + (b - d).sum((1, 2))),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_answer_written_another_way_is_accepted(name, capsys):
    check, answer = RIGHT[name]
    check(answer)
    said = capsys.readouterr().out.splitlines()
    assert said
    assert all(line.startswith("✓") for line in said)


@pytest.mark.parametrize("reason", WRONG)
def test_a_typical_mistake_is_named(reason, capsys):
    check, answer = WRONG[reason]
    check(answer)
    said = capsys.readouterr().out
    assert "✗" in said
    assert reason in said


@pytest.mark.parametrize("check", [check_chance, check_draw, check_divergence])
@pytest.mark.parametrize("answer", [None, ...])
def test_what_is_not_written_yet_is_not_attempted(check, answer, capsys):
    check(lambda *_: answer)
    assert all(line.startswith("○") for line in capsys.readouterr().out.splitlines())


def test_wrong_functions_are_replaced_by_the_books_and_right_ones_are_kept():
    def right(mean, log, noise):
        return mean + (log / 2).exp() * noise

    def fails(*_):
        raise RuntimeError("not yet")

    assert practice.checked(right, fails) == (right, practice.book_divergence)
    assert practice.checked(lambda *_: None, torch_kl) == (practice.book_draw, torch_kl)


def test_the_readers_functions_draw_in_the_net_and_make_its_term():
    def draw(mean, log, noise):
        return practice.book_draw(mean, log, noise)

    own = practice.untrained(draw, torch_kl, seed=1)
    book = practice.untrained(practice.book_draw, practice.book_divergence, seed=1)
    seeing = torch.stack(practice.training_boards(0, 4), dim=1)
    with torch.no_grad():
        for net in (own, book):
            for weight in net.parameters():
                weight.add_(0.05)  # so that posterior and prior differ
    found = []
    for net in (own, book):
        state, context = net.start(seeing, torch.Generator().manual_seed(3))
        found.append(net.step(state, context))
    torch.testing.assert_close(found[0].state, found[1].state)
    torch.testing.assert_close(found[0].terms["kl"], found[1].terms["kl"])
    assert found[0].terms["kl"].min() > 0


def test_no_choice_of_likeliest_digits_solves_the_board_worked_by_hand():
    solved = by_hand.solutions()
    assert len(solved) == 4
    p = by_hand.chances()
    likeliest = p >= p.max(-1, keepdim=True).values - 1e-9  # more than one digit where they are alike
    for board in torch.tensor(solved).view(4, 16):
        assert not likeliest[torch.arange(16), board - 1].all()
    assert by_hand.likeliest().tolist()[0] == [2, 2, 4, 1]  # as the answer in the text says
    rows = by_hand.cell_rows()
    assert all(sum(row.values()) == pytest.approx(1, abs=0.02) for row in rows.values())
    assert len(rows) == sum(len({board[r, c] for board in solved}) > 1 for r in range(4) for c in range(4))


def test_boards_that_cannot_be_completed_are_refused_in_one_line():
    found = by_hand.refused(
        {"twice": (1, 1) + 14 * (0,), "short": 9 * (0,), "five": (5,) + 15 * (0,), "blank": 16 * (0,)}
    )
    assert found["twice"]["message"] == "this board has no solution"
    assert "(1, 9)" in found["short"]["message"]
    assert "1 to 4 only" in found["five"]["message"]
    assert found["blank"]["message"] == "288 solutions"


def training_step(net, optimizer, seeing, answers, state, generator):
    """The notebook's."""
    optimizer.zero_grad()
    thought = settle(net, seeing, 1, resume=Thought(0, state), generator=generator)
    loss = F.cross_entropy(thought.output.flatten(0, 1), answers.flatten()) + thought.terms["kl"].mean()
    loss.backward()
    optimizer.step()
    return thought.state


def test_after_the_cycle_at_a_low_price_the_posterior_is_a_private_channel():
    net = practice.untrained(practice.book_draw, practice.book_divergence, 0, place="end", beta=0.02)
    found = practice.practice(training_step, net, 0, 150)
    assert found.posterior > 0.9
    assert found.prior < 0.1
    assert found.nats > 20
