"""Self-training: shares by round, what a verifier keeps, and the gain of a round against its gap."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from recurse_lab.show.latents import with_slider
from recurse_lab.show.theme import NEUTRAL, figure, plain, style

BELOW = {"orientation": "h", "y": -0.28, "yanchor": "top"}


def by_round(curves: Mapping[str, Mapping[int, float]], title: str, y: str) -> go.Figure:
    """One line an arm: round (0 is before the first) -> share."""
    fig = figure(
        title,
        "rounds of self-training",
        y,
        f"{title}: {y} after each round for {', '.join(curves)}.",
        height=470,
        legend=BELOW,
        margin_b=150,
        xaxis={"dtick": 1},
        yaxis={"range": [-0.03, 1.05]},
    )
    for index, (label, curve) in enumerate(curves.items()):
        shares = plain(list(curve.values()))
        fig.add_scatter(x=list(curve), y=shares, mode="lines+markers", **style(index, label))
    return fig


def precision_by_share(frames: Mapping[str, Mapping[str, Mapping[float, float]]], title: str) -> go.Figure:
    """Precision against the share of boards kept, one line a verifier; a slider chooses the net that drew.

    Args:
        frames: name of a net -> verifier -> share of boards kept -> share of right answers among them.
        title: title of the figure.

    Raises:
        ValueError: there is no frame.
    """
    if not frames:
        raise ValueError("precision_by_share needs one net or more")
    first = next(iter(frames.values()))
    fig = figure(
        title,
        "share of boards kept",
        "share of right answers among those kept",
        f"{title}: precision against the share of boards kept for {', '.join(first)}; nets: {', '.join(frames)}.",
        height=520,
        xaxis={"range": [0, 1.02]},
        yaxis={"range": [-0.03, 1.05]},
    )

    def traces(curves: Mapping[str, Mapping[float, float]]) -> list[go.Scatter]:
        return [
            go.Scatter(
                x=plain(list(curve)), y=plain(list(curve.values())), mode="lines", **style(index, label)
            )
            for index, (label, curve) in enumerate(curves.items())
        ]

    fig.add_traces(traces(first))
    every = list(range(len(first)))
    fig.frames = [
        go.Frame(name=name, data=traces(curves), traces=every, layout={"title": {"text": f"{title}: {name}"}})
        for name, curves in frames.items()
    ]
    fig.update_layout(title={"text": f"{title}: {next(iter(frames))}"})
    return with_slider(fig, list(frames), prefix="net: ")


def gain_against_gap(points: Mapping[str, Sequence[tuple[float, float]]], title: str) -> go.Figure:
    """One mark a round and seed: (gap of what was kept, change of the share of right draws); and their equality."""
    fig = figure(
        title,
        "gap of the answers kept",
        "change of right draws by the round",
        f"{title}: the change of the share of right draws against the gap for {', '.join(points)}.",
        height=520,
        legend=BELOW,
        margin_b=170,
    )
    ends = [-0.1, 1.0]
    line = {"color": NEUTRAL, "dash": "dash", "width": 1.5}
    fig.add_scatter(x=ends, y=ends, mode="lines", line=line, name="gain = gap", hoverinfo="skip")
    for index, (label, pairs) in enumerate((label, pairs) for label, pairs in points.items() if pairs):
        marker = style(index, label)["marker"] | {"size": 8}
        x, y = (plain(list(part)) for part in zip(*pairs, strict=True))
        fig.add_scatter(x=x, y=y, mode="markers", marker=marker, name=label)
    return fig
