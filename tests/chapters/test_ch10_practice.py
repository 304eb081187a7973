"""Chapter 10: the checks of its exercises accept right answers written another way, and name what is wrong."""

import math
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F

from recurse_lab.chapters.ch10_compositionality import arms, by_hand, practice, settling
from recurse_lab.recurrence import think
from recurse_lab.workbook import checks

TASK = by_hand.TASK


def check_interpreter(evaluate):
    for text, value, mistakes in by_hand.cases():
        checks.explained(text, lambda: by_hand.found_by(evaluate, text), value, mistakes)  # noqa: B023


def check_step(step):
    for number in (1, 3):
        checks.explained(
            f"call {number}",
            lambda: practice.loss_after(step, number),  # noqa: B023
            practice.loss_with("", number),
            practice.mistakes(number),
            tolerance=2e-4,
        )


def check_stays(stays):
    for words, right in settling.CASES.items():
        checks.explained(
            words,
            lambda: settling.found_by(stays, right),  # noqa: B023
            settling.stays(right),
            settling.mistakes(right),
        )


# Right answers, written another way than in the notebook


def interpreter(change=lambda *node: node):
    def evaluate(tree, tables):
        done, waiting = [], [tree]
        while waiting:  # prefix order with a stack of its own; arguments come off in reverse
            node = waiting.pop()
            if isinstance(node, str):
                (y, x), operator = (done.pop(), done.pop()), int(node)
                operator, x, y = change(operator, x, y)
                done.append(tables[operator % 4][x][y])
            elif isinstance(node, int):
                done.append(node)
            else:
                waiting += [str(node[0]), node[2], node[1]]
        return done[0]

    return evaluate


def shallow(tree, tables):
    return tree if isinstance(tree, int) else tables[tree[0]][tree[1]][tree[2]]


def stepper(mistake=""):
    def step(net, optimizer, cells, values, depth, extra):
        *_, last = think(net, cells, depth + (0 if mistake == "no extra" else extra))
        counted = values != (1000 if mistake == "padding" else -100)
        if mistake == "root":
            counted = counted & (torch.arange(values.shape[1]) == 0)
        logits = net.read(last.state)[counted]
        loss = F.cross_entropy(logits, values[counted].clamp(min=0))
        if mistake != "not cleared":
            net.zero_grad()
        loss.backward()
        if mistake != "no step":
            optimizer.step()
        return loss.detach()

    return step


def stays(right):
    step = len(right)
    while step > 0 and right[step - 1]:
        step -= 1
    return step


@pytest.mark.parametrize(
    ("check", "answer"), [(check_interpreter, interpreter()), (check_step, stepper()), (check_stays, stays)]
)
def test_a_right_answer_is_accepted(check, answer, capsys):
    check(answer)
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(line.startswith("✓") for line in lines), lines


@pytest.mark.parametrize(
    ("check", "answer", "words"),
    [
        (check_interpreter, interpreter(lambda o, x, y: (o, y, x)), "exchanged"),
        (check_interpreter, interpreter(lambda o, x, _: (o, x, x)), "left argument is evaluated twice"),
        (check_interpreter, interpreter(lambda o, _, y: (o, y, y)), "right argument is evaluated twice"),
        (check_interpreter, interpreter(lambda o, x, y: (o + 1, x, y)), "another operator"),
        (check_interpreter, shallow, "recursion stops at depth 1"),
        (check_step, stepper("root"), "only the root"),
        (check_step, stepper("padding"), "padding is asked"),
        (check_step, stepper("no extra"), "add extra"),
        (check_step, stepper("not cleared"), "zero_grad"),
        (check_step, stepper("no step"), "optimizer.step"),
        (check_stays, lambda right: right.index(True), "wrong again later"),
        (check_stays, lambda right: stays(right) - 1, "the last wrong step"),
        (check_stays, sum, "number of right steps"),
    ],
)
def test_a_wrong_answer_is_refused_and_named(check, answer, words, capsys):
    check(answer)
    refused = [line for line in capsys.readouterr().out.splitlines() if line.startswith("✗")]
    assert any(words in line for line in refused), refused


@pytest.mark.parametrize("check", [check_interpreter, check_step, check_stays])
@pytest.mark.parametrize("nothing", [None, ...])
def test_no_answer_is_not_attempted(check, nothing, capsys):
    check(lambda *_: nothing)
    assert all(line.startswith("○") for line in capsys.readouterr().out.splitlines())


def test_each_typical_mistake_gives_a_number_of_its_own():
    for number in (1, 3):
        found = [practice.loss_with("", number), *practice.mistakes(number).values()]
        late = {"optimizer.step", "optimizer.zero_grad"}  # these show from the second call on
        if number == 1:
            found = found[: -len(late)]
        ordered = sorted(found)
        assert all(b - a > 4e-4 * a for a, b in pairwise(ordered)), ordered


def test_every_mistake_of_an_interpreter_shows_in_some_expression():
    cases = by_hand.cases()
    for words in cases[0][2]:
        assert any(mistakes[words] != value for _, value, mistakes in cases)
    assert [text for text, *_ in cases] == list(by_hand.CASES)


def test_tables_and_steps_by_hand_are_the_task():
    rows = by_hand.operator_tables([0, 1])
    assert rows["b, left 3"]["right 1"] == TASK.tables[1, 3, 1] == TASK.evaluate(TASK.parse("(b 3 1)"))
    steps = by_hand.steps_by_hand("(a (b 3 1) 5)")
    assert list(steps) == ["(b 3 1)", "(a (b 3 1) 5)"]
    assert steps["(a (b 3 1) 5)"] == {"look up": "(a 6 5)", "value": TASK.evaluate((0, (1, 3, 1), 5))}


def test_texts_that_are_no_expressions_are_refused_in_one_line():
    texts = ["(a 1", "(a 1 9)", "(e 1 2)", "(a " * 9 + "1" + " 2)" * 9]
    said = by_hand.refused([*texts, "(a 1 2)"])
    assert list(said) == texts
    assert all(
        "must" in row["the parser says"] and "\n" not in row["the parser says"] for row in said.values()
    )


def test_the_net_in_the_open_is_the_loop_that_is_trained():
    assert practice.net_of(32, 0, TASK).config == arms.EXPRESSIONS["loop"].model


def test_a_gru_reads_a_list_and_the_loop_a_tree():
    loop, gru = practice.net_of(32, 0, practice.small(0)), practice.small_gru(0, steps=1)
    before, after = practice.listed(loop, 0).values()
    assert before == after
    before, after = practice.listed(gru, 0).values()
    assert before != after


def test_practice_goes_on_with_the_book_s_step_if_there_is_none():
    own, losses = practice.practice(lambda *_: None, seed=0, steps=2)
    other, same = practice.practice(practice.training_step, seed=0, steps=2)
    assert losses == same
    assert practice.right_at(own, 0) == practice.right_at(other, 0)
    assert all(map(math.isfinite, losses))


def test_a_step_that_fails_does_not_stop_the_notebook(capsys):
    def broken(*_):
        raise KeyError("mine")

    for step in (broken, lambda *_: float("nan")):
        _, losses = practice.practice(step, 0, steps=2)
        assert len(losses) == 2
        assert capsys.readouterr().out.count("The book's own runs instead") == 1
