"""Figures behind a verdict: a mark for every seed, intervals, accuracy against parameters."""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import plotly.graph_objects as go

from recurse_lab.show.theme import INK, NEUTRAL, PALETTE, figure, plain, style


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
    """The parts of an arm that figures need: its label, its size, its values by seed, and whether it is recorded."""

    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def params(self) -> int: ...  # noqa: D102
    @property
    def values(self) -> Mapping[int, float]: ...  # noqa: D102
    @property
    def recorded(self) -> bool: ...  # noqa: D102


def strip(arms: Sequence[Arm], metric: str) -> go.Figure:
    """One column for each label, one mark for each seed, a bar at the mean; recorded runs are hollow."""
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
    ticks |= {"automargin": True, "title_standoff": 14}  # room for labels of three lines
    return fig.update_xaxes(range=[-0.6, len(columns) - 0.4], **ticks)


def scale_plot(arms: Sequence[Arm], metric: str, title: str = "Scale against looping") -> go.Figure:
    """Metric against number of parameters, one mark for each seed; recorded runs are hollow."""
    ticks = _round_numbers([arm.params for arm in arms])
    fig = figure(
        title,
        "parameters (logarithmic)<br>filled: trained just now, hollow: recorded",
        metric,
        f"{metric} against parameters for {', '.join(arm.label for arm in arms)}; hollow marks are recorded runs.",
        xaxis={
            "type": "log",
            "tickvals": ticks,
            "ticktext": [_short(tick) for tick in ticks],
            "automargin": True,
        },
        yaxis={"range": [-0.08, 1.08]},
    ).update_xaxes(title_standoff=12)
    columns, named = _numbered(arms), set()
    lines = sum(_folded(label, 32).count("<br>") + 1 for label in columns)
    fig.update_layout(height=max(400, 170 + 22 * lines))  # the legend needs no scroll bar
    for arm in arms:
        y = plain(list(arm.values.values()))
        beside = np.linspace(-0.015, 0.015, len(y)) + (0.025 if arm.recorded else -0.025)  # in powers of ten
        x = [round(value) for value in arm.params * 10**beside]
        marker = _marker(columns[arm.label], arm) | {"size": 10}
        look = {"name": _folded(arm.label, 32), "showlegend": arm.label not in named}
        fig.add_scatter(x=x, y=y, mode="markers", marker=marker, **look)
        named.add(arm.label)
    return fig


def ablations(
    arms: Sequence[Arm], metric: str, baseline: str, title: str = "One change at a time"
) -> go.Figure:
    """One row for each arm, one mark for each seed, a tick at the mean, a dashed line at the baseline's mean.

    Args:
        arms: arms in the order of the rows; marks of recorded ones are hollow.
        metric: the metric in words, with its unit.
        baseline: name or label of the arm that the others are compared with.

    Raises:
        ValueError: no arm has the name or label `baseline`.
    """
    base = next((arm for arm in arms if baseline in (arm.label, getattr(arm, "name", ""))), None)
    if base is None:
        raise ValueError(f"no arm {baseline!r}; there are {', '.join(arm.label for arm in arms)}")
    fig = figure(
        title,
        f"{_folded(metric, 42)}<br>{_folded(f'dashed: mean of {base.label}; hollow: recorded', 42)}",
        "",
        f"{metric} of every seed, a row each for {', '.join(arm.label for arm in arms)}; a dashed line at the mean "
        f"of {base.label}, hollow marks for recorded runs.",
        showlegend=False,
        height=190 + 36 * len(arms),
    )
    rows, means = list(range(len(arms))), plain([np.mean(list(arm.values.values())) for arm in arms])
    tick = {"symbol": "line-ns", "size": 24, "line": {"width": 4, "color": INK}}
    fig.add_scatter(x=means, y=rows, mode="markers", marker=tick, hovertemplate="mean %{x}<extra></extra>")
    for row, arm in enumerate(arms):
        values = plain(list(arm.values.values()))
        y = plain(row + np.linspace(-0.24, 0.24, len(values)) if len(values) > 1 else [row])
        marker = _marker(int(arm is base), arm) | {"size": 8}
        hover = [f"{arm.label}, seed {seed}" for seed in arm.values]
        fig.add_scatter(x=values, y=y, mode="markers", marker=marker, text=hover, hoverinfo="text+x")
    at = means[next(row for row, arm in enumerate(arms) if arm is base)]
    if at is not None:
        fig.add_vline(x=at, line_dash="dash", line_color=NEUTRAL, layer="below")
    labels = {"tickvals": rows, "ticktext": [_folded(arm.label, 30) for arm in arms]}
    fig.update_xaxes(automargin=True, title_standoff=14)
    return fig.update_yaxes(range=[len(arms) - 0.5, -0.5], automargin=True, **labels)


def _round_numbers(values: Sequence[int]) -> list[int]:
    """Ticks over the range of the values: 1, 2 and 5 times powers of ten; fewer if too many; the values if none."""
    low, high = min(values) / 1.3, max(values) * 1.3  # the axis is a little longer than its data
    powers = range(int(np.log10(low)), int(np.log10(high)) + 1)
    for steps in ((1, 2, 5), (1,)):
        found = [step * 10**power for power in powers for step in steps if low <= step * 10**power <= high]
        if len(found) < 9:
            break
    return found or sorted(set(values))


def _short(number: int) -> str:
    """25k for 25000, 1.6M for 1600000."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size * 0.9995:
            return f"{number / size:.3g}{letter}"
    return str(number)


def _numbered(arms: Sequence[Arm]) -> dict[str, int]:
    """Label -> number: live and recorded runs with one label share a place and a color."""
    return {label: number for number, label in enumerate(dict.fromkeys(arm.label for arm in arms))}


def _marker(number: int, arm: Arm) -> dict[str, str]:
    look = style(number, arm.label)["marker"]
    return look | {"symbol": look["symbol"] + ("-open" if arm.recorded else "")}


def intervals(effects: Mapping[str, Interval], margin: float) -> go.Figure:
    """Effects with their 95 % intervals, beside lines at zero and at the margin."""
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
        x=0, line_color=INK, line_width=1, annotation_text="zero", annotation_position="bottom right"
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
