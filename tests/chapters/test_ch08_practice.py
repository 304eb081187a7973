"""Chapter 08: the checks of its exercises accept right answers written another way, and name what is wrong."""

from copy import deepcopy
from random import Random

import pytest
import torch
import torch.nn.functional as F

from recurse_lab.chapters.ch08_sharper_signals import by_hand, drill, practice
from recurse_lab.experiments.function_calls.arm import net
from recurse_lab.models.mobile_llm import MobileLLM
from recurse_lab.tasks.function_calls import FunctionCalls, pair_rows, prompt_of, taught_pairs
from recurse_lab.tasks.function_calls_table import execute, written
from recurse_lab.tasks.function_calls_teacher import TWINS
from recurse_lab.train.loop import seeded
from recurse_lab.train.objectives.preference import dpo
from recurse_lab.workbook import checks


def check_value(loss):
    value, mistakes = practice.loss_expected()
    checks.explained("loss", lambda: loss(*practice.some_tokens(), practice.BETA), value, mistakes)


def check_gradient(loss):
    slope, mistakes = practice.gradient_expected()
    checks.explained("gradient", lambda: practice.gradient(loss), slope, mistakes)


def logits(r, w, fr, fw):
    return (r.sum(1) - w.sum(1)) - (fr.detach().sum(1) - fw.detach().sum(1))


def right_loss(r, w, fr, fw, beta):
    return F.softplus(-beta * logits(r, w, fr, fw)).mean()


def bits(r, w, fr, fw, beta):
    """Cross-entropy of one bit, as a classifier writes it."""
    given = beta * logits(r, w, fr, fw)
    return F.binary_cross_entropy_with_logits(given, torch.ones_like(given))


def mean_of(part):
    return part.sum(1) / (part != 0).sum(1)


WRONG_VALUE = {
    "the reference is missing": lambda *g: -F.logsigmoid(g[4] * (g[0] - g[1]).sum(1)).mean(),
    "the sign is turned": lambda *g: F.softplus(g[4] * logits(*g[:4])).mean(),
    "means over tokens: log": lambda r, w, fr, fw, b: F.softplus(
        -b * (mean_of(r) - mean_of(fr) - mean_of(w) + mean_of(fw))
    ).mean(),
    "means over tokens and padding": lambda r, w, fr, fw, b: F.softplus(
        -b * (r.mean(1) - fr.mean(1) - w.mean(1) + fw.mean(1))
    ).mean(),
    "beta is missing": lambda *g: F.softplus(-logits(*g[:4])).mean(),
    "inside the sigmoid": lambda *g: g[4] * F.softplus(-logits(*g[:4])).mean(),
    "are added, not subtracted": lambda r, w, fr, fw, b: F.softplus(-b * (r + fr - w - fw).sum(1)).mean(),
    "without its logarithm": lambda *g: -torch.sigmoid(g[4] * logits(*g[:4])).mean(),
    "the minus before the logarithm": lambda *g: -right_loss(*g),
    "a sum over pairs": lambda *g: 5 * right_loss(*g),
}
WRONG_GRADIENT = {
    "flows through the reference": lambda r, w, fr, fw, b: F.softplus(
        -b * (r.sum(1) - w.sum(1) - fr.sum(1) + fw.sum(1))
    ).mean(),
    "of the wrong half is missing": lambda r, w, fr, fw, b: right_loss(r, w.detach(), fr, fw, b),
    "of the right half is missing": lambda r, w, fr, fw, b: right_loss(r.detach(), w, fr, fw, b),
}


@pytest.mark.parametrize("loss", [right_loss, bits, practice.book_loss])
def test_a_right_loss_written_another_way_is_accepted(loss, capsys):
    check_value(loss)
    check_gradient(loss)
    assert [line[0] for line in capsys.readouterr().out.splitlines()] == ["✓", "✓"]
    assert practice.checked(loss) is loss


@pytest.mark.parametrize("reason", WRONG_VALUE)
def test_a_wrong_value_is_named(reason, capsys):
    check_value(WRONG_VALUE[reason])
    said = capsys.readouterr().out
    assert "✗" in said
    assert reason in said
    assert practice.checked(WRONG_VALUE[reason]) is practice.book_loss


