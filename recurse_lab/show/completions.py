"""Boards with several solutions: a row of small boards, and draws that fan out from one board.

Shape letters: N side, T1 thoughts (the start and T steps), S samples.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from recurse_lab.show.sudoku import BOXES
from recurse_lab.show.theme import DASHES, INK, MARKERS, NEUTRAL, PALETTE, figure, plain, style

GAP = 1.2  # between two boards, in cells


def row_of_boards(
    given: np.ndarray, answers: np.ndarray, titles: Sequence[str], title: str, most: int = 8
) -> go.Figure:
    """An input and some answers side by side: givens in bold on blue, other digits plain, blanks empty.

    Args:
        given: (N, N) the input; 0 is blank.
        answers: (S, N, N) full or partly full boards; at most `most` are drawn.
        titles: one below each drawn board, the input's first.
        title: title of the figure.
    """
    boards = [given, *answers[:most]]
    n = len(given)
    alt = f"{title}: " + "; ".join(
        f"{name}: {' / '.join(' '.join(map(str, line)) for line in board.tolist())}"
        for name, board in zip(titles, boards, strict=True)
    )
    fig = figure(title, "", "", alt, height=240, margin={"l": 8, "r": 8, "t": 56, "b": 8}, showlegend=False)
    width = len(boards) * (n + GAP)
    hidden = {"visible": False, "fixedrange": True}
    fig.update_xaxes(range=[-0.1, width - GAP + 0.1], **hidden)
    fig.update_yaxes(range=[n + 1.0, -0.1], scaleanchor="x", **hidden)
    for number, (board, name) in enumerate(zip(boards, titles, strict=True)):
        left = number * (n + GAP)
        _draw(fig, left, board, given)
        fig.add_annotation(x=left + n / 2, y=n + 0.55, text=name, showarrow=False, font={"size": 12})
    return fig


def _draw(fig: go.Figure, left: float, board: np.ndarray, given: np.ndarray) -> None:
    n, (high, wide) = len(board), BOXES.get(len(board), board.shape)
    places = [(row, column) for row in range(n) for column in range(n)]
    for row, column in places:
        corner = {"x0": left + column, "x1": left + column + 1, "y0": row, "y1": row + 1}
        color = "#dcecf5" if given[row, column] else "white"
        fig.add_shape(
            type="rect", fillcolor=color, line={"color": NEUTRAL, "width": 1}, layer="below", **corner
        )
    for row in range(0, n, high):
        for column in range(0, n, wide):
            corner = {"x0": left + column, "x1": left + column + wide, "y0": row, "y1": row + high}
            fig.add_shape(type="rect", line={"color": INK, "width": 2}, layer="below", **corner)
    shown = [(row, column) for row, column in places if board[row, column]]
    fig.add_scatter(
        x=[left + column + 0.5 for _, column in shown],
        y=[row + 0.5 for row, _ in shown],
        text=[f"<b>{board[place]}</b>" if given[place] else str(board[place]) for place in shown],
        mode="text",
        textfont={"size": 13, "color": INK},
        hoverinfo="skip",
    )


def fan(paths: np.ndarray, groups: Sequence[str], title: str) -> go.Figure:
    """Paths (T1, S, 2) of one board's draws in the plane of two principal components, colored by what they reach.

    Args:
        paths: (T1, S, 2) points in the plane.
        groups: what each of the S draws reached, for example the name of a solution; "none" is drawn in gray.
        title: title of the figure.
    """
    names = sorted(set(groups), key=lambda name: (name == "none", -list(groups).count(name), name))
    counts = ", ".join(f"{name} {list(groups).count(name)}" for name in names)
    fig = figure(
        title,
        "first principal component",
        "second principal component",
        f"Paths of {len(groups)} draws from one start; draws that reach each solution: {counts}.",
        height=520,
        legend={"orientation": "h", "y": -0.2, "yanchor": "top"},
        margin_b=130,
    )
    for index, name in enumerate(names):
        color = NEUTRAL if name == "none" else PALETTE[index % len(PALETTE)]
        shape = (index + index // len(PALETTE)) % len(MARKERS)
        for number, sample in enumerate(sample for sample, group in enumerate(groups) if group == name):
            points = paths[:, sample]
            sizes = [0] + [4] * (len(points) - 2) + [12]
            fig.add_scatter(
                x=plain(points[:, 0]),
                y=plain(points[:, 1]),
                mode="lines+markers",
                line={"color": color, "width": 1.5, "dash": DASHES[shape]},
                marker={"color": color, "symbol": MARKERS[shape], "size": sizes},
                name=f"{name} ({list(groups).count(name)} draws)",
                legendgroup=name,
                showlegend=number == 0,
                text=[f"cycle {cycle}" for cycle in range(len(points))],
            )
    return fig


def by_price(curves: Mapping[str, Mapping[float, float]], title: str, x: str, y: str) -> go.Figure:
    """One line a way to draw, with a mark for each of its settings: price (logarithmic) -> share."""
    fig = figure(
        title,
        f"{x} (logarithmic)",
        y,
        f"{title}: {y} against {x} for {', '.join(curves)}.",
        height=450,
        legend={"orientation": "h", "y": -0.3, "yanchor": "top"},
        margin_b=140,
        xaxis={"type": "log", "exponentformat": "none", "tickvals": [2, 5, 10, 20, 50, 100, 200]},
        yaxis={"range": [-0.03, 1.05]},
    )
    for index, (label, points) in enumerate(curves.items()):
        prices = sorted(points)
        shares = plain([points[price] for price in prices])
        fig.add_scatter(x=plain(prices), y=shares, mode="lines+markers", **style(index, label))
    return fig
