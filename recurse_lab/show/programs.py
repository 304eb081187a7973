"""Computation graphs as circles and arrows, and a tree whose nodes settle one after the other, with a slider.

Shape letters: N nodes, T steps.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from recurse_lab.show.latents import with_slider
from recurse_lab.show.theme import INK, NEUTRAL, PALETTE, WRONG, figure

SIZE = 34  # of a node's circle, in pixels


class Node(NamedTuple):
    """A node of a graph: its place, the text inside, and its kind, which chooses its color."""

    x: float
    y: float
    text: str
    kind: str


def graph(
    nodes: Sequence[tuple[float, float, str, str]], edges: Sequence[tuple[int, int]], title: str, alt: str
) -> go.Figure:
    """Nodes (x, y, text, kind) in the color of their kind, and edges (from, to) as arrows."""
    named = [Node(*node) for node in nodes]
    fig = _canvas(title, alt, [(node.x, node.y) for node in named])
    for begin, end in edges:
        _arrow(fig, (named[begin].x, named[begin].y), (named[end].x, named[end].y))
    for number, kind in enumerate(dict.fromkeys(node.kind for node in named)):
        mine = [node for node in named if node.kind == kind]
        fig.add_scatter(
            x=[node.x for node in mine],
            y=[node.y for node in mine],
            text=[node.text for node in mine],
            mode="markers+text",
            name=kind,
            textfont={"color": "white", "size": 14},
            marker={"size": SIZE, "color": PALETTE[number], "symbol": ("circle", "square")[number % 2]},
            hoverinfo="name+text",
        )
    return fig.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.06, "yanchor": "top"})


def settled_tree(
    places: Sequence[tuple[float, float]],
    parents: Sequence[int],
    answers: np.ndarray,
    right: np.ndarray,
    title: str,
) -> go.Figure:
    """A tree after each step: its answers, full color where an answer is final, ✗ where it is wrong.

    Args:
        places: place of each node, from left to right and below the root.
        parents: parent of each node; the root's is itself.
        answers: (T, N), the number to write into each of N nodes after each step, from step 0 on.
        right: whether it is the right one.
        title: title of the figure.
    """
    alt = (
        f"{title}: a tree of {len(parents)} nodes; each holds its present answer, is filled once the answer "
        "is final, and has a cross and a red rim while it is wrong. A slider chooses the step."
    )
    fig = _canvas(title, alt, [(x, -y) for x, y in places])
    fig.layout.title.y, fig.layout.margin.t = 0.97, 80
    for node, parent in enumerate(parents):
        if node != parent:
            _arrow(fig, _up(places[node]), _up(places[parent]))
    final = final_steps(answers)
    frames = [_frame(places, answers[step], right[step], final, step) for step in range(len(answers))]
    fig.add_traces(frames[0].data)
    fig.frames = frames
    return with_slider(fig, [str(step) for step in range(len(answers))], prefix="step ")


def final_steps(answers: np.ndarray) -> np.ndarray:
    """First step (N,) from which each answer (T, N) stays as it is."""
    moved = (answers[1:] != answers[:-1]) * np.arange(1, len(answers))[:, None]
    return moved.max(axis=0, initial=0)


def _frame(
    places: Sequence[tuple[float, float]],
    answers: np.ndarray,
    right: np.ndarray,
    final: np.ndarray,
    step: int,
) -> go.Frame:
    settled = final <= step
    circles = go.Scatter(
        x=[place[0] for place in places],
        y=[-place[1] for place in places],
        text=[f"{one}{'' if fine else '✗'}" for one, fine in zip(answers, right, strict=True)],
        mode="markers+text",
        textfont={"color": ["white" if done else INK for done in settled], "size": 14},
        marker={
            "size": SIZE,
            "color": [PALETTE[0] if done else "#dfe6ec" for done in settled],
            "line": {"color": [PALETTE[0] if fine else WRONG for fine in right], "width": 3},
        },
        hovertext=[f"final from step {one} on" for one in final],
        hoverinfo="text",
    )
    title = (
        f"After step {step}: {int(settled.sum())} of {len(settled)} nodes final, {int((~right).sum())} wrong"
    )
    return go.Frame(data=[circles], traces=[0], name=str(step), layout={"title": {"text": title}})


def _up(place: tuple[float, float]) -> tuple[float, float]:
    return place[0], -place[1]


def _canvas(title: str, alt: str, places: Sequence[tuple[float, float]]) -> go.Figure:
    (left, bottom), (right, top) = np.min(places, axis=0) - 0.6, np.max(places, axis=0) + 0.5
    fig = figure(title, "", "", alt, height=170 + int(75 * (top - bottom)), showlegend=False)
    fig.update_xaxes(visible=False, range=[float(left), float(right)])
    return fig.update_yaxes(visible=False, range=[float(bottom), float(top)])


def _arrow(fig: go.Figure, begin: tuple[float, float], end: tuple[float, float]) -> None:
    fig.add_annotation(
        x=end[0],
        y=end[1],
        ax=begin[0],
        ay=begin[1],
        xref="x",
        yref="y",
        axref="x",
        ayref="y",
        text="",
        arrowhead=2,
        arrowwidth=1.4,
        arrowcolor=NEUTRAL,
        standoff=SIZE / 2 + 2,
        startstandoff=SIZE / 2,
    )
