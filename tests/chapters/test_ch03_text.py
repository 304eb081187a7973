"""Chapter 03: numbers that its text states hold for its arms and in its committed outputs."""

import json
import re
from random import Random

import numpy as np
import pytest

from recurse_lab.chapters.ch03_tiny_recursive_model.arms import EQUAL, NINE, RECURSIVE, TASTE
from recurse_lab.experiments.sudoku.arm import for_long
from recurse_lab.experiments.sudoku.trial import build, trial
from recurse_lab.measure.cost import parameters
from recurse_lab.records.store import read_reference
from recurse_lab.tasks.sudoku import Sudoku
from recurse_lab.workbook.start import ROOT


@pytest.fixture(scope="module")
def cells():
    path = ROOT / "notebooks" / "03_tiny_recursive_model.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def table_below(cells, code):
    """Row name -> the row's other cells, as text, of the table that a code cell shows."""
    cell = next(cell for cell in cells if code in "".join(cell["source"]))
    html = "".join("".join(output["data"]["text/html"]) for output in cell["outputs"] if "data" in output)
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", html)]
    return {row[0]: row[1:] for row in rows if row}


def test_parameters_puzzles_and_steps_are_what_the_text_says():
    assert round(parameters(build(RECURSIVE)), -3) == 25_000
    board = RECURSIVE.puzzles
    assert (board.train, board.test, board.train_givens, board.test_givens) == (2_000, 256, (12, 20), (8, 11))
    assert (TASTE.puzzles.train_givens, TASTE.puzzles.test_givens, TASTE.puzzles.test) == (
        (7, 10),
        (4, 5),
        256,
    )
    assert RECURSIVE.plan.steps == 800
    assert EQUAL["narrow"].plan.steps == 800
    assert NINE["nine"].puzzles.test == 128
    assert NINE["nine"].draws == 20


def test_about_forty_kinds_of_6x6():
    task, random, seen = Sudoku(6), Random(0), set()
    for _ in range(6_000):
        (grid,) = task.rules.solutions([0] * task.cells, 1, random)
        seen.add(tuple(task.kind(grid)))
    assert 36 <= len(seen) <= 44


def test_more_rounds_take_only_a_few_more_steps(cells):
    rounds = table_below(cells, "views.rounds_and_steps")
    few, many = (float(rounds[name][2]) for name in ("up to 6", "9 or more"))
    assert abs(many - few) < 2


def test_the_head_reads_z_as_it_reads_y(cells):
    shares = table_below(cells, "views.probes")
    y, z = (float(shares[f"step 16, {name}"][0]) for name in "yz")
    assert abs(y - z) < 0.05


def test_forgetting_z_costs_nothing_and_forgetting_both_all(cells):
    said = "".join(
        "".join(output["data"]["text/markdown"])
        for cell in cells
        if "last['z forgotten']" in "".join(cell["source"])
        for output in cell["outputs"]
    )
    kept, z, _, both = map(float, re.findall(r"\b[01]\.\d\d\b", said))
    assert kept - z < 0.03
    assert both < 0.2


def test_the_head_says_yes_too_early_on_hard_puzzles():
    runs = read_reference(ROOT / "data", trial, {"two_blocks": RECURSIVE}).results["two_blocks"]
    early = [run.values["early_exit"]["exact"] for run in runs.values()]
    late = [run.values["exact"]["16"] for run in runs.values()]
    assert np.mean(late) - np.mean(early) > 0.03


def test_long_runs_of_the_recursive_net_solve_less():
    arms = {"recursive_long": for_long(RECURSIVE, RECURSIVE.plan.rate)}
    runs = read_reference(ROOT / "data", trial, arms).results["recursive_long"]
    shares = [run.values["exact"]["16"] for run in runs.values()]
    assert (round(min(shares), 2), round(max(shares), 2)) == (0.84, 0.88)
