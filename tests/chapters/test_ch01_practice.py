"""Exercises of chapter 01: an independent right answer passes, planted wrong ones are rejected with a reason."""

import pytest
import torch

import recurse_lab as rl
from recurse_lab.chapters.ch01_iterate import practice
from recurse_lab.workbook import checks


def said(capsys, check):
    check()
    return capsys.readouterr().out


def right_solver(step, x, tolerance=1e-6):
    for _ in range(1000):
        after = step(x)
        if abs(after - x) < tolerance * abs(after):
            return after
        x = after
    return x


def check_solver(solve):
    for step, first, answer in practice.solver_cases():
        mistakes = {"it returns the first state": first, "it takes one step only": step(first)}
        checks.explained("it", lambda: solve(step, first), answer, mistakes, tolerance=1e-5)  # noqa: B023


@pytest.mark.parametrize(
    ("solve", "begins"),
    [
        (right_solver, "✓"),
        (lambda _, x: x, "✗ it: 50.13, it returns the first state"),
        (lambda step, x: step(x), "✗ it: 25.57"),
        (lambda step, x: step(step(step(x))), "✗"),
        (lambda *_: None, "○"),
    ],
)
def test_solver(solve, begins, capsys):
    lines = said(capsys, lambda: check_solver(solve)).splitlines()
    assert len(lines) == 4
    assert lines[0].startswith(begins[:1])
    assert all(line[0] == begins[0] for line in lines[:3])


def independent(net, optimizer, systems, iterates):
    outputs = torch.stack([thought.output for thought in rl.think(net, systems, 8, read=True)][1:], 1)
    errors = (outputs - iterates[:, 1:]).norm(dim=2) / iterates[:, 1:].norm(dim=2)
    loss = errors.pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def wrong(change):
    def step(net, optimizer, systems, iterates):
        thoughts = list(rl.think(net, systems, 8, read=True))
        if change != "kept":
            optimizer.zero_grad()
        asked = thoughts[-1:] if change == "end" else thoughts[1:]
        late = 1 if change == "late" else 0
        errors = [
            (one.output - iterates[:, one.step - late]).norm(dim=1) / iterates[:, one.step].norm(dim=1)
            for one in asked
        ]
        losses = torch.stack(errors).pow(2)
        loss = losses.mean(1).sum() if change == "sum" else losses.mean()
        loss.backward()
        if change != "no step":
            optimizer.step()
        return loss.item()

    return step


@pytest.mark.parametrize(
    ("step", "number", "says"),
    [
        (independent, 1, "✓"),
        (independent, 3, "✓"),
        (wrong("end"), 1, "only the last of the 8 answers"),
        (wrong("late"), 1, "compared with iterate k - 1"),
        (wrong("sum"), 1, "added, not averaged"),
        (wrong("kept"), 3, "not cleared"),
        (wrong("no step"), 3, "the weights do not change"),
        (lambda *_: None, 1, "not attempted"),
    ],
)
def test_training_step(step, number, says, capsys):
    line = said(
        capsys,
        lambda: checks.explained(
            "it",
            lambda: practice.loss_after(step, number),
            practice.loss_with("", number),
            practice.mistakes(number),
            tolerance=2e-4,
        ),
    )
    assert says in line


def test_practice_trains_with_the_readers_step_or_the_books():
    calls = []

    def counted(*given):
        calls.append(1)
        return independent(*given)

    _, mine = practice.practice(counted, 0, steps=3)
    _, books = practice.practice(lambda *_: None, 0, steps=3)
    assert len(calls) == 3
    assert mine == pytest.approx(books, rel=1e-4)


def test_a_step_that_fails_does_not_stop_the_notebook(capsys):
    def broken(*_):
        raise KeyError("mine")

    for step in (broken, lambda *_: float("nan")):
        _, losses = practice.practice(step, 0, steps=2)
        assert len(losses) == 2
        assert "The book's own runs instead" in capsys.readouterr().out


def solved_densely(step, z, weights, g):
    jacobian = torch.autograd.functional.jacobian(lambda z: step(z, weights), z)
    u = torch.linalg.solve((torch.eye(3) - jacobian).T, g)
    return torch.autograd.grad(step(z, weights), weights, u)[0]


@pytest.mark.parametrize(
    ("gradient", "says"),
    [
        (solved_densely, "✓"),
        (
            lambda step, z, w, g: torch.autograd.grad(step(z, w), w, g)[0],
            "only the last step is differentiated",
        ),
        (lambda step, z, w, g: -solved_densely(step, z, w, g), "✗"),
        (lambda step, z, w, g: 2 * solved_densely(step, z, w, g), "g is added twice"),
        (lambda step, z, w, g: solved_densely(step, z, w, g).T, "✗"),
        (lambda *_: None, "not attempted"),
    ],
)
def test_implicit_gradient(gradient, says, capsys):
    case = practice.implicit_case()

    def number():
        return practice.projected(gradient(case.step, case.z, case.weights, case.g))

    right = practice.projected(case.unrolled())
    line = said(capsys, lambda: checks.explained("it", number, right, case.mistakes()))
    assert says in line
