"""A figure, and under it controls that compute it anew while a kernel runs."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets
import plotly.graph_objects as go
from IPython.display import display

from recurse_lab.explore.thoughts import PLOTLY


class Live:
    """`figure` is shown as it is, also in a report; under it stand `controls`, whose values `redraw` gets by name.

    Raises:
        ValueError: there is no control.
    """

    def __init__(
        self, figure: go.Figure, redraw: Callable[..., go.Figure], controls: Mapping[str, ipywidgets.Widget]
    ) -> None:
        if not controls:
            raise ValueError("a live figure needs at least one control")
        self.figure, self.redraw, self.controls = figure, redraw, dict(controls)
        self.output = ipywidgets.Output()
        for control in self.controls.values():
            control.observe(self._draw, names="value")

    def widget(self) -> ipywidgets.Widget:
        """The controls and the figure that they draw."""
        self._draw()
        return ipywidgets.VBox([ipywidgets.HBox(list(self.controls.values())), self.output])

    def _draw(self, _: Any = None) -> None:
        fig = self.redraw(**{name: control.value for name, control in self.controls.items()})
        # set the outputs directly: capturing needs a front end, and a notebook run without one has none
        data = {PLOTLY: json.loads(fig.to_json()), "text/plain": str(fig.layout.title.text)}
        self.output.outputs = ({"output_type": "display_data", "data": data, "metadata": {}},)

    def _ipython_display_(self) -> None:
        display(self.figure)
        display(self.widget())
