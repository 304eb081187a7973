"""Numerical methods and the nets that imitate them: paths, errors by step, progress, eigenvalues, families.

Shape letters: T steps, G grid points, N eigenvalues.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recurse_lab.show.latents import with_slider
from recurse_lab.show.theme import INK, NEUTRAL, PALETTE, TEMPLATE, figure, plain, shade_trained, style

Curve = Mapping[int, float]  # step -> value
STEPS = {"type": "log", "tickvals": [1, 2, 4, 8, 16, 32, 64, 128], "exponentformat": "none"}


def descent_paths(problems: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]) -> go.Figure:
    """Paths of a method in the plane over level lines of x'Ax/2 - b'x, one panel a problem: (A, b, path (T+1, 2))."""
    fig = make_subplots(1, len(problems), subplot_titles=list(problems), horizontal_spacing=0.08)
    for column, (matrix, b, path) in enumerate(problems.values(), start=1):
        solution = np.linalg.solve(matrix, b)
        reach = 1.25 * np.abs(path - solution).max()
        axes = [np.linspace(center - reach, center + reach, 41) for center in solution]
        x, y = np.meshgrid(*axes)
        dx, dy = x - solution[0], y - solution[1]
        height = (matrix[0, 0] * dx**2 + 2 * matrix[0, 1] * dx * dy + matrix[1, 1] * dy**2) / 2
        levels = {"coloring": "lines", "showlabels": False}
        fig.add_contour(
            x=plain(axes[0], 3),
            y=plain(axes[1], 3),
            z=plain(np.sqrt(height), 3),
            contours=levels,
            showscale=False,
            line={"color": "#c9d3dd", "width": 1},
            colorscale=[[0, "#c9d3dd"], [1, "#c9d3dd"]],
            hoverinfo="skip",
            row=1,
            col=column,
        )
        look = {"color": PALETTE[0]}
        hover = [f"step {step}" for step in range(len(path))]
        fig.add_scatter(
            x=plain(path[:, 0]), y=plain(path[:, 1]), mode="lines+markers", line=look, marker=look | {"size": 6},
            text=hover, name="iterates", row=1, col=column,
        )  # fmt: skip
        star = {"symbol": "star", "size": 13, "color": PALETTE[1]}
        place = {"x": plain(solution[:1]), "y": plain(solution[1:])}
        fig.add_scatter(**place, mode="markers", marker=star, name="solution", row=1, col=column)
    alt = f"Paths of gradient descent in the plane for {', '.join(problems)}: {len(path) - 1} steps from 0."
    fig.update_layout(template=TEMPLATE, showlegend=False, height=460, meta={"alt": alt}, margin_t=100)
    fig.update_layout(title_text="Gradient descent in the plane")
    return fig.update_xaxes(title_text="first number of x").update_yaxes(title_text="second number", col=1)


def error_by_step(curves: Mapping[str, Curve], title: str, y: str, trained: int | None = None) -> go.Figure:
    """Errors on a logarithmic axis against steps, one line an arm, with the trained steps shaded."""
    last = max(step for curve in curves.values() for step in curve)
    fig = figure(
        title,
        "step k" + (" (logarithmic)" if trained else ""),
        y,
        f"{title}: {y} against steps for {', '.join(curves)}.",
        yaxis={"type": "log", "exponentformat": "power"},
        xaxis=STEPS | {"range": [-0.05, np.log10(1.15 * last)]} if trained else {},
        height=440,
    )
    for index, (label, curve) in enumerate(curves.items()):
        steps = [step for step in curve if step > 0 or not trained]
        values = plain([max(curve[step], 1e-9) for step in steps])
        mode = "lines+markers" if len(steps) < 20 else "lines"
        fig.add_scatter(x=steps, y=values, mode=mode, **style(index, label))
    if trained:
        shade_trained(fig, trained, "steps")
        fig.update_shapes(x0=0.9)
    return fig


def progress(problems: Sequence[tuple[str, np.ndarray, Mapping[str, np.ndarray]]], trained: int) -> go.Figure:
    """How far each answer has come from 0 to the solution (1), step by step; a slider chooses the problem.

    Args:
        problems: name, true progress (T), and arm -> progress (T), for steps 1 to T.
        trained: number of steps that training showed.
    """
    steps = list(range(1, len(problems[0][1]) + 1))
    fig = figure(
        problems[0][0],
        "step k (logarithmic)",
        "progress to the solution",
        f"Progress of the true iterates and of {', '.join(problems[0][2])} against steps 1 to {len(steps)}.",
        xaxis=STEPS | {"range": [-0.05, np.log10(1.1 * len(steps))]},
        yaxis={"range": [-0.25, 1.6]},
        height=480,
    )
    fig.add_scatter(x=steps, mode="lines", name="the method", line={"color": INK, "width": 4})
    for index, label in enumerate(problems[0][2]):
        fig.add_scatter(x=steps, mode="lines", **style(index, label))
    fig.frames = [_progress_frame(str(number), *problem) for number, problem in enumerate(problems, start=1)]
    for trace, drawn in zip(fig.data, fig.frames[0].data, strict=True):
        trace.y = drawn.y
    shade_trained(fig, trained, "steps")
    fig.update_shapes(x0=0.9)
    if len(problems) == 1:
        fig.frames = []
        return fig
    return with_slider(fig, [str(number) for number in range(1, len(problems) + 1)], "problem ")


def _progress_frame(number: str, title: str, true: np.ndarray, answers: Mapping[str, np.ndarray]) -> go.Frame:
    curves = [true, *answers.values()]
    data = [go.Scatter(y=plain(np.clip(np.nan_to_num(curve, nan=9), -9, 9), 3)) for curve in curves]
    return go.Frame(data=data, traces=list(range(len(data))), name=number, layout={"title": {"text": title}})


def spectra(rows: Mapping[str, Sequence[np.ndarray]], title: str) -> go.Figure:
    """Sizes of the eigenvalues of a step's Jacobian, one row an arm, one mark an eigenvalue of each problem (N,)."""
    fig = figure(
        title,
        "|eigenvalue| of one step",
        "",
        f"Eigenvalues of one step for {', '.join(rows)}, with a line at 1.",
        yaxis={"tickvals": list(range(len(rows))), "ticktext": list(rows), "range": [-0.6, len(rows) - 0.4]},
        showlegend=False,
        height=140 + 70 * len(rows),
        margin_l=230,
    )
    for index, (label, problems) in enumerate(rows.items()):
        for number, values in enumerate(problems):
            place = index + 0.5 * (number / max(1, len(problems) - 1) - 0.5)
            sizes = np.abs(values)
            fig.add_scatter(x=plain(sizes), y=[place] * len(sizes), mode="markers", **style(index, label))
    return fig.add_vline(x=1, line_dash="dash", line_color=NEUTRAL)


def by_families(curves: Mapping[str, Mapping[int, Sequence[float]]], y: str) -> go.Figure:
    """A share against the number of families in training: a dot for each seed, a line through the means."""
    fig = figure(
        "What a number of examples teaches",
        "families of problems in training (logarithmic)",
        y,
        f"{y} against the number of families for {', '.join(curves)}.",
        yaxis={"range": [-0.05, 1.05]},
        xaxis={"type": "log", "tickvals": sorted({n for curve in curves.values() for n in curve})},
    )
    for index, (label, by_number) in enumerate(curves.items()):
        numbers = list(by_number)
        look = style(index, label)
        means = plain([np.mean(by_number[number]) for number in numbers])
        fig.add_scatter(x=numbers, y=means, mode="lines+markers", **look)
        dots = [(number, value) for number in numbers for value in by_number[number]]
        x, values = zip(*dots, strict=True)
        small = look["marker"] | {"size": 5, "opacity": 0.5}
        fig.add_scatter(
            x=x, y=plain(values), mode="markers", marker=small, showlegend=False, hoverinfo="skip"
        )
    return fig
