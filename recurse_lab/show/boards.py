"""The answer after every iteration, a row of bits or a grid, above the residual, with a slider.

Shape letters: T steps, H rows, W columns; a row of bits is a grid of one row.
"""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recurse_lab.show.latents import with_slider
from recurse_lab.show.theme import FLOOR, NEUTRAL, PALETTE, TEMPLATE, WRONG, plain

# colors of the five kinds of cells: wall, 0, 1 (or the path), start, goal
COLORS = ("#3b4252", "#f4f5f8", "#0b6e99", "#3a7d44", "#c77d11")
WALL, EMPTY, MARKED, START, GOAL = range(5)


def thought_scrubber(
    answers: np.ndarray,
    targets: np.ndarray,
    residual: np.ndarray,
    maze: np.ndarray | None = None,
    most: int = 60,
) -> go.Figure:
    """The decoded answer and the residual, with one slider for both; a cross marks every wrong cell.

    Args:
        answers: (T+1, H, W) or, for a row of bits, (T+1, W): the likeliest class after each iteration.
        targets: (H, W) or (W,), with -100 in cells that do not count.
        residual: (T,) relative change of the state.
        maze: (H, W) symbols (0 wall, 1 free, 2 start, 3 goal) if the task is a maze.
        most: largest number of frames; if there are more iterations, evenly spaced ones are shown.

    Raises:
        ValueError: the shapes do not fit together.
    """
    answers, targets = _as_grids(answers), targets.reshape(-1, targets.shape[-1])
    if answers.shape[1:] != targets.shape or len(answers) != len(residual) + 1:
        raise ValueError(
            f"answers {answers.shape}, targets {targets.shape}, residual {residual.shape} do not fit"
        )
    rows, columns = targets.shape
    heights, gap = ([0.3, 0.7], 0.3) if rows == 1 else ([0.72, 0.28], 0.16)
    fig = make_subplots(rows=2, cols=1, row_heights=heights, vertical_spacing=gap)
    steps = np.unique(np.linspace(0, len(residual), min(most, len(answers))).round().astype(int))
    scale = [[edge, color] for i, color in enumerate(COLORS) for edge in (i / 5, (i + 1) / 5)]
    fig.add_heatmap(
        z=[], zmin=-0.5, zmax=4.5, colorscale=scale, showscale=False, xgap=1, ygap=1, row=1, col=1
    )
    cross = {"symbol": "x-thin", "size": 7, "line": {"width": 2, "color": WRONG}}
    fig.add_scatter(x=[], y=[], mode="markers", marker=cross, name="wrong", row=1, col=1)
    x = list(range(1, len(residual) + 1))
    floored = plain(np.maximum(residual, FLOOR))
    fig.add_scatter(x=x, y=floored, mode="lines", line={"color": PALETTE[0]}, name="residual", row=2, col=1)
    dot = {"size": 13, "color": PALETTE[4]}
    fig.add_scatter(x=[], y=[], mode="markers", marker=dot, name="now", row=2, col=1)
    fig.frames = [_frame(int(step), answers, targets, residual, maze) for step in steps]
    for index, trace in zip((0, 1, 3), fig.frames[0].data, strict=True):
        fig.data[index].update(
            {key: trace[key] for key in ("x", "y", "z") if key in trace and trace[key] is not None}
        )
    _lay_out(fig, rows, columns)
    return with_slider(fig, [str(step) for step in steps])


def _frame(
    step: int, answers: np.ndarray, targets: np.ndarray, residual: np.ndarray, maze: np.ndarray | None
) -> go.Frame:
    wrong_y, wrong_x = np.nonzero((answers[step] != targets) & (targets >= 0))
    at = max(step, 1)
    board = go.Heatmap(z=_picture(answers[step], maze).tolist())
    crosses = go.Scatter(x=wrong_x.tolist(), y=wrong_y.tolist())
    now = go.Scatter(x=[at], y=plain(np.maximum(residual[at - 1 : at], FLOOR)))
    right = int((targets >= 0).sum()) - len(wrong_x)
    title = f"After {step} iterations: {right} of {int((targets >= 0).sum())} cells right"
    return go.Frame(
        data=[board, crosses, now], traces=[0, 1, 3], name=str(step), layout={"title": {"text": title}}
    )


def _picture(answer: np.ndarray, maze: np.ndarray | None) -> np.ndarray:
    """Color numbers (H, W) of the cells: the answer, and the walls, start and goal of a maze."""
    shown = np.where(answer == 1, MARKED, EMPTY)
    if maze is None:
        return shown
    return np.select([maze == 0, maze == 2, maze == 3], [WALL, START, GOAL], shown)


def _as_grids(answers: np.ndarray) -> np.ndarray:
    return answers if answers.ndim == 3 else answers[:, None, :]


def _lay_out(fig: go.Figure, rows: int, columns: int) -> None:
    one_row = rows == 1
    kind = (
        "a row of bits (blue: 1, light: 0)" if one_row else "a maze (blue: path, green: start, orange: goal)"
    )
    alt = f"The decoded answer, {kind}, crosses on wrong cells, above the residual; a slider chooses the iteration."
    fig.update_layout(template=TEMPLATE, height=430 if one_row else 680, showlegend=False, meta={"alt": alt})
    fig.update_layout(title_text="The answer after every iteration")
    fig.update_yaxes(autorange="reversed", visible=False, row=1, col=1)
    fig.update_xaxes(title_text="position (bits)" if one_row else "", visible=one_row, row=1, col=1)
    if not one_row:
        fig.update_yaxes(scaleanchor="x", constrain="domain", row=1, col=1)
        fig.update_xaxes(constrain="domain", range=[-0.5, columns - 0.5], row=1, col=1)
    fig.update_yaxes(type="log", title_text="residual", exponentformat="power", dtick=2, row=2, col=1)
    fig.update_xaxes(title_text="iteration", row=2, col=1, gridcolor=NEUTRAL, showgrid=False)
