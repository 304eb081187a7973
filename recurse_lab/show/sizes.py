"""Curves over the size of problems, and kinds of errors along a computation graph."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recurse_lab.show.theme import DASHES, INK, PALETTE, TEMPLATE, figure, plain, style

BySize = Mapping[str, Mapping[int, Sequence[float]]]  # arm -> size -> one share a seed


def by_size(
    values: BySize,
    title: str,
    unit: str,
    *,
    trained: int,
    reference: BySize | None = None,
) -> go.Figure:
    """Share of problems wholly right against their size: a dot for each seed, a line through the means.

    Args:
        values: arm -> size -> one share a seed.
        title: title of the figure.
        unit: what is counted: items, nodes.
        trained: the largest size in training; up to there the ground is shaded.
        reference: like `values`: thin black lines through the means, to compare with.
    """
    reference = reference or {}
    sizes = sorted({size for curve in values.values() for size in curve})
    labels = [*values, *reference]
    lines = len(labels) if max(map(len, labels)) > 42 else (len(labels) + 1) // 2  # of the legend
    fig = figure(
        title,
        f"{unit} (logarithmic)",
        "share wholly right",
        f"{title}: share wholly right against {unit} for {', '.join(labels)}.",
        height=390 + 22 * lines,
        legend={"orientation": "h", "yref": "container", "y": 0.01, "yanchor": "bottom"},
        margin_b=80 + 22 * lines,
        yaxis={"range": [-0.04, 1.06]},
        xaxis={"type": "log", "tickvals": sizes, "range": np.log10([sizes[0] / 1.12, sizes[-1] * 1.12])},
    )
    for number, (label, by) in enumerate(reference.items()):
        line = {"color": INK, "width": 1.5, "dash": DASHES[1 + number % 5]}
        means = plain([np.mean(by[size]) for size in by])
        fig.add_scatter(x=list(by), y=means, mode="lines", line=line, name=label)
    for index, (label, seeds) in enumerate(values.items()):
        look = style(index, label)
        means = plain([np.mean(seeds[size]) for size in seeds])
        fig.add_scatter(x=list(seeds), y=means, mode="lines+markers", **look)
        dots = [(size, value) for size in seeds for value in seeds[size]]
        x, y = zip(*dots, strict=True)
        small = look["marker"] | {"size": 4, "opacity": 0.5}
        fig.add_scatter(x=x, y=plain(y), mode="markers", marker=small, showlegend=False, hoverinfo="skip")
    fig.add_vrect(x0=sizes[0] / 1.12, x1=trained * 1.02, fillcolor="#eef3f7", line_width=0, layer="below")
    note = {"text": f"trained:<br>up to {trained}", "font": {"size": 11, "color": "#5b6472"}}
    place = {"x": 0.005, "y": 0.02, "xref": "paper", "yref": "paper", "xanchor": "left", "align": "left"}
    fig.add_annotation(showarrow=False, yanchor="bottom", **note, **place)
    return fig


def error_kinds(
    panels: Mapping[str, Mapping[str, Sequence[float]]], title: str, x: str, ticks: Mapping[int, str]
) -> go.Figure:
    """Shares of the nodes that are wrong in some way, stacked along the graph; one panel an arm.

    Args:
        panels: arm -> kind -> share of the lists at each place of the graph.
        title: title of the figure.
        x: what the places are.
        ticks: place -> its name.
    """
    fig = make_subplots(
        1, len(panels), subplot_titles=list(panels), shared_yaxes=True, horizontal_spacing=0.06
    )
    for column, kinds in enumerate(panels.values(), start=1):
        for number, (kind, shares) in enumerate(kinds.items()):
            fig.add_bar(
                x=list(range(1, len(shares) + 1)),
                y=plain(shares, 3),
                name=kind,
                showlegend=column == 1,
                marker={"color": PALETTE[number], "pattern": {"shape": ("", "/", ".")[number % 3]}},
                row=1,
                col=column,
            )
    names = list(next(iter(panels.values())))
    alt = f"{title}: share of lists with each kind of node ({', '.join(names)}) for {', '.join(panels)}."
    fig.update_layout(template=TEMPLATE, title_text=title, meta={"alt": alt}, barmode="stack", bargap=0.1)
    fig.update_layout(height=440, margin={"t": 96, "b": 110})
    fig.update_layout(legend={"orientation": "h", "y": -0.3, "yanchor": "top"})
    fig.update_xaxes(title_text=x, tickvals=list(ticks), ticktext=list(ticks.values()), tickangle=0)
    fig.update_yaxes(title_text="share of lists", row=1, col=1)
    return fig.update_annotations(font_size=13)
