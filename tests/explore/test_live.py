"""A live figure: controls redraw it by name, without a browser."""

import plotly.graph_objects as go
import pytest

from recurse_lab.explore import Live
from recurse_lab.explore.thoughts import PLOTLY
from recurse_lab.workbook.start import Lab


def test_controls_redraw_the_figure_by_name():
    lab = Lab(chapter="01", profile="smoke", seed=0, jobs=1)

    def redraw(power, base):
        return go.Figure(layout={"title": {"text": f"{base**power}"}})

    live = lab.live(go.Figure(), redraw, power=(1, 5, 2), base=(2, 9, 3))
    live.widget()
    title = live.output.outputs[0]["data"][PLOTLY]["layout"]["title"]["text"]
    assert title == "9"
    live.controls["power"].value = 4
    assert live.output.outputs[0]["data"][PLOTLY]["layout"]["title"]["text"] == "81"


def test_a_live_figure_needs_a_control():
    with pytest.raises(ValueError, match="at least one control"):
        Live(go.Figure(), go.Figure, {})
