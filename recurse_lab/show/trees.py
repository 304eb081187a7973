"""Trees of expressions: the parts drawn with their values, and the answers of a net after each step.

Shape letters: N nodes, T1 thoughts (the start and T steps).
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from recurse_lab.show.latents import with_slider
from recurse_lab.show.theme import INK, NEUTRAL, PALETTE, RIGHT, WRONG, figure

NO_AXIS = {"visible": False, "fixedrange": True}


def places_of(parents: Sequence[int]) -> tuple[list[float], list[float]]:
    """Places (x, y) of nodes in prefix order: leaves side by side, parents above the middle of their children.

    Args:
        parents: number of each node's parent; -1 for the root.
    """
    children: list[list[int]] = [[] for _ in parents]
    depth = [0] * len(parents)
    for node, parent in enumerate(parents):
        if parent >= 0:
            children[parent].append(node)
            depth[node] = depth[parent] + 1
    x, leaves = [0.0] * len(parents), 0
    for node, below in enumerate(children):
        if not below:
            x[node], leaves = float(leaves), leaves + 1
    for node in range(len(parents) - 1, -1, -1):
        if children[node]:
            x[node] = sum(x[child] for child in children[node]) / len(children[node])
    return x, [-float(level) for level in depth]


def expression(parents: Sequence[int], names: Sequence[str], title: str) -> go.Figure:
    """A tree with an operator's letter or a value in each node."""
    fig = _tree(parents, names, title, f"the nodes {' '.join(names)} in prefix order")
    fig.data[1].update(marker={"color": PALETTE[0], "symbol": "circle", "size": 30})
    return fig


def evaluation(
    parents: Sequence[int], names: Sequence[str], values: Sequence[int], answers: np.ndarray, title: str
) -> go.Figure:
    """A tree with a slider over steps: beside each operator the net's answer; circles are right, squares wrong.

    Args:
        parents: number of each node's parent; -1 for the root.
        names: an operator's letter or a value for each node.
        values: the right value of each node.
        answers: (T1, N) the answers after 0, 1, ..., T steps.
        title: title of the figure; the step is added to it.
    """
    fig = _tree(parents, names, title, f"the answers of a net after 0 to {len(answers) - 1} steps")
    _add_notes(fig, parents)
    inner = [not name.isdecimal() for name in names]
    fig.frames = [_frame(step, row, values, inner, title) for step, row in enumerate(answers.tolist())]
    for index, trace in zip((1, 2), fig.frames[0].data, strict=True):
        fig.data[index].update({key: trace[key] for key in ("marker", "text") if trace[key] is not None})
    fig.update_layout(title_text=fig.frames[0].layout.title.text)
    return with_slider(fig, [str(step) for step in range(len(answers))], "step ")


def _frame(
    step: int, row: Sequence[int], values: Sequence[int], inner: Sequence[bool], title: str
) -> go.Frame:
    right = [found == value for found, value in zip(row, values, strict=True)]
    marker = {
        "color": [RIGHT if one else WRONG for one in right],
        "symbol": ["circle" if one else "square" for one in right],
        "size": 26,
    }
    notes = [str(found) if one else "" for found, one in zip(row, inner, strict=True)]
    count = sum(one for one, operator in zip(right, inner, strict=True) if operator)
    text = f"{title} After step {step}: {count} of {sum(inner)} operators right"
    data = [go.Scatter(marker=marker), go.Scatter(text=notes)]
    return go.Frame(data=data, traces=[1, 2], name=str(step), layout={"title": {"text": text}})


def _tree(parents: Sequence[int], names: Sequence[str], title: str, said: str) -> go.Figure:
    """Edges (trace 0) and nodes with their names (trace 1)."""
    x, y = places_of(parents)
    levels, leaves = -min(y), sum(name.isdecimal() for name in names)
    fig = figure(title, "", "", f"Tree of an expression: {said}.", showlegend=False)
    fig.update_layout(height=150 + int(66 * levels), margin={"l": 8, "r": 8, "b": 16})
    fig.update_xaxes(range=[-0.8, leaves - 0.2], **NO_AXIS).update_yaxes(
        range=[-levels - 0.5, 0.6], **NO_AXIS
    )
    ends = [(node, parent) for node, parent in enumerate(parents) if parent >= 0]
    edges = [[part for a, b in ends for part in (place[a], place[b], None)] for place in (x, y)]
    line = {"color": NEUTRAL, "width": 2}
    fig.add_scatter(x=edges[0], y=edges[1], mode="lines", line=line, hoverinfo="skip")
    letters = {"color": "white", "size": 14}
    fig.add_scatter(x=x, y=y, mode="markers+text", text=list(names), textfont=letters, hoverinfo="skip")
    return fig


def _add_notes(fig: go.Figure, parents: Sequence[int]) -> None:
    """Trace 2: room for a note above each node, on the side away from the line to its parent."""
    x, y = fig.data[1].x, fig.data[1].y
    left = [parent >= 0 and x[parent] > x[node] for node, parent in enumerate(parents)]
    beside = [place + (-0.36 if away else 0.36) for place, away in zip(x, left, strict=True)]
    font = {"color": INK, "size": 14}
    fig.add_scatter(
        x=beside,
        y=[place + 0.22 for place in y],
        mode="text",
        text=[""] * len(x),
        textfont=font,
        hoverinfo="skip",
    )
