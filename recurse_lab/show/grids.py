"""Rows of ARC grids in ARC's colors: inputs, right outputs and guesses.

The title of a panel tells whether it is right, and small grids have their numbers written into the cells, so
color is never the only cue. Shape letters: H rows, W columns.
"""

from collections.abc import Sequence
from statistics import mean
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recurse_lab.show.theme import TEMPLATE

# ARC's own colors, 0 to 9: black, blue, red, green, yellow, gray, magenta, orange, light blue, maroon
ARC_COLORS = (
    "#000000", "#0074d9", "#ff4136", "#2ecc40", "#ffdc00", "#aaaaaa", "#f012be", "#ff851b", "#7fdbff", "#870c25"
)  # fmt: skip
BORDER = "#5b6472"
MARKS = {True: "✓ ", False: "✗ ", None: ""}
NUMBERED = 12  # largest side, in cells, of a grid whose numbers are written into it
ROW_HEIGHT, ROW_GAP = 150, 46  # pixels


class Panel(NamedTuple):
    """A grid (H, W) of colors 0 to 9, its title, and whether it is right (None: it is not judged)."""

    title: str
    grid: np.ndarray | None  # None: no grid was proposed; the place stays empty
    right: bool | None = None


def grid_rows(rows: Sequence[Sequence[Panel]], title: str, names: Sequence[str] = ()) -> go.Figure:
    """One row of panels for each test; the names of the rows stand at their left.

    Raises:
        ValueError: there is no row, a row is empty, a name is missing, or a grid has colors other than 0-9.
    """
    names = list(names) or [""] * len(rows)
    _check(rows, names)
    columns = max(map(len, rows))
    fig = make_subplots(
        rows=len(rows),
        cols=columns,
        subplot_titles=[_title(row, column) for row in rows for column in range(columns)],
        horizontal_spacing=0.12 / columns,
        vertical_spacing=ROW_GAP / (len(rows) * (ROW_HEIGHT + ROW_GAP)),
    )
    fig.update_layout(template=TEMPLATE, title_text=title, meta={"alt": _alt(rows, names)})
    fig.update_layout(height=len(rows) * (ROW_HEIGHT + ROW_GAP) + 90, margin={"t": 90, "b": 20})
    fig.update_annotations(font_size=13)
    fig.update_xaxes(visible=False)
    fig.update_yaxes(visible=False)
    for y, (row, name) in enumerate(zip(rows, names, strict=True), start=1):
        for x, panel in enumerate(row, start=1):
            if panel.grid is not None:
                _draw(fig, panel, y, x)
        middle = fig.get_subplot(y, 1).yaxis.domain
        place = {"x": 0, "y": mean(middle), "xref": "paper", "yref": "paper", "xshift": -12}
        place |= {"xanchor": "center", "yanchor": "middle"}
        if name:
            fig.add_annotation(text=name, textangle=-90, showarrow=False, **place)
    return fig


def _check(rows: Sequence[Sequence[Panel]], names: Sequence[str]) -> None:
    if not rows or not all(rows) or len(names) != len(rows):
        raise ValueError(f"one row or more, each with a panel and one name, not {len(rows)} and {len(names)}")
    for title, grid, _ in (panel for row in rows for panel in row):
        if grid is None:
            continue
        if grid.ndim != 2 or not grid.size or not np.isin(grid, range(len(ARC_COLORS))).all():
            raise ValueError(f"panel {title!r} is no grid of colors 0 to {len(ARC_COLORS) - 1}")


def _draw(fig: go.Figure, panel: Panel, row: int, column: int) -> None:
    grid = np.asarray(panel.grid)
    H, W = grid.shape
    steps = len(ARC_COLORS)
    scale = [[edge / steps, color] for i, color in enumerate(ARC_COLORS) for edge in (i, i + 1)]
    look: dict[str, Any] = {"colorscale": scale, "zmin": -0.5, "zmax": steps - 0.5, "showscale": False}
    words = {"texttemplate": "%{z}", "textfont": {"size": 11}} if max(H, W) <= NUMBERED else {}
    hover = "row %{y}, column %{x}: color %{z}<extra></extra>"
    fig.add_heatmap(
        z=grid.tolist(), xgap=1.5, ygap=1.5, hovertemplate=hover, **look, **words, row=row, col=column
    )
    frame = {"type": "rect", "x0": -0.5, "x1": W - 0.5, "y0": -0.5, "y1": H - 0.5, "layer": "below"}
    # the rectangle shows through the gaps between cells
    fig.add_shape(**frame, fillcolor=BORDER, line={"color": BORDER, "width": 1.5}, row=row, col=column)
    x_axis = fig.get_subplot(row, column).xaxis.plotly_name.replace("axis", "")
    fig.update_xaxes(range=[-0.5, W - 0.5], constrain="domain", row=row, col=column)
    fig.update_yaxes(range=[H - 0.5, -0.5], constrain="domain", scaleanchor=x_axis, row=row, col=column)


def _title(row: Sequence[Panel], column: int) -> str:
    if column >= len(row):
        return ""
    panel = row[column]
    return f"{MARKS[panel.right]}{panel.title}" + (": no grid" if panel.grid is None else "")


def _alt(rows: Sequence[Sequence[Panel]], names: Sequence[str]) -> str:
    """The text for readers who cannot see the figure: the panels of each row, and which are right."""
    words = {True: "right", False: "wrong"}
    lines = []
    for row, name in zip(rows, names, strict=True):
        parts = []
        for panel in row:
            size = "no grid" if panel.grid is None else "{} by {}".format(*np.shape(panel.grid))
            verdict = "" if panel.right is None else f", {words[panel.right]}"
            parts.append(f"{panel.title} ({size}{verdict})")
        lines.append(f"{name}: {', '.join(parts)}" if name else ", ".join(parts))
    return "Colored grids, row by row. " + "; ".join(lines) + "."
