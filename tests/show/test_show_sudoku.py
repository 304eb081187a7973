"""The figures of the Sudoku chapters equal counts by hand on small boards, arms and heads."""

from types import SimpleNamespace

import numpy as np
import pytest

from recurse_lab import show
from recurse_lab.show.verdicts import _round_numbers, _short

ONE_LINE = r"\A[^\n]+\Z"
SOLVED = np.array([[1, 2, 3, 4], [3, 4, 1, 2], [2, 1, 4, 3], [4, 3, 2, 1]])
GIVENS = np.where(SOLVED < 3, SOLVED, 0)  # 8 blank cells


def named(fig, name):
    return [trace for trace in fig.data if trace.name == name]


def board(answers, confidence=0.5, most=40):
    residual = 0.1 ** np.arange(1, len(answers))
    confidence = np.broadcast_to(confidence, answers.shape)
    return show.board_scrubber(GIVENS, answers, SOLVED, confidence, residual, most)


def one_wrong_then_none():
    """All blank cells are right but the last of row 1; a given is answered wrongly, which does not count."""
    answers = np.stack([SOLVED, SOLVED, SOLVED])
    answers[:2, 0, 3] = 3
    answers[:, 0, 0] = 4
    return answers


def test_a_board_counts_and_strikes_out_wrong_blank_cells():
    fig = board(one_wrong_then_none())
    assert [frame.layout.title.text for frame in fig.frames] == [
        f"After {step} iterations: {right} of 8 blank cells right" for step, right in enumerate((7, 7, 8))
    ]
    assert fig.layout.title.text == fig.frames[0].layout.title.text
    wrong = [[list(frame.data[2][key]) for key in ("x", "y", "text")] for frame in fig.frames]
    assert wrong == [[[4], [1], ["3"]]] * 2 + [[[], [], []]]
    (struck,) = named(fig, "wrong")
    assert [list(struck[key]) for key in ("x", "y", "text")] == wrong[0]
    assert "markers" in struck.mode
    assert struck.textfont.color == struck.marker.line.color != named(fig, "right")[0].textfont.color


def test_a_board_writes_each_digit_once():
    fig = board(one_wrong_then_none())
    for frame in fig.frames:
        shown = {}
        said, wrong = frame.data[1], frame.data[2]
        places = named(fig, "right")[0]
        given = named(fig, "digits given")[0]
        for x, y, text in [
            *zip(places.x, places.y, said.text, strict=True),
            *zip(wrong.x, wrong.y, wrong.text, strict=True),
            *zip(given.x, given.y, given.text, strict=True),
        ]:
            if text:
                assert shown.setdefault((y, x), text) == text
        assert len(shown) == 16
        assert {place for place, text in shown.items() if text.startswith("<b>")} == {
            (row + 1, column + 1) for row, column in zip(*np.nonzero(GIVENS), strict=True)
        }
    assert shown[1, 3] == "3"
    assert shown[1, 1] == "<b>1</b>"


def test_shades_are_confidence_and_leave_givens_out():
    confidence = np.linspace(0, 1, 3)[:, None, None]
    frames = board(one_wrong_then_none(), confidence).frames
    for step, frame in enumerate(frames):
        shades = np.array(frame.data[0].z, dtype=object)
        assert set(shades[GIVENS == 0]) == {50 * step}
        assert set(shades[GIVENS > 0]) == {None}
    assert [list(frame.data[3].x) for frame in frames] == [[1], [1], [2]]
    assert [frame.data[3].y[0] for frame in frames] == pytest.approx([0.1, 0.1, 0.01])


