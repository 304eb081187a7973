"""The state of a model while it thinks: residuals, paths, spectra, the order in which cells become right.

Shape letters: T steps, B problems, C cells, N numbers in a state.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from recurse_lab.show.theme import FLOOR, NEUTRAL, PALETTE, RIGHT, faint, figure, plain, style


def residuals(residual: np.ndarray | Mapping[str, np.ndarray], threshold: float | None = None) -> go.Figure:
    """Relative change (T, B) of the state per step, for each label: the median, and a band over all problems."""
    named = residual if isinstance(residual, Mapping) else {"median of all problems": residual}
    fig = figure(
        "How much one more step changes the state",
        "iteration",
        "residual |zₜ − zₜ₋₁| / |zₜ|",
        f"Residual against iteration on a logarithmic axis for {', '.join(named)}; the band holds all problems.",
        yaxis={"type": "log", "exponentformat": "power"},
    )
    for index, (label, values) in enumerate(named.items()):
        floored = np.maximum(values, FLOOR)
        steps = list(range(1, len(floored) + 1))
        band = plain(np.r_[floored.max(1), floored.min(1)[::-1]])
        fill = {"fill": "toself", "fillcolor": faint(PALETTE[index], 0.15), "line": {"width": 0}}
        fig.add_scatter(
            x=steps + steps[::-1], y=band, mode="lines", showlegend=False, hoverinfo="skip", **fill
        )
        fig.add_scatter(x=steps, y=plain(np.median(floored, axis=1)), mode="lines", **style(index, label))
    if threshold is not None:
        fig.add_hline(y=threshold, line_dash="dash", line_color=NEUTRAL)
        place = {
            "xref": "paper",
            "x": 0.01,
            "y": float(np.log10(threshold)),
            "yanchor": "top",
        }  # a log axis wants log10
        fig.add_annotation(text=f"stop below {threshold:g}", showarrow=False, **place)
    return fig


def pca_paths(paths: Mapping[str, np.ndarray], title: str = "Different starts, one destination") -> go.Figure:
    """Paths (T+1, 1, 2) of the state in the plane of two principal components, from an open mark to a filled one."""
    fig = figure(
        title,
        "first principal component",
        "second principal component",
        f"Paths of the latent state from the starts {', '.join(paths)}; a large mark is where each one ends.",
        height=460,
    )
    for index, (label, points) in enumerate(paths.items()):
        x, y = plain(points[:, 0, 0]), plain(points[:, 0, 1])
        sizes = [12] + [5] * (len(x) - 2) + [13]
        look = style(index, label, width=1.5)
        symbol = look["marker"]["symbol"]
        marker = look["marker"] | {"size": sizes, "symbol": [f"{symbol}-open"] + [symbol] * (len(x) - 1)}
        hover = [f"iteration {step}" for step in range(len(x))]
        look["marker"] = marker
        fig.add_scatter(x=x, y=y, mode="lines+markers", text=hover, **look)
    return fig


def eigenvalues(frames: Sequence[tuple[int, np.ndarray]]) -> go.Figure:
    """Eigenvalues (N,) of the step's Jacobian in the complex plane, with the unit circle and a slider over steps."""
    radii = [float(np.abs(values).max()) for _, values in frames]
    largest = max([1.1, *filter(np.isfinite, radii)]) * 1.08
    axis = {"range": [-largest, largest], "constrain": "domain"}
    fig = figure(
        "Eigenvalues of one step",
        "real part",
        "imaginary part",
        "Eigenvalues of the Jacobian of one step in the complex plane with the unit circle; a slider chooses the step.",
        height=560,
        xaxis=axis,
        yaxis=axis | {"scaleanchor": "x"},
        showlegend=False,
    )
    angle = np.linspace(0, 2 * np.pi, 100)
    ring = {"line": {"color": NEUTRAL, "dash": "dash"}, "mode": "lines", "hoverinfo": "skip"}
    fig.add_scatter(x=plain(np.cos(angle), 3), y=plain(np.sin(angle), 3), **ring)
    fig.add_scatter(x=[], y=[], mode="markers", marker={"size": 6, "color": PALETTE[0], "opacity": 0.65})
    fig.frames = [_eigenvalue_frame(step, values) for step, values in frames]
    fig.data[1].update(fig.frames[0].data[0].to_plotly_json())
    return with_slider(fig, [str(step) for step, _ in frames])


def _eigenvalue_frame(step: int, values: np.ndarray) -> go.Frame:
    # keep the 150 largest: the many eigenvalues near zero add nothing to the picture
    shown = values[np.argsort(-np.abs(values))][:150]
    cloud = go.Scatter(x=plain(shown.real, 3), y=plain(shown.imag, 3))
    title = f"Eigenvalues of one step after iteration {step}: largest |λ| = {np.abs(values).max():.2f}"
    return go.Frame(data=[cloud], traces=[1], name=str(step), layout={"title": {"text": title}})


def radius_by_step(radius: Sequence[float], solved_at: int | None) -> go.Figure:
    """Largest |eigenvalue| of one step after each iteration, with lines at 1 and at the iteration that solved it."""
    fig = figure(
        "How much one step stretches small differences",
        "iteration",
        "spectral radius of one step",
        "Spectral radius of the Jacobian of one step against iteration, with a line at 1.",
        yaxis={"rangemode": "tozero"},
    )
    steps = list(range(len(radius)))
    fig.add_scatter(x=steps, y=plain(radius), mode="lines+markers", **style(0, "spectral radius"))
    fig.add_hline(
        y=1,
        line_dash="dash",
        line_color=NEUTRAL,
        annotation_text="1: neither",
        annotation_position="top right",
    )
    if solved_at is not None:
        fig.add_vline(
            x=solved_at,
            line_dash="dot",
            line_color=RIGHT,
            annotation_text=f"answer right from {solved_at} on",
        )
    return fig


def settling_map(right: np.ndarray) -> go.Figure:
    """Map of the cells that are right after each iteration, `right` (T+1, C): the front of the computation."""
    fig = figure(
        "The front of the computation",
        "iteration",
        "position in the string (bits)",
        "Map of position against iteration; cells turn from wrong to right along a front that moves with time.",
        yaxis={"autorange": "reversed"},
    )
    bar = {"tickvals": [0.25, 0.75], "ticktext": ["wrong", "right"], "len": 0.4}
    scale = [[0, "#f3c4c8"], [0.5, "#f3c4c8"], [0.5, "#2f6d3a"], [1, "#2f6d3a"]]
    fig.add_heatmap(z=right.T.astype(int).tolist(), zmin=0, zmax=1, colorscale=scale, colorbar=bar)
    return fig


def with_slider(fig: go.Figure, names: Sequence[str], prefix: str = "iteration ") -> go.Figure:
    """Add a slider under the figure that shows its frames; it works in the page, without a kernel."""
    options = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}, "transition": {"duration": 0}}
    steps = [{"label": name, "method": "animate", "args": [[name], options]} for name in names]
    fig.update_layout(
        sliders=[{"steps": steps, "currentvalue": {"prefix": prefix}, "pad": {"t": 48}, "active": 0}],
        margin_b=110,
    )
    return fig
