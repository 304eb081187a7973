"""Wrong notebooks and parameters are refused in one line; the student edition leaves out the solutions alone."""

import nbformat
import pytest

from recurse_lab.workbook.editions import student_source, write_student_edition
from recurse_lab.workbook.execute import find_chapters
from recurse_lab.workbook.parameters import (
    NotebookError,
    check_against,
    check_parameters,
    declared_parameters,
    read_notebook,
)

ONE_LINE = r"\A[^\n]+\Z"
PARAMETERS = 'profile = "quick"\nseed = 0'


def notebook(folder, *cells, name="07_test.ipynb"):
    """A notebook of (tag, source) cells; a plain text is an untagged cell."""
    tagged = [cell if isinstance(cell, tuple) else ("", cell) for cell in cells]
    made = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(source, metadata={"tags": [tag]} if tag else {})
            for tag, source in tagged
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(made, folder / name)
    return folder / name


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"profile": "fast"}, "one of smoke, quick, full, not 'fast'"),
        ({"profile": None}, "not None"),
        ({"seed": -1}, "seed must be a whole number from 0 on, not -1"),
        ({"seed": "1"}, "not '1'"),
        ({"seed": True}, "not True"),
        ({"seed": 1.0}, r"not 1\.0"),
        ({"jobs": 0}, "jobs must be a whole number from 1 on, not 0"),
    ],
)
def test_impossible_parameters_are_refused(wrong, words):
    good = {"profile": "smoke", "seed": 0, "jobs": 1}
    check_parameters(**good)
    with pytest.raises(ValueError, match=words) as caught:
        check_parameters(**good | wrong)
    assert "\n" not in str(caught.value)


def test_parameters_are_read_from_their_cell(tmp_path):
    path = notebook(tmp_path, ("parameters", PARAMETERS), "seed = 9")
    assert declared_parameters(path) == {"profile": "quick", "seed": 0}
    check_against(path, {"seed": 3})
    check_against(path, {})


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"sede": 1}, "no parameter 'sede'; it has profile, seed"),
        ({"seed": "1"}, "of type int, not '1'"),
        ({"seed": True}, "of type int, not True"),
        ({"profile": 1}, "of type str, not 1"),
    ],
)
def test_parameters_a_notebook_does_not_know_are_refused(tmp_path, chosen, words):
    with pytest.raises(ValueError, match=words):
        check_against(notebook(tmp_path, ("parameters", PARAMETERS)), chosen)


@pytest.mark.parametrize(
    "cells",
    [
        ["x = 1"],
        [("parameters", PARAMETERS), ("parameters", "x = 1")],
        [("parameters", "x = 1 + y")],
        [("parameters", "import os")],
        [("parameters", "a = b = 1")],
        [("parameters", "print(1)")],
        [("parameters", "x = (")],
    ],
)
def test_parameter_cells_hold_literals_only_and_there_is_one(tmp_path, cells):
    with pytest.raises(NotebookError, match=ONE_LINE):
        declared_parameters(notebook(tmp_path, *cells))


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"hello\nthere", b"\xff\xfe\x00", b'{"cells": 3, "nbformat": 4}']
)
def test_what_is_no_notebook_is_refused(tmp_path, content):
    path = tmp_path / "07_test.ipynb"
    path.write_bytes(content)
    with pytest.raises(NotebookError, match=r"\A07_test\.ipynb is not a valid notebook \([^\n]+\)\Z"):
        read_notebook(path)


def test_chapters_are_found_in_order(tmp_path):
    for name in ("10_b.ipynb", "02_a.ipynb", "notes.ipynb"):
        notebook(tmp_path, "1", name=name)
    assert list(find_chapters(folder=tmp_path)) == ["02", "10"]
    assert list(find_chapters(["10"], tmp_path)) == ["10"]
    with pytest.raises(ValueError, match="no chapter 07; there are 02, 10"):
        find_chapters(["07"], tmp_path)


SOLVED = """def f(x):
    y = ...
    ### BEGIN SOLUTION
    y = x + 1
    ### END SOLUTION
    return y"""


def test_the_student_edition_of_an_exercise():
    assert student_source(SOLVED) == "def f(x):\n    y = ...\n    ...  # your code here\n    return y"
    assert (
        student_source("x = ...\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION")
        == "x = ...\n...  # your code here"
    )
    twice = f"{SOLVED}\n{SOLVED}"
    assert student_source(twice).count("# your code here") == 2
    assert "x + 1" not in student_source(twice)


@pytest.mark.parametrize("source", ["x = 1", "### BEGIN SOLUTION\nx = 1", f"{SOLVED}\n### END SOLUTION\n"])
def test_solutions_without_a_pair_of_marks_are_refused(source):
    with pytest.raises(NotebookError, match="in pairs"):
        student_source(source)


def test_a_student_notebook_keeps_everything_else(tmp_path):
    path = notebook(tmp_path, ("parameters", PARAMETERS), ("exercise", SOLVED), "print(1)")
    solved = nbformat.read(path, as_version=4)
    solved.cells[2].outputs = [nbformat.v4.new_output("stream", text="1\n")]
    solved.cells[2].execution_count = 3
    nbformat.write(solved, path)
    student = nbformat.read(write_student_edition(path, tmp_path / "new" / "student"), as_version=4)
    (asking,) = [cell for cell in student.cells if "solution" in cell.metadata.get("tags", [])]
    assert student.cells.index(asking) == 2
    student.cells.remove(asking)
    assert [cell.source for cell in student.cells] == [PARAMETERS, student_source(SOLVED), "print(1)"]
    assert [(cell.outputs, cell.execution_count) for cell in student.cells] == [([], None)] * 3
    assert [cell.id for cell in student.cells] == [cell.id for cell in solved.cells]
    assert student.cells[1].metadata.tags == ["exercise"]
    assert nbformat.read(path, as_version=4) == solved
