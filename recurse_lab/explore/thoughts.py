"""An explorer of thoughts: choose a problem, move through the iterations, set a halting threshold.

The figure has its own slider and works without a kernel, so also in a report. The widgets under it need a
kernel. Shape letters: T steps, *C cells, H rows, W columns, N side of a Sudoku.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ipywidgets
import numpy as np
import plotly.graph_objects as go
from IPython.display import display

from recurse_lab.show.boards import thought_scrubber
from recurse_lab.show.sudoku import board_scrubber

PLOTLY = "application/vnd.plotly.v1+json"


@dataclass(frozen=True, kw_only=True)
class Example:
    """One problem and the thoughts about it, as arrays.

    Raises:
        ValueError: there are givens but no confidence.
    """

    answers: np.ndarray  # (T+1, *C) likeliest class after each iteration
    targets: np.ndarray  # (*C), -100 in cells that do not count
    residual: np.ndarray  # (T,) relative change of the state
    maze: np.ndarray | None = None  # (H, W) symbols, if the problem is a maze
    givens: np.ndarray | None = None  # (N, N) digits, 0 in blank cells, if the problem is a Sudoku
    confidence: np.ndarray | None = None  # (T+1, N, N) probability of each answer; needed for a Sudoku

    def __post_init__(self) -> None:
        if self.givens is not None and self.confidence is None:
            raise ValueError("an example with givens needs the confidence of its answers too")

    @property
    def asked(self) -> np.ndarray:
        """The cells that count (*C): those with a target, or the blank cells of a Sudoku."""
        return self.targets >= 0 if self.givens is None else self.givens == 0

    def figure(self, most: int | None = None) -> go.Figure:
        """The answer after every iteration, in at most `most` frames, with a slider that needs no kernel."""
        if self.givens is None or self.confidence is None:
            return thought_scrubber(self.answers, self.targets, self.residual, self.maze, most or 60)
        board = (self.givens, self.answers, self.targets, self.confidence)
        return board_scrubber(*board, self.residual, most or 40)

    def at(self, step: int) -> go.Figure:
        """The same figure at iteration `step`, without a slider."""
        fig = self.figure(most=len(self.answers))
        frame = fig.frames[step]
        for index, trace in zip(frame.traces, frame.data, strict=True):
            fig.data[index].update({key: trace[key] for key in ("x", "y", "z", "text") if _has(trace, key)})
        fig.update_layout(title_text=frame.layout.title.text, margin_b=60)
        fig.layout.sliders = ()
        fig.frames = []
        return fig

    def halt(self, threshold: float) -> int:
        """First iteration whose residual is below `threshold`; the last iteration if there is none."""
        below = np.flatnonzero(self.residual < threshold)
        return int(below[0]) + 1 if len(below) else len(self.residual)


class Explorer:
    """In a notebook: the chosen example's figure, and under it widgets that redraw any example.

    Raises:
        ValueError: there is no example.
    """

    def __init__(self, examples: Mapping[str, Example]) -> None:
        if not examples:
            raise ValueError("an explorer needs at least one example")
        self.examples = dict(examples)
        first = next(iter(self.examples.values()))
        self.problem = ipywidgets.Dropdown(options=list(self.examples), description="problem")
        self.step = ipywidgets.IntSlider(min=0, max=len(first.residual), value=0, description="iteration")
        self.threshold = ipywidgets.FloatLogSlider(
            min=-6, max=0, step=0.25, value=1e-3, description="stop below"
        )
        self.verdict = ipywidgets.HTML()
        self.output = ipywidgets.Output()
        self.problem.observe(self._choose, names="value")
        self.step.observe(self._draw, names="value")
        self.threshold.observe(self._judge, names="value")
        self._judge()

    @property
    def example(self) -> Example:
        """The chosen example."""
        return self.examples[self.problem.value]

    def figure(self) -> go.Figure:
        """The chosen example's figure, with its own slider."""
        return self.example.figure()

    def widget(self) -> ipywidgets.Widget:
        """The controls and the live figure."""
        self._draw()
        controls = ipywidgets.HBox([self.problem, self.step, self.threshold])
        return ipywidgets.VBox([controls, self.verdict, self.output])

    def _choose(self, _: Any = None) -> None:
        self.step.max = len(self.example.residual)
        self._judge()
        self._draw()

    def _draw(self, _: Any = None) -> None:
        fig = self.example.at(self.step.value)
        # set the outputs directly: capturing needs a front end, and a notebook run without one has none
        data = {PLOTLY: json.loads(fig.to_json()), "text/plain": str(fig.layout.title.text)}
        self.output.outputs = ({"output_type": "display_data", "data": data, "metadata": {}},)

    def _judge(self, _: Any = None) -> None:
        example = self.example
        halt = example.halt(self.threshold.value)
        right = (example.answers[halt] == example.targets)[example.asked].mean()
        cells = "cells" if example.givens is None else "blank cells"
        self.verdict.value = (
            f"The residual rule stops after <b>{halt}</b> of {len(example.residual)} iterations; "
            f"{right:.0%} of the {cells} are right then."
        )

    def _ipython_display_(self) -> None:
        display(self.figure())
        display(self.widget())


def _has(trace: Any, key: str) -> bool:
    return key in trace and trace[key] is not None
