"""An explorer of thoughts: choose a problem, move through the iterations, set a halting threshold.

The figure has its own slider and works everywhere, in a report too; the widgets under it need a live kernel.
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
    """One problem and the thoughts about it, as plain arrays."""

    answers: np.ndarray  # (T+1, *C)
    targets: np.ndarray  # (*C), -100 where no answer is asked for
    residual: np.ndarray  # (T,)
    maze: np.ndarray | None = None  # (H, W) symbols, where the problem is a maze
    givens: np.ndarray | None = None  # (N, N) digits, 0 where blank, where the problem is a Sudoku
    confidence: np.ndarray | None = None  # (T+1, N, N) probability of each answer; a Sudoku needs it

    def __post_init__(self) -> None:
        if self.givens is not None and self.confidence is None:
            raise ValueError("an example with givens needs the confidence of its answers too")

    @property
    def asked(self) -> np.ndarray:
        """Which cells an answer is asked for: of a Sudoku, the blank ones."""
        return self.targets >= 0 if self.givens is None else self.givens == 0

    def figure(self, most: int | None = None) -> go.Figure:
        """The answer after every iteration, or after `most` of them, with a slider in the page."""
        if self.givens is None or self.confidence is None:
            return thought_scrubber(self.answers, self.targets, self.residual, self.maze, most or 60)
        board = (self.givens, self.answers, self.targets, self.confidence)
        return board_scrubber(*board, self.residual, most or 40)

    def at(self, step: int) -> go.Figure:
        """The same figure, opened at iteration `step`."""
        fig = self.figure(most=len(self.answers))
        frame = fig.frames[step]
        for index, trace in zip(frame.traces, frame.data, strict=True):
            fig.data[index].update({key: trace[key] for key in ("x", "y", "z", "text") if _has(trace, key)})
        fig.update_layout(title_text=frame.layout.title.text, margin_b=60)
        fig.layout.sliders = ()
        fig.frames = []
        return fig

    def halt(self, threshold: float) -> int:
        """Iteration at which the residual first falls below `threshold`; the last one if it never does."""
        below = np.flatnonzero(self.residual < threshold)
        return int(below[0]) + 1 if len(below) else len(self.residual)


class Explorer:
    """Shown in a notebook: the first example's figure, and under it widgets that redraw any example live."""

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
        """The chosen problem."""
        return self.examples[self.problem.value]

    def figure(self) -> go.Figure:
        """The chosen problem's figure with its own slider."""
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
        # set, not captured: an executor without a reader has no place to capture into
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
