"""Supervision steps: how well a halting head is calibrated, how many loops help.

Shape letters: B boards, M probabilities, K numbers of loops in training, J in the test.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from recurse_lab.show.theme import INK, NEUTRAL, PALETTE, SHADES, figure, plain


def calibration(probability: np.ndarray, right: np.ndarray, bins: int = 10) -> go.Figure:
    """Share of boards right against the head's probability; the area of a mark is its number of boards.

    Args:
        probability: (M,) the head's probability of "right, stop"; values that are not finite are left out.
        right: (M,) whether the answer was right.
        bins: number of equally wide bins.

    Raises:
        ValueError: the shapes do not fit together, or no probability is finite.
    """
    if probability.shape != right.shape or probability.ndim != 1 or not np.isfinite(probability).any():
        raise ValueError(
            f"probability {probability.shape} and right {right.shape} must be one value a board each, one finite"
        )
    fig = figure(
        "Can the halting head be believed?",
        "probability of being right, by the head",
        "share of boards right",
        f"Share of boards right against the head's probability in {bins} bins, with the diagonal; larger: more boards.",
        xaxis={"range": [-0.06, 1.06]},
        yaxis={"range": [-0.09, 1.09]},
        showlegend=False,
        height=460,
    )
    line = {"color": NEUTRAL, "dash": "dash"}
    fig.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=line, hoverinfo="skip", name="calibrated")
    means, shares, counts = _binned(probability, right, bins)
    area = {"size": counts, "sizemode": "area", "sizeref": 2 * max(counts) / 34**2, "sizemin": 4}
    hover = "head %{x}, right %{y}<br>%{marker.size} boards<extra></extra>"
    marker = {"color": PALETTE[0], "opacity": 0.85, **area}
    fig.add_scatter(x=means, y=shares, mode="markers", marker=marker, hovertemplate=hover, name="bins")
    note = {"x": 0.98, "y": 0.02, "xref": "paper", "yref": "paper", "showarrow": False}
    note |= {"font": {"size": 12}, "align": "right"}
    return fig.add_annotation(text="below the dashed diagonal:<br>surer than right", **note)


def _binned(
    probability: np.ndarray, right: np.ndarray, bins: int
) -> tuple[list[float], list[float], list[int]]:
    """Mean probability, share right and number of boards of every bin with boards in it."""
    known = np.isfinite(probability)
    probability, right = probability[known].astype(float), right[known].astype(float)
    place = np.clip((probability * bins).astype(int), 0, bins - 1)
    held = [place == number for number in range(bins) if (place == number).any()]
    means, shares = ([values[which].mean() for which in held] for values in (probability, right))
    return plain(means), plain(shares), [int(which.sum()) for which in held]


def loops_grid(shares: np.ndarray, trained: Sequence[int], tested: Sequence[int]) -> go.Figure:
    """Share of boards right by number of loops in training (rows) and in the test (columns), as a map with numbers.

    Args:
        shares: (K, J) mean shares.
        trained: K largest numbers of loops in training.
        tested: J numbers of loops in the test.

    Raises:
        ValueError: the shapes do not fit together.
    """
    if shares.shape != (len(trained), len(tested)):
        raise ValueError(f"shares {shares.shape} must be {len(trained)} rows of {len(tested)} columns")
    fig = figure(
        "Loops in training against loops in the test",
        "tested with m loops (supervision steps)",
        "trained with up to k loops",
        f"Shares of boards right of nets trained with up to {', '.join(map(str, trained))} loops (rows) and tested "
        f"with {', '.join(map(str, tested))} (columns); the number stands in each cell.",
        height=150 + 56 * len(trained),
        xaxis={"type": "category", "showgrid": False},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )
    z = plain(shares, 3)
    words = [["–" if share is None else f"{share:.2f}" for share in row] for row in z]
    bar = {"title": {"text": "share<br>right"}}
    cells = {"colorscale": SHADES, "zmin": 0, "zmax": 1, "colorbar": bar, "xgap": 2, "ygap": 2}
    labels = {"x": [str(loops) for loops in tested], "y": [str(loops) for loops in trained]}
    hover = "up to %{y} in training, %{x} in the test: %{z}<extra></extra>"
    written = {"text": words, "texttemplate": "%{text}", "textfont": {"color": INK}}
    fig.add_heatmap(z=z, **labels, **cells, **written, hovertemplate=hover)
    return fig
