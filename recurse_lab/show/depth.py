"""Figures of deep nets: strands of shuffled cups, curves over positions or blocks, and maps of similarities."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recurse_lab.show.theme import PALETTE, TEMPLATE, figure, plain, style

COSINES = [[0, "#d1495b"], [0.5, "#ffffff"], [1, "#0b6e99"]]  # -1, 0, 1


def strands(shuffles: Sequence[Sequence[int]], title: str) -> go.Figure:
    """One line a cup, through the places where it stands after each shuffle; entry x is where place x goes."""
    places = len(shuffles[0])
    names = "ABCDE"[:places]
    fig = figure(
        title,
        "number of shuffles",
        "place (1 is the left)",
        f"Places of the cups {', '.join(names)} after each of {len(shuffles)} shuffles.",
        height=320,
        showlegend=False,
        yaxis={"range": [places + 0.5, 0.5], "tickvals": list(range(1, places + 1))},
        xaxis={"range": [-0.3, len(shuffles) + 0.3], "tickvals": list(range(len(shuffles) + 1))},
    )
    for cup, name in enumerate(names):
        where = [cup]
        for shuffle in shuffles:
            where.append(shuffle[where[-1]])
        fig.add_scatter(
            x=list(range(len(where))),
            y=[place + 1 for place in where],
            mode="lines+markers+text",
            text=[name] * len(where),
            textfont={"color": "white", "size": 16},
            line={"color": PALETTE[cup], "width": 4},
            marker={"color": PALETTE[cup], "size": 30},
        )
    return fig


def along(
    curves: Mapping[str, Sequence[float]], title: str, x: str, y: str, *, first: int = 1, share: bool = False
) -> go.Figure:
    """One line an arm against a whole number that counts from `first`; `share`: the axis goes from 0 to 1."""
    fig = figure(
        title,
        x,
        y,
        f"{title}: {y} against {x} for {', '.join(curves)}.",
        height=450,
        legend={"orientation": "h", "y": -0.3, "yanchor": "top"},
        margin_b=140,
        yaxis={"range": [-0.03, 1.05]} if share else {"rangemode": "tozero"},
    )
    for index, (label, values) in enumerate(curves.items()):
        numbers = list(range(first, first + len(values)))
        fig.add_scatter(x=numbers, y=plain(values), mode="lines+markers", **style(index, label))
    return fig


def similarities(maps: Mapping[str, Sequence[Sequence[float]]], title: str) -> go.Figure:
    """Cosines between the updates of any two applications, one map an arm."""
    fig = make_subplots(1, len(maps), subplot_titles=list(maps), horizontal_spacing=0.1)
    for column, cosines in enumerate(maps.values(), start=1):
        numbers = list(range(1, len(cosines) + 1))
        fig.add_heatmap(
            x=numbers,
            y=numbers,
            z=plain(np.array(cosines, dtype=float), 2),
            coloraxis="coloraxis",
            row=1,
            col=column,
        )
        fig.update_xaxes(title_text="application", dtick=1, constrain="domain", row=1, col=column)
        anchor = "x" if column == 1 else f"x{column}"
        fig.update_yaxes(
            autorange="reversed", dtick=1, scaleanchor=anchor, constrain="domain", row=1, col=column
        )
    bar = {"colorscale": COSINES, "cmin": -1, "cmax": 1, "colorbar": {"title": "cosine"}}
    alt = f"{title}: maps of the cosine between the updates of two applications for {', '.join(maps)}."
    fig.update_layout(template=TEMPLATE, title_text=title, meta={"alt": alt}, coloraxis=bar, height=420)
    fig.update_layout(margin={"t": 100})
    fig.update_yaxes(title_text="application")
    return fig.update_annotations(font_size=12)
