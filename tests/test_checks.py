"""Checks of exercises print one line that begins with ✓, ✗ or ○, and never raise."""

import pytest

from recurse_lab.workbook import checks

MISTAKES = {"the sum, not the mean": 3.0}
OVERFLOWS = {"it overflows": float("inf")}


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no words")


class Tall:
    def __repr__(self):
        return "one\ntwo"


def broken(*_):
    raise KeyError("first\nsecond")


@pytest.mark.parametrize(
    ("check", "begins"),
    [
        (lambda: checks.equal("it", lambda: 3, 3), "✓ it\n"),
        (lambda: checks.equal("it", lambda: 4, 3), "✗ it: 4, expected 3\n"),
        (lambda: checks.equal("it", lambda: ..., 3), "○ it: not attempted\n"),
        (lambda: checks.equal("it", lambda: (1, ...), (1, 2)), "○ it: not attempted\n"),
        (lambda: checks.equal("it", lambda: ... + 1, 3), "○ it: not attempted\n"),
        (lambda: checks.equal("it", broken, 3), "✗ it: KeyError"),
        (lambda: checks.equal("it", Unprintable, 3), "✗ it: RuntimeError: no words\n"),
        (lambda: checks.equal("it", Tall, 3), "✗ it: "),
        (lambda: checks.between("it", 0.5, 0.0, 1.0), "✓ it\n"),
        (lambda: checks.between("it", 0.0, 0.0, 1.0), "✓ it\n"),
        (lambda: checks.between("it", 1.5, 0.0, 1.0), "✗ it: 1.5, expected between 0 and 1\n"),
        (lambda: checks.between("it", ..., 0.0, 1.0), "○ it: not attempted\n"),
        (lambda: checks.between("it", "a", 0.0, 1.0), "✗ it: TypeError"),
        (lambda: checks.between("it", None, 0.0, 1.0), "✗ it: TypeError"),
        (lambda: checks.function("it", lambda x: x + 1, [((1,), 2), ((2,), 3)]), "✓ it\n"),
        (lambda: checks.function("it", lambda _: 2, [((1,), 2), ((2,), 3)]), "✗ it: ((2,), 2, 3)"),
        (lambda: checks.function("it", lambda _: None, [((1,), 2)]), "○ it: not attempted\n"),
        (lambda: checks.function("it", lambda _: ..., [((1,), 2)]), "○ it: not attempted\n"),
        (lambda: checks.function("it", broken, [((1,), 2)]), "✗ it: KeyError"),
        (lambda: checks.function("it", lambda: 1, [((1,), 2)]), "✗ it: TypeError"),
        (lambda: checks.explained("it", lambda: 2.0, 2.0, MISTAKES), "✓ it\n"),
        (lambda: checks.explained("it", lambda: 2.0001, 2.0, MISTAKES), "✓ it\n"),
        (lambda: checks.explained("it", lambda: 3.0, 2.0, MISTAKES), "✗ it: 3.0, the sum, not the mean\n"),
        (lambda: checks.explained("it", lambda: 4.0, 2.0, MISTAKES), "✗ it: 4.0, expected 2\n"),
        (lambda: checks.explained("it", lambda: None, 2.0, MISTAKES), "○ it: not attempted\n"),
        (lambda: checks.explained("it", broken, 2.0, MISTAKES), "✗ it: KeyError"),
        (lambda: checks.explained("it", lambda: 4.0, 2.0, OVERFLOWS), "✗ it: 4.0, expected 2\n"),
        (lambda: checks.explained("it", lambda: float("inf"), 2.0, OVERFLOWS), "✗ it: inf, it overflows\n"),
    ],
)
def test_checks_print_one_line_and_never_raise(check, begins, capsys):
    check()
    printed = capsys.readouterr()
    assert printed.out.startswith(begins)
    assert printed.out.count("\n") == 1
    assert not printed.err
