"""Figures of self-training: what their lines and marks stand for."""

import pytest

from recurse_lab import show

CURVES = {"exact rules": {0: 0.5, 1: 0.75, 2: 0.9}, "at random": {0: 0.5, 1: 0.25, 2: 0.125}}
FRAMES = {"before": {"rules": {0.1: 1.0, 1.0: 0.5}, "head": {0.1: 0.75, 1.0: 0.5}}}
FRAMES["after"] = {"rules": {0.1: 1.0, 1.0: 0.25}, "head": {0.1: 0.5, 1.0: 0.125}}


def drawn(traces):
    return {line.name: dict(zip(line.x, line.y, strict=True)) for line in traces}


def test_one_line_an_arm_by_round():
    fig = show.by_round(CURVES, "Rounds", "share solved")
    assert drawn(fig.data) == CURVES
    assert fig.layout.xaxis.dtick == 1
    assert "exact rules, at random" in fig.layout.meta["alt"]
    assert len({(line.line.color, line.line.dash) for line in fig.data}) == 2


def test_the_slider_shows_the_verifiers_of_each_net():
    fig = show.precision_by_share(FRAMES, "Precision")
    assert drawn(fig.data) == FRAMES["before"]
    assert {frame.name: drawn(frame.data) for frame in fig.frames} == FRAMES
    (slider,) = fig.layout.sliders
    assert [(step.label, step.args[0][0]) for step in slider.steps] == [(name, name) for name in FRAMES]
    assert slider.currentvalue.prefix == "net: "


def test_precision_without_a_net_is_refused():
    with pytest.raises(ValueError, match=r"^precision_by_share needs one net or more$"):
        show.precision_by_share({}, "Precision")


def test_gains_are_marks_and_their_equality_is_a_line():
    points = {"rules": [(0.5, 0.25), (0.25, 0.125)], "head": [(0.125, -0.0625)]}
    fig = show.gain_against_gap(points, "Gain")
    line, *marks = fig.data
    assert (line.mode, list(line.x)) == ("lines", list(line.y))
    assert {mark.name: list(zip(mark.x, mark.y, strict=True)) for mark in marks} == points
    assert {mark.mode for mark in marks} == {"markers"}
    assert len({(mark.marker.symbol, mark.marker.color) for mark in marks}) == 2
