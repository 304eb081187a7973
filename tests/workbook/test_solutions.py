"""Solutions appear on request, and the student edition holds none of them."""

import nbformat
import pytest
from books import write_book

from recurse_lab.workbook.editions import MARKS, solution, student_edition
from recurse_lab.workbook.execute import find_chapters
from recurse_lab.workbook.parameters import NotebookError
from recurse_lab.workbook.start import Lab


def test_a_cell_after_each_exercise_shows_its_solution_when_asked(tmp_path):
    copy = student_edition(*write_book(tmp_path / "book"))
    tags = [cell.metadata.get("tags", [""])[0] for cell in copy.cells]
    assert tags == ["", "parameters", "exercise", "solution", "check", "exercise", "solution"]
    for number, cell in enumerate((cell for cell in copy.cells if "lab.solution" in cell.source), start=1):
        lines = cell.source.splitlines()
        assert all(line.startswith("# ") for line in lines)
        assert lines[-1] == f"# lab.solution({number})"
        assert solution(tmp_path / "book", "07", number) == f"def f(x):\n    return x + {10 ** (number - 1)}"


@pytest.mark.parametrize("path", find_chapters().values(), ids=find_chapters().keys())
def test_solutions_are_those_of_the_solved_edition_and_of_nothing_else(path):
    solved = [
        cell
        for cell in nbformat.read(path, as_version=4).cells
        if "exercise" in cell.metadata.get("tags", [])
    ]
    lab = Lab(chapter=path.name[:2], profile="smoke", seed=0, jobs=1)
    edition = student_edition(path)
    text = "\n".join(cell.source for cell in edition.cells)
    for number, cell in enumerate(solved, start=1):
        lines = [line for line in cell.source.splitlines() if "### " not in line]
        assert lab.solution(number).data == "```python\n" + "\n".join(lines) + "\n```"
        hidden = cell.source.split("### BEGIN SOLUTION")[1].split("### END SOLUTION")[0].strip()
        assert hidden not in text
    assert not MARKS.search(text)
    assert not [cell for cell in edition.cells if cell.get("outputs") or cell.get("execution_count")]


@pytest.mark.parametrize("number", [0, -1, 3])
def test_an_exercise_that_is_not_there_is_refused(tmp_path, number):
    write_book(tmp_path)
    with pytest.raises(ValueError, match="chapter 07 has the exercises 1 to 2, not "):
        solution(tmp_path, "07", number)
    with pytest.raises(ValueError, match="chapter 08 has no notebook"):
        solution(tmp_path, "08", 1)


@pytest.mark.parametrize("mark", ["### BEGIN SOLUTION", "    ### END SOLUTION  # of 1"])
def test_a_solution_outside_the_exercises_is_refused(tmp_path, mark):
    (path,) = write_book(tmp_path)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[3].source += f"\n{mark}\nx = 1"
    nbformat.write(notebook, path)
    with pytest.raises(NotebookError, match=r"07_test\.ipynb: the mark of a solution stands outside"):
        student_edition(path)
