"""Chapter 04: numbers that its text states hold in its arms, its ARC tasks and its practice."""

import re

import nbformat

from recurse_lab.chapters.ch04_recursion_or_hierarchy import arms, practice, views
from recurse_lab.experiments.arc.trial import build as build_arc
from recurse_lab.measure.cost import parameters
from recurse_lab.workbook.start import ROOT

TEXT = "\n\n".join(
    cell.source
    for cell in nbformat.read(ROOT / "notebooks" / "04_recursion_or_hierarchy.ipynb", as_version=4).cells
    if cell.cell_type == "markdown"
)


def test_puzzles_and_steps_are_those_of_the_text():
    held = arms.RECURSIVE.puzzles
    assert (held.train_givens, held.test_givens, held.test) == ((12, 20), (8, 11), 256)
    assert "12 to 20 givens in training and 8 to 11 in the test" in TEXT
    assert "256 hard puzzles a seed, after 16 supervision steps" in TEXT
    assert (arms.RECURSIVE.plan.steps, arms.RECURSIVE.judged) == (800, 16)
    assert {arm.plan.steps for arm in arms.LONG_RUNS.values()} == {2_000}


def test_the_small_training_is_that_of_the_text():
    small = practice.SMALL
    assert (small.train_givens, small.test_givens, small.test, practice.KEPT) == ((7, 10), (4, 6), 128, 8)
    assert "128 boards with 4 to 6 givens" in TEXT
    assert "trained on 7 to 10 givens with up to eight steps" in TEXT


def test_the_one_step_gradient_costs_what_the_text_says():
    hrm = arms.CLAIMED["hrm"]
    blocks = hrm.model.layers[0]
    assert arms.blocks_paid(hrm.model, 2) / blocks == 4 + 2 * 3
    assert 3 * len(practice.ORDER) == 18
    assert re.search(r"cost 4 \+ 6 = 10; six with gradient cost 18", TEXT)


def test_arc_is_as_small_as_the_text_says():
    tasks = views.chosen(arms.ARC)
    assert (len(tasks), sum(len(task.tests) for task in tasks)) == (4, 7)
    assert (arms.ARC.side, arms.ARC.augmentations) == (4, 40)
    assert round(parameters(build_arc(arms.ARC)), -4) == 110_000
    # a random other row is one of the same task in about one case of four
    others = 4 * 40 - 1
    assert abs(39 / others - 1 / 4) < 0.01
    pair = tasks[0].tests[0]
    assert pair.input.tolist() == [[8, 1, 3]] * 3
    assert pair.output.tolist() == [[9, 5, 4]] * 3
    told = {8: 9, 1: 5, 3: 4}
    for shown in tasks[0].demonstrations:
        for one, other in zip(shown.input.flatten(), shown.output.flatten(), strict=True):
            assert told.get(int(one), int(other)) == int(other)


def test_paragraphs_and_limits_are_short():
    for paragraph in re.split(r"\n\s*\n", TEXT):
        if not paragraph.startswith(("|", "$$", "- ", "<")):
            assert len(paragraph.split()) <= 90, paragraph
    limits = TEXT.split("## Limits")[1].split("\n\n")[1].splitlines()
    assert len(limits) == 5
    assert all(len(line.split()) <= 31 for line in limits)
