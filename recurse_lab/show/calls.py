"""Answers and pairs of answers: kinds of errors, shares and log probabilities along training, pairs that drift."""

from collections.abc import Mapping, Sequence
from textwrap import wrap

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recurse_lab.show.latents import with_slider
from recurse_lab.show.theme import INK, NEUTRAL, PALETTE, TEMPLATE, figure, plain, style

PATTERNS = ("", "/", "\\", "x", ".", "+", "-", "|")


def kinds_of_answers(shares: Mapping[str, Mapping[str, float]], title: str) -> go.Figure:
    """One bar a net: the shares of its answers by kind, stacked from the left.

    Args:
        shares: net -> kind -> share of the answers.
        title: title of the figure.
    """
    kinds = list(dict.fromkeys(kind for parts in shares.values() for kind in parts))
    fig = figure(
        title,
        "share of the requests",
        "",
        f"{title}: stacked shares of {', '.join(kinds)} for {', '.join(shares)}.",
        barmode="stack",
        height=170 + 44 * len(shares),
        legend={"orientation": "h", "y": -0.25, "yanchor": "top", "traceorder": "normal"},
        margin_b=120,
    )
    for number, kind in enumerate(kinds):
        marker = {
            "color": PALETTE[number % len(PALETTE)],
            "pattern": {"shape": PATTERNS[number % len(PATTERNS)]},
        }
        values = plain([parts.get(kind, 0.0) for parts in shares.values()])
        fig.add_bar(x=values, y=list(shares), orientation="h", name=kind, marker=marker)
    return fig.update_yaxes(autorange="reversed", automargin=True)


def along_training(
    shares: Mapping[str, Mapping[int, float]], nats: Mapping[str, Mapping[int, float]], title: str
) -> go.Figure:
    """Left: shares against optimizer steps; right: changes of log probabilities, in nats, at the same steps."""
    fig = make_subplots(
        1, 2, subplot_titles=("shares", "change of log probability, nats"), horizontal_spacing=0.1
    )
    for column, curves in enumerate((shares, nats), start=1):
        for number, (label, curve) in enumerate(curves.items()):
            look = style(number + (column - 1) * len(shares), label)
            y = plain(list(curve.values()))
            fig.add_scatter(x=list(curve), y=y, mode="lines+markers", row=1, col=column, **look)
    alt = f"{title}: against optimizer steps, shares of {', '.join(shares)}; in nats, {', '.join(nats)}."
    fig.update_layout(
        template=TEMPLATE, title_text=title, meta={"alt": alt}, height=500, margin={"t": 92, "b": 170}
    )
    fig.update_layout(legend={"orientation": "h", "y": -0.34, "yanchor": "top"})
    fig.update_xaxes(title_text="optimizer steps")
    fig.update_yaxes(title_text="share", range=[-0.03, 1.05], row=1, col=1)
    return fig.update_yaxes(title_text="nats", row=1, col=2)


def pairs_drift(
    steps: Sequence[int], right: Sequence[np.ndarray], wrong: Sequence[np.ndarray], title: str
) -> go.Figure:
    """A slider over optimizer steps; each pair is a point: log p of its right call and of its wrong one.

    Args:
        steps: optimizer steps of the frames.
        right: for each step the log probabilities of the right calls, in nats.
        wrong: the same of the wrong calls.
        title: title of the figure; the step and the share below the line are added to it.
    """
    low = min(-1.0, *(float(np.nanmin(np.where(np.isfinite(part), part, 0))) for part in (*right, *wrong)))
    fig = figure(
        title,
        "log p(right call), nats",
        "log p(wrong call), nats",
        f"{title}: log probabilities of right and wrong calls of {len(right[0])} pairs after "
        f"{', '.join(map(str, steps))} optimizer steps; below the diagonal the right call is likelier.",
        height=560,
        showlegend=False,
    )
    fig.add_scatter(
        x=[low, 0], y=[low, 0], mode="lines", line={"color": NEUTRAL, "dash": "dash"}, hoverinfo="skip"
    )
    fig.add_scatter(
        x=plain(right[0]),
        y=plain(wrong[0]),
        mode="markers",
        marker={"color": PALETTE[0], "size": 8, "opacity": 0.6},
    )
    mean = {"color": PALETTE[1], "size": 16, "symbol": "x", "line": {"color": INK, "width": 1}}
    fig.add_scatter(x=plain([np.mean(right[0])]), y=plain([np.mean(wrong[0])]), mode="markers", marker=mean)
    fig.frames = [_frame(*one, title) for one in zip(steps, right, wrong, strict=True)]
    fig.update_layout(title_text=fig.frames[0].layout.title.text)
    fig.update_xaxes(range=[low * 1.03, 1]).update_yaxes(range=[low * 1.03, 1])
    return with_slider(fig, [str(step) for step in steps], "step ")


def _frame(step: int, right: np.ndarray, wrong: np.ndarray, title: str) -> go.Frame:
    share = float(np.mean(right > wrong))
    text = f"{title}: step {step}, right call likelier in {share:.0%}"
    points = [(right, wrong), (np.array([right.mean()]), np.array([wrong.mean()]))]
    data = [go.Scatter(x=plain(x), y=plain(y)) for x, y in points]
    return go.Frame(data=data, traces=[1, 2], name=str(step), layout={"title": {"text": text}})


def candidates(names: Sequence[str], log_probs: Mapping[str, Sequence[float]], title: str) -> go.Figure:
    """Some calls for one request, the right one first, and their log probabilities under several nets.

    Args:
        names: what each call is, the right one first.
        log_probs: net -> log probability of each call, in nats.
        title: the request; long texts are drawn in several lines.
    """
    fig = figure(
        "<br>".join(wrap(title, 48)),
        "log probability, nats",
        "",
        f"{title}: log probabilities of {', '.join(names)} under {', '.join(log_probs)}.",
        height=210 + 60 * len(names),
        barmode="group",
        legend={"orientation": "h", "y": -0.3, "yanchor": "top"},
        margin_b=110,
    )
    drawn = ["<br>".join(wrap(name, 40)) for name in names]
    for number, (net, values) in enumerate(log_probs.items()):
        marker = {"color": PALETTE[number], "pattern": {"shape": PATTERNS[number]}}
        fig.add_bar(x=plain(values), y=drawn, orientation="h", name=net, marker=marker)
    return fig.update_yaxes(autorange="reversed", automargin=True)
