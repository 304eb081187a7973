"""A Sudoku board: the likeliest digits after every iteration, with a slider, or a number in every blank cell.

Shape letters: T steps, N side of the board.
"""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recurse_lab.show.latents import with_slider
from recurse_lab.show.theme import FLOOR, INK, PALETTE, SHADES, TEMPLATE, figure, plain

BOXES = {4: (2, 2), 6: (2, 3), 9: (3, 3)}  # side -> rows and columns of a box
FAINT, GIVEN = "#aab0bc", "#dcdfe5"
WRONG_DIGIT = "#a01a34"  # darker than the theme's red, to be readable on a blue cell
MOVING = (1, 5, 6, 8)  # the traces that a frame changes: shades, right digits, wrong digits, now


def board_scrubber(
    givens: np.ndarray,
    answers: np.ndarray,
    targets: np.ndarray,
    confidence: np.ndarray,
    residual: np.ndarray,
    most: int = 40,
) -> go.Figure:
    """The likeliest digits and the residual, with one slider for both; wrong digits are red and struck out.

    Givens are bold on gray. A blank cell is darker where the net is surer of its digit.

    Args:
        givens: (N, N) digits of the puzzle, 0 where a cell is blank.
        answers: (T+1, N, N) likeliest digit after each iteration.
        targets: (N, N) digits of the solution.
        confidence: (T+1, N, N) probability of the likeliest digit.
        residual: (T,) relative change of the state.
        most: largest number of frames; if there are more iterations, evenly spaced ones are shown.

    Raises:
        ValueError: the shapes do not fit together, or the side is not 4, 6 or 9.
    """
    thoughts = (len(residual) + 1, *givens.shape)
    if not (answers.shape == confidence.shape == thoughts and targets.shape == givens.shape):
        raise ValueError(
            f"givens {givens.shape}, answers {answers.shape}, targets {targets.shape}, "
            f"confidence {confidence.shape}, residual {residual.shape} do not fit"
        )
    fig = make_subplots(rows=2, cols=1, row_heights=[0.76, 0.24], vertical_spacing=0.08)
    bar = {"title": {"text": "confidence"}, "ticksuffix": " %", "len": 0.5, "y": 1, "yanchor": "top"}
    shades = {"zmin": 0, "zmax": 100, "colorbar": bar}
    _draw_board(fig, givens, shades, "row %{y}, column %{x}<br>confidence %{z} %<extra></extra>")
    y, x = np.nonzero(givens == 0)
    size = _size(givens)
    cross = {"symbol": "line-ne", "size": 1.5 * size, "line": {"width": 2, "color": WRONG_DIGIT}}
    fig.add_scatter(x=(x + 1).tolist(), y=(y + 1).tolist(), **_text(size), name="right")
    fig.add_scatter(**_text(size, WRONG_DIGIT) | {"mode": "markers+text"}, marker=cross, name="wrong")
    steps, falling = list(range(1, len(residual) + 1)), plain(np.maximum(residual, FLOOR))
    line, dot = {"color": PALETTE[0]}, {"size": 13, "color": PALETTE[4]}
    fig.add_scatter(x=steps, y=falling, mode="lines", line=line, name="residual", row=2, col=1)
    fig.add_scatter(x=[], y=[], mode="markers", marker=dot, cliponaxis=False, name="now", row=2, col=1)
    shown = np.unique(np.linspace(0, len(residual), min(most, len(answers))).round().astype(int))
    fig.frames = [_frame(int(step), givens, answers, targets, confidence, residual) for step in shown]
    for index, trace in zip(MOVING, fig.frames[0].data, strict=True):
        fig.data[index].update({key: value for key, value in trace.to_plotly_json().items() if key != "type"})
    _lay_out(fig, len(givens), falling)
    return with_slider(fig, [str(step) for step in shown])


def board_map(values: np.ndarray, givens: np.ndarray, title: str, unit: str) -> go.Figure:
    """A number in every blank cell, and its shade; givens are gray.

    Args:
        values: (N, N) numbers; those of the givens are not shown.
        givens: (N, N) digits of the puzzle, 0 where a cell is blank.
        title: name of the numbers.
        unit: unit of the numbers.

    Raises:
        ValueError: the shapes do not fit together, or the side is not 4, 6 or 9.
    """
    if values.shape != givens.shape:
        raise ValueError(f"values {values.shape} and givens {givens.shape} do not fit")
    alt = f"{title}: a Sudoku board with a number in every blank cell, in {unit}; givens are gray."
    fig = figure(title, "", "", alt, height=520, showlegend=False)
    hover = f"row %{{y}}, column %{{x}}: %{{z}}<extra>{unit}</extra>"
    _draw_board(fig, givens, {"colorbar": {"title": {"text": unit}}}, hover)
    y, x = np.nonzero(givens == 0)
    numbers = [None if value is None else round(value, 2) for value in plain(values[y, x])]
    fig.data[1].z = _on_board(givens, numbers)
    words = ["–" if number is None else f"{number:g}" for number in numbers]
    look = _text(round(0.8 * _size(givens)))
    fig.add_scatter(x=(x + 1).tolist(), y=(y + 1).tolist(), text=words, **look, name="numbers")
    return _board_axes(fig, len(givens))