@pytest.mark.parametrize(("side", "box"), [(4, (2, 2)), (6, (2, 3)), (9, (3, 3))])
def test_thick_lines_run_around_boxes(side, box):
    givens = np.ones((side, side), dtype=int)
    fig = show.board_map(np.zeros((side, side)), givens, "title", "unit")
    thin, thick = named(fig, "lines")
    assert thick.line.width > thin.line.width
    rows = {y - 0.5 for y, end in zip(thick.y, thick.y[1:], strict=False) if y == end and y is not None}
    columns = {x - 0.5 for x, end in zip(thick.x, thick.x[1:], strict=False) if x == end and x is not None}
    assert rows == set(range(0, side + 1, box[0]))
    assert columns == set(range(0, side + 1, box[1]))
    assert fig.layout.yaxis.range[0] > fig.layout.yaxis.range[1]  # the first row on top


@pytest.mark.parametrize("wrong", range(5))
def test_a_board_refuses_shapes_that_do_not_fit(wrong):
    answers = one_wrong_then_none()
    parts = [GIVENS, answers, SOLVED, answers / 4, np.ones(2)]
    show.board_scrubber(*parts)
    parts[wrong] = parts[wrong][1:]
    with pytest.raises(ValueError, match="do not fit") as caught:
        show.board_scrubber(*parts)
    assert "\n" not in str(caught.value)


def test_boards_of_other_sides_are_refused():
    with pytest.raises(ValueError, match=r"4x4, 6x6 or 9x9, not \(5, 5\)"):
        show.board_map(np.zeros((5, 5)), np.zeros((5, 5), dtype=int), "title", "unit")
    with pytest.raises(ValueError, match=r"values \(4, 4\) and givens \(6, 6\) do not fit"):
        show.board_map(np.zeros((4, 4)), np.zeros((6, 6), dtype=int), "title", "unit")


def test_a_long_thought_is_thinned_to_its_ends():
    names = [frame.name for frame in board(np.stack([SOLVED] * 101), most=5).frames]
    assert names == ["0", "25", "50", "75", "100"]


def test_a_map_writes_the_number_of_every_blank_cell():
    values = np.arange(16.0).reshape(4, 4)
    values[0, 2] = np.nan
    fig = show.board_map(values, GIVENS, "Settled", "iteration")
    (numbers,) = named(fig, "numbers")
    assert list(numbers.text) == ["–", "3", "4", "5", "10", "11", "12", "13"]
    assert (numbers.x[1], numbers.y[1]) == (4, 1)
    assert fig.data[1].z[0] == [None, None, None, 3]
    assert fig.data[1].colorbar.title.text == "iteration"


@pytest.mark.parametrize(("steps", "right"), [((3,), (4,)), ((2, 2), (2, 2)), ((0,), (0,))])
def test_a_head_needs_one_value_a_board(steps, right):
    with pytest.raises(ValueError, match=ONE_LINE):
        show.calibration(np.ones(steps), np.ones(right, dtype=bool))


def test_a_head_by_hand():
    probability = np.array([0.1, 0.2, 0.6, 1.0, np.nan])
    fig = show.calibration(probability, np.array([False, True, False, True, True]), bins=2)
    diagonal, bins = fig.data
    assert (diagonal.x, diagonal.y, diagonal.line.dash) == ((0, 1), (0, 1), "dash")
    assert bins.x == pytest.approx((0.15, 0.8))
    assert bins.y == pytest.approx((0.5, 0.5))
    assert (bins.marker.size, bins.marker.sizemode) == ((2, 2), "area")


def test_a_grid_of_loops_writes_every_share():
    fig = show.loops_grid(np.array([[0.125, np.nan], [1, 0.5]]), [2, 16], [1, 32])
    (cells,) = fig.data
    assert [list(row) for row in cells.text] == [["0.12", "–"], ["1.00", "0.50"]]
    assert (cells.x, cells.y) == (("1", "32"), ("2", "16"))
    assert fig.layout.xaxis.type == fig.layout.yaxis.type == "category"
    with pytest.raises(ValueError, match="must be 3 rows of 2 columns"):
        show.loops_grid(np.zeros((2, 3)), [1, 2, 3], [1, 2])


def test_by_step_has_the_range_of_its_data():
    fig = show.by_step({"a": {1: 0.0, 4: 30.0}}, "t", "y")
    assert fig.layout.yaxis.range is None
    assert (fig.data[0].x, fig.data[0].y) == ((1, 4), (0, 30))


