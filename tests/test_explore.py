"""The explorer without a browser: moving a widget changes what is shown and what is said."""

import numpy as np
import plotly.graph_objects as go
import pytest

from recurse_lab.explore import Example, Explorer, thoughts

TARGETS = np.array([1, 0, 1, -100])


def example(steps, targets=TARGETS):
    """One more cell right after each iteration."""
    asked = np.where(targets < 0, 0, targets)
    answers = np.stack(
        [np.where(np.arange(len(asked)) < step, asked, 1 - asked) for step in range(steps + 1)]
    )
    return Example(answers=answers, targets=targets, residual=0.1 ** np.arange(1, steps + 1))


@pytest.fixture
def explorer():
    return Explorer({"short": example(4), "long": example(6, 1 - TARGETS)})


def shown(explorer):
    """The figure that stands in the page now."""
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
