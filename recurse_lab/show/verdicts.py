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
    """One column a net, one mark a seed, a bar at the mean; recorded runs hollow, beside the live ones."""
    fig = figure(
        "Every seed of every arm",
        "filled: trained just now; hollow: recorded",
        metric,
        f"{metric} of each seed for {', '.join(arm.label for arm in arms)}; hollow marks are recorded runs.",
        showlegend=False,
    )
    columns = _numbered(arms)
    for arm in arms:
        column = columns[arm.label]
        left = column + (0.05 if arm.recorded else -0.35)
        values = list(arm.values.values())
        x = np.linspace(left, left + 0.3, len(values)) if len(values) > 1 else np.array([left + 0.15])
        seeds = [f"seed {seed}" for seed in arm.values]
        marker = _marker(column, arm) | {"size": 9}
        fig.add_scatter(x=plain(x), y=plain(values), mode="markers", marker=marker, text=seeds)
        (mean,) = plain([np.mean(values)])
        if mean is not None:
            line = {"color": PALETTE[column % len(PALETTE)], "width": 2}
            fig.add_shape(type="line", x0=left, x1=left + 0.3, y0=mean, y1=mean, line=line)
    labels = [_folded(label) for label in columns]
    ticks = {"tickvals": list(columns.values()), "ticktext": labels, "tickangle": 0}
    return fig.update_xaxes(range=[-0.6, len(columns) - 0.4], **ticks)


def scale_plot(arms: Sequence[Arm], metric: str) -> go.Figure:
    """Metric against number of parameters, every seed a mark; recorded runs hollow."""
    fig = figure(
        "Scale against looping",
        "parameters (logarithmic); filled: trained just now, hollow: recorded",
        metric,
        f"{metric} against parameters for {', '.join(arm.label for arm in arms)}; hollow marks are recorded runs.",
        xaxis={"type": "log", "tickvals": [20_000, 50_000, 100_000, 200_000, 500_000]},
        yaxis={"range": [-0.08, 1.08]},
    )
    columns, named = _numbered(arms), set()
    for arm in arms:
        y = plain(list(arm.values.values()))
        beside = np.linspace(-0.015, 0.015, len(y)) + (0.025 if arm.recorded else -0.025)  # in powers of ten
        x = [round(value) for value in arm.params * 10**beside]
        marker = _marker(columns[arm.label], arm) | {"size": 10}
        fig.add_scatter(
            x=x, y=y, mode="markers", marker=marker, name=arm.label, showlegend=arm.label not in named
        )
        named.add(arm.label)
    return fig


def _numbered(arms: Sequence[Arm]) -> dict[str, int]:
    """Label -> number: live and recorded runs of one net share a place and a color."""
    return {label: number for number, label in enumerate(dict.fromkeys(arm.label for arm in arms))}


def _marker(number: int, arm: Arm) -> dict[str, str]:
    look = style(number, arm.label)["marker"]
    return look | {"symbol": look["symbol"] + ("-open" if arm.recorded else "")}


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
