"""Every figure has titles and alt text, valid and small JSON, and sliders that point at existing frames."""

import json
from types import SimpleNamespace

import numpy as np
import plotly.graph_objects as go
import pytest

from recurse_lab import show
from recurse_lab.show.curves import fit_line
from recurse_lab.show.grids import ARC_COLORS
from recurse_lab.show.theme import plain, style

NAN, INF = float("nan"), float("inf")
RANDOM = np.random.default_rng(0)


def falling(bad, shape=(100, 8)):
    """Residuals that fall, with `bad` numbers at the end."""
    values = np.exp(-np.arange(shape[0])[:, None] / 9) * RANDOM.uniform(0.5, 2, shape)
    values[-2:, 0] = bad
    return values


def bits(bad, length=64, steps=100):
    answers = RANDOM.integers(0, 2, (steps + 1, length))
    return show.thought_scrubber(answers, answers[-1], falling(bad, (steps, 1))[:, 0])


def maze(bad, side=11, steps=100):
    answers = RANDOM.integers(0, 2, (steps + 1, side, side))
    targets = np.where(RANDOM.random((side, side)) < 0.5, -100, answers[-1])
    symbols = RANDOM.integers(0, 4, (side, side))
    return show.thought_scrubber(answers, targets, falling(bad, (steps, 1))[:, 0], symbols)


def spectrum(step, bad=0.5):
    values = RANDOM.normal(size=(2, 2048)) / 3
    values[0, 0] = bad
    return step, values[0] + 1j * values[1]


def arm(bad, recorded=False):
    return SimpleNamespace(
        label="a net with a name", params=20_512, values={0: 0.5, 1: bad}, recorded=recorded
    )


def effect(bad):
    return SimpleNamespace(mean=bad, low=0.1, high=0.9)


def panels(_):
    """Three tests, one without an input; grids that are missing, small, flat and of full size."""
    one, flat = show.Panel("input", RANDOM.integers(0, 10, (3, 3))), RANDOM.integers(0, 10, (1, 5))
    full = show.Panel("first guess", RANDOM.integers(0, 10, (30, 30)), right=False)
    rows = [
        [one, show.Panel("answer", flat), full],
        [one, show.Panel("second guess", None, right=False)],
        [one],
    ]
    return show.grid_rows(rows, "Three tests", ["a", "b", "c"])