def test_accuracy_is_counted_in_the_unit_that_is_named():
    fig = show.accuracy_by_steps({"a": {1: 0.5, 2: 1.0}}, trained_steps=16, unit="supervision steps")
    assert fig.layout.xaxis.title.text == "supervision steps (logarithmic)"
    assert "supervision steps" in fig.layout.meta["alt"]
    assert fig.layout.annotations[0].text.endswith("up to 16 supervision steps")


def arm(label, values, recorded=False, params=1000, name=""):
    seeds = dict(enumerate(values))
    return SimpleNamespace(name=name, label=label, params=params, values=seeds, recorded=recorded)


@pytest.mark.parametrize("baseline", ["b", "the second"])
def test_ablations_by_hand(baseline):
    arms = [arm("first", [0.1, 0.3]), arm("the second", [0.5, 0.7], name="b"), arm("third", [0.9], True)]
    fig = show.ablations(arms, "share", baseline, title="Three nets")
    assert fig.layout.title.text == "Three nets"
    means, *seeds = fig.data
    assert means.x == pytest.approx((0.2, 0.6, 0.9))
    assert [trace.x for trace in seeds] == [(0.1, 0.3), (0.5, 0.7), (0.9,)]
    assert [round(np.mean(trace.y), 9) for trace in seeds] == [0, 1, 2]
    assert ["-open" in trace.marker.symbol for trace in seeds] == [False, False, True]
    assert seeds[0].marker.symbol != seeds[1].marker.symbol  # the baseline can be told apart without color
    (line,) = fig.layout.shapes
    assert (line.x0, line.x1, line.line.dash) == pytest.approx((0.6, 0.6, "dash"))
    assert list(fig.layout.yaxis.ticktext) == ["first", "the second", "third"]
    assert fig.layout.yaxis.range[0] > fig.layout.yaxis.range[1]  # the first arm on top


def test_ablations_need_their_baseline():
    with pytest.raises(ValueError, match="no arm 'c'; there are a, b"):
        show.ablations([arm("a", [1]), arm("b", [1])], "share", "c")


def test_a_baseline_without_a_mean_has_no_line():
    assert not show.ablations([arm("a", [np.nan]), arm("b", [1])], "share", "a").layout.shapes


@pytest.mark.parametrize(
    ("nets", "label"), [(3, "net"), (10, "net"), (10, "a net with a label that is folded, number")]
)
def test_a_scale_plot_is_high_enough_for_its_legend(nets, label):
    fig = show.scale_plot([arm(f"{label} {number}", [0.5]) for number in range(nets)], "share")
    lines = sum(trace.name.count("<br>") + 1 for trace in fig.data)
    assert lines == nets * (1 + (len(label) > 32))
    margins = fig.layout.template.layout.margin
    assert fig.layout.height >= max(400, margins.t + margins.b + 20 * lines)


@pytest.mark.parametrize(
    ("params", "ticks"),
    [
        ([20_512, 331_000], [20_000, 50_000, 100_000, 200_000]),
        ([25_000, 1_600_000], [20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000]),
        ([31_000, 37_000], [31_000, 37_000]),
        ([100, 1_000_000], [100, 1_000, 10_000, 100_000, 1_000_000]),
    ],
)
def test_ticks_of_scale_are_round_numbers_over_the_data(params, ticks):
    assert _round_numbers(params) == ticks
    fig = show.scale_plot([arm(str(size), [0.5], params=size) for size in params], "share", "A title")
    assert list(fig.layout.xaxis.tickvals) == ticks
    assert list(fig.layout.xaxis.ticktext) == [_short(tick) for tick in ticks]
    assert fig.layout.title.text == "A title"


def test_numbers_are_written_short():
    numbers = (20, 999, 1_000, 25_000, 999_999, 1_600_000, 10_000_000)
    assert [_short(number) for number in numbers] == ["20", "999", "1k", "25k", "1M", "1.6M", "10M"]