def _frame(
    step: int,
    givens: np.ndarray,
    answers: np.ndarray,
    targets: np.ndarray,
    confidence: np.ndarray,
    residual: np.ndarray,
) -> go.Frame:
    blank, digits = givens == 0, answers[step]
    right = (digits == targets) & blank
    y, x = np.nonzero(blank & ~right)
    percent = [None if share is None else round(100 * share) for share in plain(confidence[step][blank])]
    said = [str(digit) if good else "" for digit, good in zip(digits[blank], right[blank], strict=True)]
    wrong = {"x": (x + 1).tolist(), "y": (y + 1).tolist(), "text": [str(digit) for digit in digits[y, x]]}
    at = max(step, 1)
    now = go.Scatter(x=[at], y=plain(np.maximum(residual[at - 1 : at], FLOOR)))
    board = [go.Heatmap(z=_on_board(givens, percent)), go.Scatter(text=said), go.Scatter(**wrong)]
    title = f"After {step} iterations: {right.sum()} of {blank.sum()} blank cells right"
    return go.Frame(data=[*board, now], traces=MOVING, name=str(step), layout={"title": {"text": title}})


def _draw_board(fig: go.Figure, givens: np.ndarray, shades: dict[str, Any], hover: str) -> None:
    """Draw gray cells for the givens, empty shades for the others, lines, thick box lines, and the givens' digits.

    Raises:
        ValueError: the board is not 4x4, 6x6 or 9x9.
    """
    n = len(givens)
    if givens.shape != (n, n) or n not in BOXES:
        raise ValueError(f"a board must be 4x4, 6x6 or 9x9, not {givens.shape}")
    y, x = np.nonzero(givens)
    cells = {"x0": 1, "y0": 1, "dx": 1, "dy": 1, "hoverongaps": False}
    gray = {"colorscale": [[0, GIVEN], [1, GIVEN]], "showscale": False}
    given = [[1 if digit else None for digit in row] for row in givens]
    fig.add_heatmap(z=given, **cells, **gray, hovertemplate="given<extra></extra>", name="givens")
    fig.add_heatmap(z=[], colorscale=SHADES, **cells, **shades, hovertemplate=hover, name="shades")
    high, wide = BOXES[n]
    for down, across, line in (
        (1, 1, {"color": FAINT, "width": 1}),
        (high, wide, {"color": INK, "width": 3}),
    ):
        fig.add_scatter(**_lines(n, down, across), mode="lines", line=line, hoverinfo="skip", name="lines")
    bold = [f"<b>{digit}</b>" for digit in givens[y, x]]
    fig.add_scatter(
        x=(x + 1).tolist(), y=(y + 1).tolist(), text=bold, **_text(_size(givens)), name="digits given"
    )


def _lines(n: int, down: int, across: int) -> dict[str, list[float | None]]:
    """Lines after every `down` rows and every `across` columns of the board, in one path with gaps."""
    x: list[float | None] = []
    y: list[float | None] = []
    for row in range(0, n + 1, down):
        x, y = [*x, 0.5, n + 0.5, None], [*y, row + 0.5, row + 0.5, None]
    for column in range(0, n + 1, across):
        x, y = [*x, column + 0.5, column + 0.5, None], [*y, 0.5, n + 0.5, None]
    return {"x": x, "y": y}


def _on_board(givens: np.ndarray, numbers: list[Any]) -> list[list[Any]]:
    """The board (N, N) with the numbers of its blank cells in their places; None elsewhere."""
    board = np.full(givens.shape, None, dtype=object)
    board[givens == 0] = numbers
    return board.tolist()


def _size(givens: np.ndarray) -> int:
    return {4: 30, 6: 24}.get(len(givens), 19)


def _text(size: int, color: str = INK) -> dict[str, Any]:
    return {"mode": "text", "textfont": {"size": size, "color": color}, "hoverinfo": "skip"}


def _board_axes(fig: go.Figure, n: int) -> go.Figure:
    """Make the cells square, and put the first row on top."""
    ends = {"constrain": "domain", "visible": False}
    fig.update_layout(xaxis=ends | {"range": [0.45, n + 0.55]})
    return fig.update_layout(yaxis=ends | {"range": [n + 0.55, 0.45], "scaleanchor": "x"})


def _lay_out(fig: go.Figure, n: int, residual: list[float | None]) -> None:
    high, wide = BOXES[n]
    alt = (
        f"A Sudoku board of {high} x {wide} boxes with the likeliest digits, givens bold on gray, wrong digits "
        "struck out, darker cells surer, above the residual; a slider chooses the iteration."
    )
    fig.update_layout(template=TEMPLATE, height=720, showlegend=False, meta={"alt": alt})
    fig.update_layout(title_text=fig.frames[0].layout.title.text)
    _board_axes(fig, n)
    known = [value for value in residual if value is not None] or [1]
    span = max(known) / min(known)
    ticks = 2 if span > 1e4 else 1 if span > 10 else "D2"  # every second power of ten, every one, or 1 2 5 10
    log = {"type": "log", "exponentformat": "power", "dtick": ticks}
    fig.update_yaxes(title_text="residual", **log, row=2, col=1)
    fig.update_xaxes(title_text="iteration", showgrid=False, range=[0, len(residual) + 0.5], row=2, col=1)
