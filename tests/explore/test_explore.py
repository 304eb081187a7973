"""The explorer without a browser: moving a widget changes the figure and the verdict."""

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest
import torch

from recurse_lab.explore import Example, Explorer, thoughts
from recurse_lab.measure.latents import Trace
from recurse_lab.tasks.base import Batch
from recurse_lab.workbook.start import Lab

TARGETS = np.array([1, 0, 1, -100])


def example(steps, targets=TARGETS):
    """One more cell is right after each iteration."""
    asked = np.where(targets < 0, 0, targets)
    answers = np.stack(
        [np.where(np.arange(len(asked)) < step, asked, 1 - asked) for step in range(steps + 1)]
    )
    return Example(answers=answers, targets=targets, residual=0.1 ** np.arange(1, steps + 1))


SOLVED = np.array([[1, 2, 3, 4], [3, 4, 1, 2], [2, 1, 4, 3], [4, 3, 2, 1]])


def puzzle(steps=4):
    """One more row of a 4x4 Sudoku is right after each iteration; the givens (half of the cells) never are."""
    givens = np.where(SOLVED < 3, SOLVED, 0)
    done = np.arange(4)[:, None] < np.arange(steps + 1)[:, None, None]
    answers = np.where(done & (givens == 0), SOLVED, SOLVED % 4 + 1)
    residual = 0.1 ** np.arange(1, steps + 1)
    return Batch(torch.tensor(givens).reshape(1, 16), torch.tensor(SOLVED).reshape(1, 16)), Trace(
        answers=answers.reshape(steps + 1, 1, 16),
        confidence=np.full((steps + 1, 1, 16), 0.5),
        residual=residual[:, None],
        moved=residual[:, None],
    )


@pytest.fixture
def lab():
    return Lab(chapter="03", profile="smoke", seed=0, jobs=1)


@pytest.fixture
def explorer():
    return Explorer({"short": example(4), "long": example(6, 1 - TARGETS)})


def shown(explorer):
    """The figure in the explorer's output."""
    (output,) = explorer.output.outputs
    return go.Figure(output["data"]["application/vnd.plotly.v1+json"])


def title(figure):
    return figure.layout.title.text


def board(explorer):
    return np.array(shown(explorer).data[0].z).tolist()


def test_moving_the_step_shows_that_iteration(explorer):
    explorer.widget()
    assert title(shown(explorer)) == "After 0 iterations: 0 of 3 cells right"
    first = board(explorer)
    for step in (1, 3, 2):
        explorer.step.value = step
        figure = shown(explorer)
        assert title(figure) == f"After {step} iterations: {step} of 3 cells right"
        assert board(explorer) != first
        assert len(figure.data[1].x) == 3 - step
        assert list(figure.data[3].x) == [step]
        assert not figure.frames
        assert not figure.layout.sliders


def test_choosing_a_problem_shows_it_and_fits_the_slider(explorer):
    explorer.problem.value = "long"
    assert explorer.step.max == 6
    explorer.step.value = 6
    other = board(explorer)
    explorer.problem.value = "short"
    assert (explorer.step.max, explorer.step.value) == (4, 4)
    assert title(shown(explorer)).startswith("After 4 iterations")
    assert board(explorer) != other
    assert explorer.example is explorer.examples["short"]


def test_moving_the_threshold_changes_what_is_said(explorer):
    explorer.threshold.value = 1e-2
    assert "<b>3</b> of 4 iterations; 100% of the cells" in explorer.verdict.value
    explorer.threshold.value = 10**-1.5
    assert "<b>2</b> of 4 iterations; 67% of the cells" in explorer.verdict.value
    explorer.problem.value = "long"
    assert "<b>2</b> of 6 iterations" in explorer.verdict.value


@pytest.mark.parametrize(
    ("residual", "threshold", "expected"),
    [
        ([0.5, 0.1, 0.01], 0.2, 2),
        ([0.5, 0.1, 0.01], 0.1, 3),
        ([0.5, 0.001, 0.5], 0.01, 2),
        ([0.5, 0.4], 0.1, 2),
    ],
)
def test_halting_by_hand(residual, threshold, expected):
    steps = len(residual)
    case = Example(answers=np.zeros((steps + 1, 4)), targets=TARGETS, residual=np.array(residual))
    assert case.halt(threshold) == expected


def test_without_a_kernel_it_is_a_figure_with_a_slider(explorer, monkeypatch):
    shown = []
    monkeypatch.setattr(thoughts, "display", shown.append)
    explorer._ipython_display_()
    assert len(shown[0].frames) == len(shown[0].layout.sliders[0].steps) == 5
    assert title(explorer.figure()) == "The answer after every iteration"


def test_an_explorer_needs_an_example():
    with pytest.raises(ValueError, match="at least one example"):
        Explorer({})


def test_a_sudoku_is_shown_as_a_board_of_digits(lab):
    explorer = lab.explore({"4x4": puzzle()}, kind="sudoku")
    (case,) = explorer.examples.values()
    assert case.answers.shape == case.confidence.shape == (5, 4, 4)
    assert case.givens.shape == case.targets.shape == (4, 4)
    assert case.targets.tolist() == SOLVED.tolist()
    assert [frame.name for frame in explorer.figure().frames] == list("01234")
    explorer.widget()
    for step in (0, 3, 1):
        explorer.step.value = step
        figure = shown(explorer)
        assert title(figure) == f"After {step} iterations: {2 * step} of 8 blank cells right"
        by_name = {trace.name: trace for trace in figure.data}
        assert len(by_name["wrong"].x) == 8 - 2 * step
        assert sum(map(bool, by_name["right"].text)) == 2 * step
        assert len(by_name["right"].x) == 8
        assert list(by_name["now"].x) == [max(step, 1)]
        assert not figure.frames


def test_of_a_sudoku_blank_cells_alone_count(lab):
    explorer = lab.explore({"4x4": puzzle()}, kind="sudoku")
    explorer.threshold.value = 10**-1.5
    assert "<b>2</b> of 4 iterations; 50% of the blank cells" in explorer.verdict.value


def test_rows_of_bits_and_mazes_need_no_kind(lab):
    batch, seen = puzzle()
    assert lab.explore({"bits": (batch, seen)}).example.givens is None
    assert lab.explore({"bits": (batch, seen)}).example.answers.shape == (5, 16)
    square = Batch(*(part.reshape(1, 4, 4) for part in batch))
    seen = replace(seen, answers=seen.answers.reshape(5, 1, 4, 4))
    assert lab.explore({"maze": (square, seen)}).example.maze.shape == (4, 4)


def test_unknown_kinds_and_boards_that_are_not_square_are_refused(lab):
    with pytest.raises(ValueError, match=r"\Akind must be one of cells, sudoku, not 'chess'\Z"):
        lab.explore({"4x4": puzzle()}, kind="chess")
    batch, seen = puzzle()
    for wrong in (batch.inputs[:, 1:], batch.inputs.reshape(1, 4, 4)):
        with pytest.raises(ValueError, match=r"\Aa Sudoku has 16, 36 or 81 cells in a row, not \([^\n]+\Z"):
            lab.explore({"4x4": (Batch(wrong, wrong), seen)}, kind="sudoku")
    with pytest.raises(ValueError, match="needs the confidence"):
        Example(answers=SOLVED[None], targets=SOLVED, residual=np.zeros(0), givens=SOLVED)
