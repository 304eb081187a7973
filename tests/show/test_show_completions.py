"""Figures of boards with several solutions."""

import numpy as np
import pytest

from recurse_lab import show

GIVEN = np.array([[1, 0], [0, 0]])


def test_a_row_of_boards_shows_givens_in_bold_and_no_blank():
    fig = show.row_of_boards(GIVEN, np.array([[[1, 2], [2, 1]]]), ["the board", "A"], "Boards")
    words = [word for board in fig.data for word in board.text]
    assert words.count("<b>1</b>") == 2  # in the input and in the answer
    assert sorted(word for word in words if word.isdigit()) == ["1", "2", "2"]
    assert "A: 1 2 / 2 1" in fig.layout.meta["alt"]


def test_a_fan_has_a_line_for_every_draw_and_a_legend_entry_for_every_solution():
    paths = np.random.default_rng(0).normal(size=(4, 5, 2))
    fig = show.fan(paths, ["A", "B", "A", "none", "A"], "Draws")
    assert len(fig.data) == 5
    shown = [line.name for line in fig.data if line.showlegend]
    assert shown == ["A (3 draws)", "B (1 draws)", "none (1 draws)"]
    first = next(line for line in fig.data if line.legendgroup == "B")
    np.testing.assert_allclose(first.x, paths[:, 1, 0], rtol=1e-3)


def test_a_price_curve_goes_from_cheap_to_dear():
    fig = show.by_price({"loop": {10.0: 0.9, 2.0: 0.1}}, "Price", "MFLOP", "share")
    assert list(fig.data[0].x) == [2.0, 10.0]
    assert list(fig.data[0].y) == [pytest.approx(0.1), pytest.approx(0.9)]
