"""Chapter 09: the checks of its exercises accept right answers written another way, and name what is wrong."""

import pytest
import torch

from recurse_lab.chapters.ch09_generation_verification_gap import by_hand
from recurse_lab.measure.verification_gap import gap
from recurse_lab.train.rounds import Kept, best_first
from recurse_lab.workbook import checks

OUT = -torch.inf


def check_gap(answer):
    for what, right, kept, expected, mistakes in by_hand.gap_cases():
        checks.explained(what, lambda: answer(right, kept), expected, mistakes)  # noqa: B023


def check_keep(answer):
    for what, score, count, expected, mistakes in by_hand.keep_cases():
        checks.explained(what, lambda: by_hand.as_number(answer(score, count)), expected, mistakes)  # noqa: B023


def book_gap(right, kept):
    board, draw = torch.tensor(kept).T
    return gap(right, Kept(board, draw)).gap


def precision(right, kept):
    return sum(float(right[draw, board]) for board, draw in kept) / len(kept)


def book_keep(score, count):
    found = best_first(score, count, torch.Generator().manual_seed(0))
    return torch.stack(found, dim=1).tolist()


def ordered(score, places):
    """Pairs (board, draw), highest scores first."""
    return sorted(places, key=lambda pair: -float(score[pair[1], pair[0]]))


def best(score):
    return [(board, int(score[:, board].argmax())) for board in range(score.shape[1])]


def every(score):
    return [(board, draw) for draw in range(len(score)) for board in range(score.shape[1])]


RIGHT = {"gap": (check_gap, book_gap), "keep": (check_keep, book_keep)}
WRONG = {
    "this is the precision": (check_gap, precision),
    "sign is turned": (check_gap, lambda right, kept: -book_gap(right, kept)),
    "only draws of the kept boards are subtracted": (
        check_gap,
        lambda right, kept: precision(right, kept) - float(right[:, [b for b, _ in kept]].float().mean()),
    ),
    "a sum over the kept answers": (
        check_gap,
        lambda right, kept: precision(right, kept) * len(kept) - float(right.float().mean()),
    ),
    "several draws of one board": (check_keep, lambda score, count: ordered(score, every(score))[:count]),
    "lowest scores are kept": (
        check_keep,
        lambda score, count: [(board, int(score[:, board].argmin())) for board in range(count)],
    ),
    "-infinity are never kept": (check_keep, lambda score, count: ordered(score, best(score))[:count]),
    "first boards are kept": (check_keep, lambda score, count: best(score)[:count]),
    "(board, draw), not (draw, board)": (
        check_keep,
        lambda score, count: [(draw, board) for board, draw in by_hand.right_kept(score, count)],
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_answer_written_another_way_is_accepted(name, capsys):
    check, answer = RIGHT[name]
    check(answer)
    said = capsys.readouterr().out.splitlines()
    assert len(said) == (len(by_hand.keep_cases()) if check is check_keep else len(by_hand.gap_cases()))
    assert all(line.startswith("✓") for line in said)


@pytest.mark.parametrize("reason", WRONG)
def test_a_typical_mistake_is_named(reason, capsys):
    check, answer = WRONG[reason]
    check(answer)
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("✗")]
    assert any(reason in line for line in said)


def first_allowed(score, count):
    """The first boards with a draw that may be kept, whatever their scores."""
    return [(board, draw) for board, draw in best(score) if score[draw, board] > OUT][:count]


def test_the_first_boards_that_may_be_kept_are_not_taken_for_the_best():
    assert by_hand.checked(first_allowed) is by_hand.right_kept


@pytest.mark.parametrize("check", [check_gap, check_keep])
@pytest.mark.parametrize("answer", [None, ...])
def test_what_is_not_written_yet_is_not_attempted(check, answer, capsys):
    check(lambda *_: answer)
    assert all(line.startswith("○") for line in capsys.readouterr().out.splitlines())


def test_wrong_functions_are_replaced_by_the_books_and_right_ones_are_kept():
    def fails(*_):
        raise RuntimeError("not yet")

    as_tensor = by_hand.checked(lambda score, count: torch.tensor(book_keep(score, count)))
    assert as_tensor is not by_hand.right_kept
    assert as_tensor(by_hand.SCORE, 2) == by_hand.right_kept(by_hand.SCORE, 2)
    assert by_hand.checked(book_keep)(by_hand.SCORE, 2) == by_hand.right_kept(by_hand.SCORE, 2)
    for wrong in (
        fails,
        lambda *_: None,
        lambda *_: ...,
        lambda *_: [(1, 2, 3)],
        WRONG["first boards are kept"][1],
    ):
        assert by_hand.checked(wrong) is by_hand.right_kept


def test_the_table_shows_the_boards_worked_by_hand():
    rows = by_hand.draw_rows()
    assert rows["draw 2"] == {"board 1": "right, -0.2", "board 2": "wrong, -3.1", "board 3": "right, -1.5"}
    assert list(by_hand.KEPT) == by_hand.right_kept(by_hand.SCORE, 2)
    with pytest.raises(ValueError, match=r"^what is kept must be pairs \(board, draw\)$"):
        by_hand.as_number([(0, 1, 2)])


def test_every_call_that_is_refused_has_its_line():
    said = {what: row["error"] for what, row in by_hand.refused().items()}
    assert len(said) == 5
    assert said["an empty round"] == "an empty round has no gap: no answer was kept"
    assert "not (1, 9)" in said["a board of nine cells"]
    assert not any("\n" in line for line in said.values())
