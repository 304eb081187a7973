"""Figures that a verdict is read from: every seed a mark, intervals, parameters against accuracy."""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import plotly.graph_objects as go

from recurse_lab.show.theme import PALETTE, figure, plain, style


@runtime_checkable
class Interval(Protocol):
    """An effect: its mean and the ends of its interval."""

    @property
    def mean(self) -> float: ...  # noqa: D102
    @property
    def low(self) -> float: ...  # noqa: D102
    @property
    def high(self) -> float: ...  # noqa: D102


@runtime_checkable
class Arm(Protocol):
    """What is drawn of an arm: its label, size, values by seed, and whether it was recorded."""

    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def params(self) -> int: ...  # noqa: D102
    @property
    def values(self) -> Mapping[int, float]: ...  # noqa: D102
    @property
    def recorded(self) -> bool: ...  # noqa: D102


def strip(arms: Sequence[Arm], metric: str) -> go.Figure:
    """One column an arm, one mark a seed, a bar at the mean; recorded arms hollow."""
    fig = figure(
        "Every seed of every arm",
        "",
        metric,
        f"{metric} of each seed for {', '.join(arm.label for arm in arms)}; hollow marks are recorded runs.",
        showlegend=False,
    )
    for index, arm in enumerate(arms):
        values = list(arm.values.values())
        spread = np.linspace(-0.18, 0.18, len(values)) if len(values) > 1 else [0.0]
        look = style(index, arm.label)
        symbol = look["marker"]["symbol"] + ("-open" if arm.recorded else "")
        seeds = [f"seed {seed}" for seed in arm.values]
        marker = look["marker"] | {"symbol": symbol, "size": 10}
        fig.add_scatter(
            x=plain(index + np.array(spread)), y=plain(values), mode="markers", marker=marker, text=seeds
        )
        (mean,) = plain([np.mean(values)])
        bar = {"x0": index - 0.3, "x1": index + 0.3, "y0": mean, "y1": mean}
        if mean is not None:
            fig.add_shape(type="line", line=look["line"] | {"dash": "solid"}, **bar)
    labels = [_folded(arm.label + (" (recorded)" if arm.recorded else "")) for arm in arms]
    fig.update_xaxes(tickvals=list(range(len(arms))), ticktext=labels, range=[-0.6, len(arms) - 0.4])
    return fig


def scale_plot(arms: Sequence[Arm], metric: str) -> go.Figure:
    """Metric against number of parameters, every seed a mark; recorded arms hollow."""
    fig = figure(
        "Scale against looping",
        "parameters (logarithmic)",
        metric,
        f"{metric} against parameters for {', '.join(arm.label for arm in arms)}; hollow marks are recorded runs.",
        xaxis={"type": "log", "dtick": "D2"},
        legend={"orientation": "h", "y": -0.28, "yanchor": "top"},
        height=460,
    )
    for index, arm in enumerate(arms):
        look = style(index, arm.label + (" (recorded)" if arm.recorded else ""))
        symbol = look["marker"]["symbol"] + ("-open" if arm.recorded else "")
        marker = look["marker"] | {"symbol": symbol, "size": 10}
        y = plain(list(arm.values.values()))
        fig.add_scatter(x=[arm.params] * len(y), y=y, mode="markers", marker=marker, name=look["name"])
    return fig


def intervals(effects: Mapping[str, Interval], margin: float) -> go.Figure:
    """Effects with their 95 % intervals against zero and the margin: how a verdict is read."""
    fig = figure(
        "Effect, interval, margin",
        "effect (treatment minus best control)",
        "",
        f"Mean effects with 95 % intervals for {', '.join(effects)}; lines mark zero and the margin {margin}.",
        showlegend=False,
        height=120 + 60 * len(effects),
    )
    for index, (label, effect) in enumerate(effects.items()):
        marker = {"color": PALETTE[index % len(PALETTE)], "size": 11}
        error = {
            "type": "data",
            "symmetric": False,
            "array": plain([effect.high - effect.mean]),
            "arrayminus": plain([effect.mean - effect.low]),
            "thickness": 2.5,
        }
        fig.add_scatter(x=plain([effect.mean]), y=[label], error_x=error, mode="markers", marker=marker)
    fig.add_vline(
        x=0, line_color="#22262e", line_width=1, annotation_text="zero", annotation_position="bottom right"
    )
    fig.add_vline(x=margin, line_dash="dash", annotation_text="margin", annotation_position="top right")
    return fig.update_yaxes(autorange="reversed")


def _folded(label: str, width: int = 16) -> str:
    """A label on several lines of at most about `width` characters."""
    lines = [""]
    for word in label.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)