def solution(side):
    """A grid in which every row, column and box holds every digit."""
    high, wide = {4: (2, 2), 6: (2, 3), 9: (3, 3)}[side]
    return np.array(
        [[(wide * (r % high) + r // high + c) % side + 1 for c in range(side)] for r in range(side)]
    )


def sudoku(bad, side=9, steps=100, blanks=0.7):
    solved = solution(side)
    random = np.random.default_rng(0)  # its own: the size of the figure must not depend on other tests
    givens = np.where(random.random((side, side)) < blanks, 0, solved)
    answers = random.integers(0, side + 1, (steps + 1, side, side))
    answers[-1] = solved
    confidence = random.random(answers.shape)
    confidence[0] = bad
    return show.board_scrubber(givens, answers, solved, confidence, falling(bad, (steps, 1))[:, 0])


def settled(bad, side=6):
    values = RANDOM.integers(0, 16, (side, side)).astype(float)
    values[0, 0] = bad
    givens = np.where(np.arange(side**2).reshape(side, side) % 3, 0, solution(side))
    givens[0, 0] = 0
    return show.board_map(values, givens, "Iteration at which each cell settled", "iteration")


def head(bad):
    probability = np.append(RANDOM.random(999), bad)
    return show.calibration(probability, RANDOM.random(1000) < probability)


def advance(bad):
    curve = np.append(np.linspace(0, 1, 127), bad)
    return curve, {"net": curve, "other net": -curve}


def tree(_):
    answers = RANDOM.integers(0, 6, (20, 16))
    parents = [0, *range(15)]
    places = [(node % 4, node) for node in range(16)]
    return show.settled_tree(places, parents, answers, answers == answers[-1], "A tree")


# (a (b 3 1) 5): its nodes, and what a net says of them at first and in the end
TREE = ([-1, 0, 1, 1, 0], ["a", "b", "3", "1", "5"], [1, 6, 3, 1, 5])
SAID = np.array([[0, 0, 3, 1, 0], [0, 6, 3, 1, 5], [1, 6, 3, 1, 5]])


BOARD = np.array([[1, 2], [2, 1]])


def drift(bad):
    right = [np.array([-1.0, -2.0, bad]), np.array([-3.0, bad, -4.0])]
    return show.pairs_drift([0, 25], right, [part - 1 for part in right], "Pairs")


FIGURES = {
    "learning_curves": lambda bad: show.learning_curves({"a": [[0.5, 0.7, bad] * 300] * 5, "b": [[0.5]] * 2}),
    "accuracy_by_steps": lambda bad: show.accuracy_by_steps(
        {"16": {0: 0.1, 1: 0.2, 9: bad}}, trained_steps=8
    ),
    "accuracy_by_length": lambda bad: show.accuracy_by_length({"a": {16: [0.5, bad], 32: [0.1]}}, ["a"]),
    "steps_needed_line": lambda _: show.steps_needed_line(
        [16, 32, 64], {"seed 0": [9, 18, None], "seed 1": [None] * 3, "seed 2": [4, 9, 30]}
    ),
    "halting_tradeoff": lambda bad: show.halting_tradeoff({"rule": ([1.0, 2.0, bad], [0.1, bad, 0.9])}),
    "residuals": lambda bad: show.residuals({"a": falling(bad), "b": falling(bad)}, threshold=1e-3),
    "pca_paths": lambda bad: show.pca_paths({"zeros": falling(bad, (200, 2))[:, None]}),
    "eigenvalues": lambda bad: show.eigenvalues([spectrum(step, bad) for step in range(12)]),
    "radius_by_step": lambda bad: show.radius_by_step([1.2, bad, 0.8], 2),
    "settling_map": lambda _: show.settling_map(RANDOM.random((100, 64)) < 0.5),
    "strip": lambda bad: show.strip([arm(bad), arm(bad, recorded=True)], "share right"),
    "scale_plot": lambda bad: show.scale_plot([arm(bad), arm(bad, recorded=True)], "share right"),
    "intervals": lambda bad: show.intervals({"a": effect(bad), "b": effect(0.4)}, margin=0.1),
    "grid_rows": panels,
    "ablations": lambda bad: show.ablations([arm(bad), arm(0.5, recorded=True)] * 9, "share", arm(0).label),
    "board_map": settled,
    "board_scrubber": sudoku,
    "board_scrubber of 6x6": lambda bad: sudoku(bad, side=6, steps=16),
    "by_step": lambda bad: show.by_step({"a": {1: 0.5, 2: bad}, "b": {1: 0.2, 16: 0.9}}, "Steps", "share"),
    "calibration": head,
    "loops_grid": lambda bad: show.loops_grid(np.array([[0.1, 0.2], [bad, 0.4]]), [2, 4], [1, 16]),
    "by_families": lambda bad: show.by_families({"a": {4: [0.1, bad], 64: [0.9]}}, "share"),
    "descent_paths": lambda _: show.descent_paths({"a": (np.eye(2), np.ones(2), np.zeros((4, 2)))}),
    "error_by_step": lambda bad: show.error_by_step({"a": {1: 0.5, 128: bad}}, "Errors", "error", trained=8),
    "progress": lambda bad: show.progress([(f"problem {number}", *advance(bad)) for number in (1, 2, 3)], 8),
    "spectra": lambda bad: show.spectra({"a": [np.array([0.5, bad])], "b": [np.ones(4)] * 5}, "Sizes"),
    "by_size": lambda bad: show.by_size(
        {"a": {6: [0.9, bad], 12: [0.5]}}, "Right", "items", trained=6, reference={"b": {6: [bad], 12: [0.1]}}
    ),
    "error_kinds": lambda bad: show.error_kinds(
        {"a": {"local": [0.1, bad]}, "b": {"local": [0.2, 0.1]}}, "Errors", "node", {1: "d2", 2: "d1"}
    ),
    "graph": lambda _: show.graph(
        [(0, 0, "1", "x"), (1, 0, "2", "d")], [(0, 1)], "Graph", "Two nodes, one a number, and an arrow."
    ),
    "settled_tree": tree,
    "along": lambda bad: show.along(
        {"a": [0.5, bad], "b": [0.1] * 8}, "Shares", "place", "share", share=True
    ),
    "similarities": lambda bad: show.similarities({"a": [[1, bad], [bad, 1]], "b": [[1]]}, "Updates"),
    "expression": lambda _: show.expression(*TREE[:2], "A tree"),
    "evaluation": lambda _: show.evaluation(*TREE, SAID, "A tree."),
    "row_of_boards": lambda _: show.row_of_boards(BOARD, BOARD[None], ["the board", "A"], "Boards"),
    "fan": lambda bad: show.fan(np.array([[[0, 0]], [[1, bad]]]), ["A"], "Draws"),
    "by_price": lambda bad: show.by_price({"a": {1.0: 0.5, 2.0: bad}}, "Price", "MFLOP", "share"),
    "kinds_of_answers": lambda bad: show.kinds_of_answers({"net": {"right": 0.7, "order": bad}}, "Kinds"),
    "along_training": lambda bad: show.along_training(
        {"a": {0: 0.5, 25: bad}}, {"b": {0: 0, 25: bad}}, "DPO"
    ),
    "pairs_drift": drift,
    "candidates": lambda bad: show.candidates(
        ["right", "order"], {"a": [-1, bad], "b": [-2, -3]}, "add 1 to 2"
    ),
    "by_round": lambda bad: show.by_round({"a": {0: 0.1, 1: bad}}, "Rounds", "share"),
    "precision_by_share": lambda bad: show.precision_by_share(
        {"before": {"rules": {0.1: 1.0, 0.5: bad}}, "after": {"rules": {0.1: 1.0, 0.5: 0.9}}}, "Kept"
    ),
    "gain_against_gap": lambda bad: show.gain_against_gap({"rules": [(0.5, 0.2), (0.9, bad)]}, "Gain"),
    "strands": lambda _: show.strands([(1, 0, 2), (0, 2, 1)], "Two shuffles"),
    "thought_scrubber": bits,
    "thought_scrubber of a maze": maze,
}
all_figures = pytest.mark.parametrize("name", FIGURES)
WITH_SLIDER = (
    "board_scrubber",
    "board_scrubber of 6x6",
    "eigenvalues",
    "evaluation",
    "pairs_drift",
    "precision_by_share",
    "progress",
    "settled_tree",
    "thought_scrubber",
    "thought_scrubber of a maze",
)


def strict(fig):
    """The figure as JSON with its numbers unchanged; plotly's own writer would hide a NaN."""
    return json.dumps(fig.to_plotly_json(), allow_nan=False, default=lambda array: array.tolist())


def test_every_exported_figure_is_tested():
    assert {name.split(" ")[0] for name in FIGURES} == set(show.__all__) - {"Panel", "fit_line"}


def has_words(axis, traces, letter):
    categories = any(isinstance(value, str) for trace in traces for value in (trace[letter] or ()))
    return bool(axis.title.text or axis.ticktext or axis.visible is False or axis.matches or categories)


@all_figures
def test_figures_have_words(name):
    fig = FIGURES[name](0.5)
    assert isinstance(fig, go.Figure)
    assert fig.data
    assert fig.layout.title.text
    assert len(fig.layout.meta["alt"]) > 30
    assert all(has_words(axis, fig.data, "x") for axis in fig.select_xaxes())
    assert all(has_words(axis, fig.data, "y") for axis in fig.select_yaxes())


@all_figures
@pytest.mark.parametrize("bad", [0.5, NAN, INF, -INF], ids=str)
def test_figures_are_strict_json(name, bad):
    assert json.loads(strict(FIGURES[name](bad)))["data"]


@all_figures
def test_figures_are_small(name):
    assert len(FIGURES[name](0.5).to_json()) < 60_000


@pytest.mark.parametrize("name", WITH_SLIDER)
def test_sliders_point_at_frames_that_exist(name):
    fig = FIGURES[name](0.5)
    frames = [frame.name for frame in fig.frames]
    (slider,) = fig.layout.sliders
    assert [step.args[0][0] for step in slider.steps] == [step.label for step in slider.steps] == frames
    assert len(set(frames)) == len(frames) > 1
    assert all(len(frame.traces) == len(frame.data) for frame in fig.frames)
    assert {index for frame in fig.frames for index in frame.traces} <= set(range(len(fig.data)))
    assert frames[-1] in fig.frames[-1].layout.title.text


@pytest.mark.parametrize("name", sorted(set(FIGURES) - set(WITH_SLIDER)))
def test_other_figures_have_no_slider(name):
    fig = FIGURES[name](0.5)
    assert not fig.layout.sliders
    assert not fig.frames


def test_a_learning_curve_of_one_entry_is_a_point_and_low_shares_are_seen():
    fig = show.learning_curves({"a": [[0.1], [0.3]], "b": [[0.5], [0.7]]})
    assert [trace.mode for trace in fig.data if trace.name] == ["markers"] * 2
    assert fig.layout.yaxis.range[0] < 0.1
    longer = show.learning_curves({"a": [[0.5, 0.6]]})
    assert [trace.mode for trace in longer.data] == ["lines"]
    assert longer.layout.yaxis.range[0] == 0.4


def test_a_scrubber_counts_and_marks_wrong_cells():
    answers, targets = np.array([[0, 0, 1], [0, 1, 1], [1, 1, 0]]), np.array([1, 1, -100])
    fig = show.thought_scrubber(answers, targets, np.array([0.5, 0.0]))
    crosses = [list(frame.data[1].x) for frame in fig.frames]
    assert crosses == [[0, 1], [0], []]
    assert list(fig.data[1].x) == [0, 1]
    assert [frame.layout.title.text for frame in fig.frames] == [
        f"After {step} iterations: {step} of 2 cells right" for step in range(3)
    ]
    assert [list(frame.data[2].x) for frame in fig.frames] == [[1], [1], [2]]
    assert fig.frames[2].data[2].y[0] > 0


@pytest.mark.parametrize("shapes", [((3, 4), (5,), (2,)), ((3, 4), (4,), (3,))])
def test_a_scrubber_refuses_shapes_that_do_not_fit(shapes):
    with pytest.raises(ValueError, match="do not fit"):
        show.thought_scrubber(*(np.zeros(shape) for shape in shapes))


def test_every_grid_has_a_panel_that_says_whether_it_is_right():
    rows = [
        [show.Panel("input", np.array([[0, 5, 9]])), show.Panel("guess", np.array([[1], [2]]), right=True)],
        [show.Panel("input", np.array([[3]])), show.Panel("guess", None, right=False)],
        [show.Panel("input", np.array([[4]])), show.Panel("guess", np.array([[6]]), right=False)],
    ]
    fig = show.grid_rows(rows, "Three tests", ["one", "two", "three"])
    drawn = [panel.grid for row in rows for panel in row if panel.grid is not None]
    assert [np.array(trace.z).tolist() for trace in fig.data] == [grid.tolist() for grid in drawn]
    assert len({trace.xaxis for trace in fig.data}) == len(fig.layout.shapes) == len(drawn) == 5
    titles = [note.text for note in fig.layout.annotations]
    assert titles == [
        "input",
        "✓ guess",
        "input",
        "✗ guess: no grid",
        "input",
        "✗ guess",
        "one",
        "two",
        "three",
    ]
    assert fig.layout.meta["alt"] == (
        "Colored grids, row by row. one: input (1 by 3), guess (2 by 1, right); "
        "two: input (1 by 1), guess (no grid, wrong); three: input (1 by 1), guess (1 by 1, wrong)."
    )


def test_cells_have_their_colors_borders_and_numbers():
    small, large = (show.Panel("input", np.full((side, side), 9)) for side in (12, 13))
    fig = show.grid_rows([[small, large]], "One test")
    scale = dict.fromkeys(color for _, color in fig.data[0].colorscale)
    assert list(scale) == list(ARC_COLORS)
    assert len(scale) == 10
    # color c covers values from c - 0.5 to c + 0.5
    edges = [edge for edge, _ in fig.data[0].colorscale]
    span = fig.data[0].zmax - fig.data[0].zmin
    assert [fig.data[0].zmin + span * edge for edge in edges[::2]] == pytest.approx(np.arange(10) - 0.5)
    assert all(trace.xgap > 0 and trace.ygap > 0 for trace in fig.data)
    assert [trace.texttemplate for trace in fig.data] == ["%{z}", None]
    for trace, shape in zip(fig.data, fig.layout.shapes, strict=True):
        assert (trace.xaxis, trace.yaxis) == (shape.xref, shape.yref)
        axis = fig.layout[trace.yaxis.replace("y", "yaxis")]
        assert axis.range[0] > axis.range[1]
        assert axis.scaleanchor == trace.xaxis


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([], ()),
        ([[]], ()),
        ([[show.Panel("a", None)]], ("a", "b")),
        ([[show.Panel("a", np.array([[10]]))]], ()),
        ([[show.Panel("a", np.array([1]))]], ()),
        ([[show.Panel("a", np.zeros((0, 3)))]], ()),
    ],
    ids=["no rows", "no panels", "names", "no color", "no rows of cells", "no cells"],
)
def test_what_is_no_grid_is_refused_in_one_line(rows, names):
    with pytest.raises(ValueError, match=r"\A(one row or more|panel 'a' is no grid)[^\n]+\Z"):
        show.grid_rows(rows, "One test", names)


def test_strands_lead_each_cup_to_its_place():
    fig = show.strands([(1, 0, 2), (0, 2, 1)], "Two shuffles")
    assert [list(trace.y) for trace in fig.data] == [[1, 2, 3], [2, 1, 1], [3, 3, 2]]
    assert [trace.text[0] for trace in fig.data] == ["A", "B", "C"]


def test_an_expression_is_drawn_as_its_tree():
    fig = show.expression(*TREE[:2], "A tree")
    nodes = dict(zip(fig.data[1].text, zip(fig.data[1].x, fig.data[1].y, strict=True), strict=True))
    assert nodes == {"a": (1.25, 0), "b": (0.5, -1), "3": (0, -2), "1": (1, -2), "5": (2, -1)}
    assert list(fig.data[0].x) == [0.5, 1.25, None, 0, 0.5, None, 1, 0.5, None, 2, 1.25, None]


def test_an_evaluation_marks_what_is_right_and_counts_operators():
    fig = show.evaluation(*TREE, SAID, "A tree.")
    assert [list(frame.data[1].text) for frame in fig.frames] == [
        [answer, other, "", "", ""] for answer, other in (("0", "0"), ("0", "6"), ("1", "6"))
    ]
    assert [frame.data[0].marker.symbol.count("square") for frame in fig.frames] == [3, 1, 0]
    assert [frame.layout.title.text for frame in fig.frames] == [
        f"A tree. After step {step}: {step} of 2 operators right" for step in range(3)
    ]
    assert list(fig.data[1].marker.symbol) == list(fig.frames[0].data[0].marker.symbol)


def test_a_line_by_hand():
    assert fit_line([1.0, 2.0, 3.0, 4.0], [3.0, 5.0, 7.0, None]) == pytest.approx((2, 1, 1))
    assert fit_line([0.0, 1.0, 2.0], [0.0, 2.0, 1.0]) == pytest.approx((0.5, 0.5, 0.25))
    with pytest.raises(ValueError, match="2 known points or more, not 1"):
        fit_line([1.0, 2.0], [1.0, None])


def test_plain_numbers():
    assert plain([[1 / 3, NAN], [-INF, 2]]) == [[0.3333, None], [None, 2.0]]


def test_series_look_different_in_color_and_shape():
    looks = [style(number, "a series") for number in range(36)]
    for part, shape in (("marker", "symbol"), ("line", "dash")):
        assert len({(look[part]["color"], look[part][shape]) for look in looks}) == 36
        assert len({look[part][shape] for look in looks[:6]}) == 6


def test_a_node_is_filled_once_its_answer_is_final_and_crossed_while_it_is_wrong():
    answers = np.array([[3, 0], [1, 0], [1, 2]])
    fig = show.settled_tree([(0, 0), (1, 1)], [0, 0], answers, answers == answers[-1], "Two nodes")
    assert [list(frame.data[0].text) for frame in fig.frames] == [["3✗", "0✗"], ["1", "0✗"], ["1", "2"]]
    assert [frame.layout.title.text for frame in fig.frames] == [
        "After step 0: 0 of 2 nodes final, 2 wrong",
        "After step 1: 1 of 2 nodes final, 1 wrong",
        "After step 2: 2 of 2 nodes final, 0 wrong",
    ]
    (arrow,) = fig.layout.annotations
    assert (arrow.ax, arrow.ay, arrow.x, arrow.y) == (1, -1, 0, 0)
