"""Curves over steps and sizes: learning, accuracy by iteration, iterations needed, halting trade-offs.

A curve is a mapping from step to value, or a sequence of values.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from recurse_lab.show.theme import PALETTE, faint, figure, plain, shade_trained, style

Curve = Mapping[int, float]  # step -> value


def learning_curves(
    curves: Mapping[str, Sequence[Sequence[float]]], every: int = 1, window: int = 10
) -> go.Figure:
    """Share of cells right during training: a thin line for each seed, a thick one for their mean.

    Args:
        curves: arm -> one sequence of shares a seed.
        every: optimizer steps from one entry of a sequence to the next.
        window: number of entries in the running mean that is drawn.
    """
    shares = (share for runs in curves.values() for run in runs for share in run)
    lowest = min(filter(np.isfinite, shares), default=1.0)
    fig = figure(
        "Learning",
        "optimizer steps",
        "share of cells right in training",
        f"Training accuracy against optimizer steps for {', '.join(curves)}; one thin line a seed, mean thick.",
        yaxis={"range": [min(0.4, lowest - 0.02), 1.02]},
    )
    for index, (arm, runs) in enumerate(curves.items()):
        smooth = [_running_mean(run, window)[:: max(1, len(run) // 200)] for run in runs]
        steps = np.arange(len(smooth[0])) * max(1, len(runs[0]) // 200) * every
        for run in smooth if len(smooth) > 1 else []:
            thin = {"color": faint(PALETTE[index % len(PALETTE)], 0.3), "width": 1, "dash": "solid"}
            fig.add_scatter(
                x=plain(steps), y=plain(run), mode="lines", line=thin, showlegend=False, hoverinfo="skip"
            )
        mode = "lines" if len(steps) > 1 else "markers"  # the few steps of the smoke profile leave one entry
        fig.add_scatter(x=plain(steps), y=plain(np.mean(smooth, axis=0)), mode=mode, **style(index, arm))
    return fig


def accuracy_by_steps(
    curves: Mapping[str, Curve], trained_steps: int | None = None, title: str = "", unit: str = "iterations"
) -> go.Figure:
    """Share of problems wholly right against iterations (or another `unit`), one curve for each size or arm."""
    fig = figure(
        title or "Thinking longer solves longer problems",
        f"{unit} (logarithmic)",
        "share wholly right",
        f"Accuracy against {unit} for {', '.join(curves)}.",
        yaxis={"range": [-0.03, 1.05]},
        xaxis={"type": "log", "tickvals": [1, 2, 5, 10, 20, 50, 100, 200, 500], "exponentformat": "none"},
    )
    for index, (label, curve) in enumerate(curves.items()):
        steps = [step for step in curve if step > 0]
        values = [curve[step] for step in steps]
        fig.add_scatter(x=steps, y=plain(values), mode="lines", **style(index, label))
    if trained_steps:
        shade_trained(fig, trained_steps, unit)
        fig.update_shapes(x0=0.9)
    return fig


def by_step(curves: Mapping[str, Curve], title: str, y: str) -> go.Figure:
    """Any measurement against supervision steps, one curve for each arm.

    Args:
        curves: arm -> step -> value.
        title: title of the figure.
        y: title of the vertical axis, with its unit.
    """
    fig = figure(
        title,
        "supervision step",
        y,
        f"{y} against supervision steps for {', '.join(curves)}.",
        height=460,
        legend={"orientation": "h", "y": -0.34, "yanchor": "top"},
        showlegend=True,
    )
    for index, (label, curve) in enumerate(curves.items()):
        fig.add_scatter(
            x=list(curve), y=plain(list(curve.values())), mode="lines+markers", **style(index, label)
        )
    return fig


def accuracy_by_length(
    values: Mapping[str, Mapping[int, Sequence[float]]], recorded: Sequence[str] = ()
) -> go.Figure:
    """Share of strings wholly right against length in bits: a dot for each seed, a line through the means.

    `values` maps arm -> length -> one share a seed. Marks of the arms in `recorded` are hollow.
    """
    fig = figure(
        "How far beyond training?",
        "length in bits (logarithmic)",
        "share of strings wholly right",
        f"Accuracy against length for {', '.join(values)}; hollow marks are recorded runs.",
        yaxis={"range": [-0.05, 1.05]},
        xaxis={"type": "log", "tickvals": [16, 32, 64, 128, 256, 512]},
    )
    for index, (label, by_size) in enumerate(values.items()):
        sizes = list(by_size)
        look = style(index, label + (" (recorded)" if label in recorded else ""))
        look["marker"] |= {
            "symbol": look["marker"]["symbol"] + ("-open" if label in recorded else ""),
            "size": 9,
        }
        means = [np.mean(by_size[size]) for size in sizes]
        fig.add_scatter(x=sizes, y=plain(means), mode="lines+markers", **look)
        dots = [(size, value) for size in sizes for value in by_size[size]]
        small = look["marker"] | {"size": 5, "opacity": 0.5}
        x, y = zip(*dots, strict=True)
        fig.add_scatter(x=x, y=plain(y), mode="markers", marker=small, showlegend=False, hoverinfo="skip")
    return fig


def steps_needed_line(sizes: Sequence[int], needed: Mapping[str, Sequence[int | None]]) -> go.Figure:
    """Iterations needed against length in bits, with a fitted straight line for each seed; None: never solved."""
    fig = figure(
        "Iterations needed grow linearly with length",
        "length in bits",
        "iterations until 99 % stay right",
        "Iterations needed against length, one line a seed, with the slope of a straight fit in the legend.",
    )
    for index, (label, steps) in enumerate(needed.items()):
        pairs = [(size, step) for size, step in zip(sizes, steps, strict=True) if step is not None]
        name = f"{label}: never solved"
        if len(pairs) > 1:
            slope, intercept, r_squared = fit_line(*map(list, zip(*pairs, strict=True)))
            name = f"{label}: {slope:.2f} a bit, R² {r_squared:.3f}"
            ends = [pairs[0][0], pairs[-1][0]]
            look = style(index, label, width=1.5)
            line = [slope * end + intercept for end in ends]
            fig.add_scatter(x=ends, y=plain(line), mode="lines", line=look["line"], showlegend=False)
        x, y = zip(*pairs, strict=True) if pairs else ([], [])
        marker = style(index, label)["marker"] | {"size": 9}
        fig.add_scatter(x=list(x), y=list(y), mode="markers", marker=marker, name=name)
    if not any(step is not None for steps in needed.values() for step in steps):
        center = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "showarrow": False}
        fig.add_annotation(text="no length was solved", **center)
    return fig


def fit_line(sizes: Sequence[int | float], steps: Sequence[int | float | None]) -> tuple[float, float, float]:
    """Slope, intercept and R² of a straight line fitted to the pairs with a known step.

    Raises:
        ValueError: fewer than two steps are known.
    """
    pairs = np.array([(x, y) for x, y in zip(sizes, steps, strict=True) if y is not None], dtype=float)
    if len(pairs) < 2:
        raise ValueError(f"a line needs 2 known points or more, not {len(pairs)}")
    slope, intercept = np.polyfit(pairs[:, 0], pairs[:, 1], 1)
    left_over = pairs[:, 1] - slope * pairs[:, 0] - intercept
    spread = ((pairs[:, 1] - pairs[:, 1].mean()) ** 2).sum()
    return float(slope), float(intercept), float(1 - (left_over**2).sum() / max(spread, 1e-12))


def halting_tradeoff(rules: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> go.Figure:
    """Accuracy against mean iterations, one curve for each halting rule: rule -> (iterations, accuracy)."""
    fig = figure(
        "Accuracy against thinking time, three halting rules",
        "mean iterations per string",
        "share of strings wholly right",
        f"Accuracy against mean iterations for the halting rules {', '.join(rules)}.",
        yaxis={"range": [-0.03, 1.05]},
    )
    for index, (rule, (iterations, accuracy)) in enumerate(rules.items()):
        mode = "lines" if len(iterations) > 20 else "lines+markers"
        fig.add_scatter(x=plain(iterations), y=plain(accuracy), mode=mode, **style(index, rule))
    return fig


def _running_mean(values: Sequence[float], window: int) -> np.ndarray:
    """Means of each value and the ones before it, at most `window` in all; values that are not finite are left out."""
    array = np.asarray(values, dtype=float)
    total = np.cumsum(np.insert(np.where(np.isfinite(array), array, 0.0), 0, 0.0))
    known = np.cumsum(np.insert(np.isfinite(array), 0, 0))
    ends = np.arange(1, len(array) + 1)
    begins = np.maximum(0, ends - window)
    count = known[ends] - known[begins]
    return np.where(count > 0, (total[ends] - total[begins]) / np.maximum(count, 1), np.nan)
