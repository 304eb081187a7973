"""One look for all figures: a calm background, alt texts, and colors that color-blind readers can tell apart.

Color is never the only cue: every series also has its own dash and marker.
"""

from typing import Any

import numpy as np
import plotly.graph_objects as go

PALETTE = ("#0b6e99", "#d1495b", "#7a5195", "#3a7d44", "#c77d11", "#4a4e69")  # Okabe-Ito in spirit
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "cross")
RIGHT, WRONG, NEUTRAL = "#3a7d44", "#d1495b", "#8a8f98"
INK = "#22262e"
SHADES = [[0, "#ffffff"], [1, "#a9d3e8"]]  # shades of cells, light enough for dark text
FLOOR = 1e-9  # the place of zero on a logarithmic axis

TEMPLATE = go.layout.Template(
    layout={
        "font": {"family": "system-ui, sans-serif", "size": 14, "color": INK},
        "title": {"x": 0, "xref": "paper", "font": {"size": 17}},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "colorway": PALETTE,
        "margin": {"l": 76, "r": 24, "t": 64, "b": 76},
        "height": 400,
        "hoverlabel": {"namelength": -1},
        "legend": {"bgcolor": "rgba(255,255,255,0.7)"},
        "xaxis": {"gridcolor": "#eceef2", "zeroline": False, "linecolor": "#9aa0aa", "ticks": "outside"},
        "yaxis": {"gridcolor": "#eceef2", "zeroline": False, "linecolor": "#9aa0aa", "ticks": "outside"},
    }
)


def figure(title: str, x: str, y: str, alt: str, **layout: Any) -> go.Figure:
    """An empty figure with title, axis titles (with units) and `alt`, a text for readers who cannot see it."""
    fig = go.Figure(layout={"template": TEMPLATE, "meta": {"alt": alt}, **layout})
    return fig.update_layout(title_text=title, xaxis_title=x, yaxis_title=y)


def style(index: int, label: str, **line: Any) -> dict[str, Any]:
    """Color, dash and marker of series number `index`, as options of `go.Scatter`; 36 series look different."""
    color = PALETTE[index % len(PALETTE)]
    shape = (index + index // len(PALETTE)) % len(MARKERS)  # in the next round, each color has another one
    look = {"color": color, "dash": DASHES[shape], "width": 2.5}
    return {"name": label, "line": look | line, "marker": {"color": color, "symbol": MARKERS[shape]}}


def faint(color: str, opacity: float) -> str:
    """A palette color with an opacity from 0 to 1."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def plain(values: Any, digits: int = 4) -> list[Any]:
    """Numbers as plain lists of `digits` significant digits, for small valid JSON; not finite ones become None."""
    array = np.asarray(values, dtype=float)
    if array.ndim > 1:
        return [plain(row, digits) for row in array]
    return [float(f"{value:.{digits}g}") if np.isfinite(value) else None for value in array]


def shade_trained(fig: go.Figure, steps: int, unit: str = "iterations") -> None:
    """Shade the steps that training used; the steps beyond are extrapolation."""
    fig.add_vrect(
        x0=0,
        x1=steps,
        fillcolor="#eef3f7",
        line_width=0,
        layer="below",
        annotation={
            "text": f"trained with<br>up to {steps} {unit}",
            "font": {"size": 11, "color": "#5b6472"},
        },
        annotation_position="top left",
    )