@pytest.mark.parametrize("reason", WRONG_GRADIENT)
def test_a_wrong_gradient_is_named(reason, capsys):
    check_value(WRONG_GRADIENT[reason])
    check_gradient(WRONG_GRADIENT[reason])
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("✓")
    assert second.startswith("✗")
    assert reason in second
    assert practice.checked(WRONG_GRADIENT[reason]) is practice.book_loss


@pytest.mark.parametrize("answer", [None, ...])
def test_what_is_not_written_yet_is_not_attempted(answer, capsys):
    check_value(lambda *_: answer)
    check_gradient(lambda *_: answer)
    assert [line[0] for line in capsys.readouterr().out.splitlines()] == ["○", "○"]
    assert practice.checked(lambda *_: answer) is practice.book_loss


def test_the_request_worked_by_hand_asks_for_its_call():
    assert prompt_of(by_hand.REQUEST)
    assert execute(written(by_hand.CALL)) == 5
    rows = by_hand.twin_rows()
    assert list(rows) == ["right", *TWINS]
    assert rows["right"]["result"] == "5"
    assert rows["format"]["result"].startswith("not JSON")
    numbers = [rows[kind]["result"] for kind in ("function", "argument", "order")]
    assert all(number.lstrip("-").isdigit() and number != "5" for number in numbers)
    assert rows["order"]["result"] == "-5"  # the reader who reads hastily
    parents, names = by_hand.drawn_tree()
    assert (parents, names) == ([-1, 0, 1, 1, 0], ["sub", "max", "9", "7", "4"])


def test_answers_to_the_requests_of_the_first_exercise_are_told_apart():
    (request, wanted), *_ = by_hand.ASKED.items()
    assert prompt_of(request.replace("17", "1 7"))
    name, first, second = wanted
    said = by_hand.said_of
    assert said(written(wanted), request) == "right"
    assert "wrong order" in said(written((name, second, first)), request)
    assert "function" in said(written(("mod", first, second)), request)
    assert "argument" in said(written((name, first, 4)), request)
    assert "more than one" in said(written(("mod", first, 4)), request)
    assert said("{", request).startswith("not JSON")
    assert "a text of JSON" in said(3, request)


def small():
    with seeded(0):
        return MobileLLM(net(16, 1))


def training_step(model, reference, optimizer, batch, beta):
    """The notebook's."""
    optimizer.zero_grad()
    right, wrong = practice.token_log_probs(model, batch)
    with torch.no_grad():
        before = practice.token_log_probs(reference, batch)
    loss = practice.book_loss(right, wrong, *before, beta)
    loss.backward()
    optimizer.step()
    return loss.item()


def test_a_drill_widens_the_margin_of_other_pairs_and_leaves_the_taught_net():
    problems = FunctionCalls().problems(60, "train", Random(0), most=1)
    pairs = taught_pairs(problems, Random(1), ("format",))
    watched = drill.Watched(problems[40:], pairs[40:])
    taught = small()
    before = deepcopy(taught.state_dict())
    found = drill.follow(training_step, taught, pairs[:40], watched, 3e-3, 12)
    assert found.steps == [0, 2, 4, 6, 8, 10, 12]
    margins = [(right - wrong).mean() for right, wrong in zip(found.right, found.wrong, strict=True)]
    assert margins[-1] > margins[0] + 0.5
    assert all(torch.equal(before[name], part) for name, part in taught.state_dict().items())
    assert list(found.rows())[-1] == "12 steps"
    after = drill.after_training(training_step, taught, pairs[:40], watched, 3e-3, 2)
    assert sum(after.values()) == pytest.approx(1)


def test_the_guarded_step_is_that_of_the_guarded_loss():
    batch = pair_rows(taught_pairs(FunctionCalls().problems(8, "train", Random(0)), Random(1)))
    model, reference = small(), small()
    with torch.no_grad():
        model.embed.weight.mul_(1.1)
    given = [part.sum(1) for one in (model, reference) for part in practice.token_log_probs(one, batch)]
    wanted = dpo(*given, 0.1, 7.0).item()
    assert wanted != pytest.approx(dpo(*given, 0.1).item())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    assert drill.guarded_step(7.0)(model, reference, optimizer, batch, 0.1) == pytest.approx(wanted)
