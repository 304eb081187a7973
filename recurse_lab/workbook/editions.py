"""The student edition is the solved edition without solutions and outputs.

`### BEGIN SOLUTION`, `### END SOLUTION` and the lines between them become one line `...`. The student edition
still runs from top to bottom, and every check says "not attempted". A cell after each exercise holds a
commented call that shows the solution.
"""

import re
from pathlib import Path
from typing import Any

import nbformat

from recurse_lab.files import put_text
from recurse_lab.workbook.parameters import NotebookError, read_notebook

SOLUTION = re.compile(r"^[ \t]*### BEGIN SOLUTION\n.*?^[ \t]*### END SOLUTION\n?", re.MULTILINE | re.DOTALL)
MARKS = re.compile(r"^[ \t]*### (BEGIN|END) SOLUTION\b.*\n?", re.MULTILINE)
PROMPT = "...  # your code here\n"
ASK = """\
# To see a solution of exercise {number}, delete the "# " before the next line and run this cell.
# lab.solution({number})"""


def student_source(source: str) -> str:
    """An exercise cell without its solution.

    Raises:
        NotebookError: BEGIN and END do not pair up.
    """
    stripped, count = SOLUTION.subn(lambda match: _indent(match.group()) + PROMPT, source)
    if MARKS.search(stripped) or not count:
        raise NotebookError("an exercise cell needs ### BEGIN SOLUTION and ### END SOLUTION, in pairs")
    return stripped.rstrip("\n")


def student_edition(path: Path) -> Any:
    """The student edition of one notebook; exercises count from 1 in the order of their cells.

    Raises:
        NotebookError: the notebook is not valid, or a solution mark stands outside the exercise cells.
    """
    notebook = read_notebook(path)
    cells, number = [], 0
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("papermill", None)
            cell.metadata.pop("execution", None)
        if "exercise" in cell.metadata.get("tags", []):
            number += 1
            cell.source = student_source(cell.source)
            cells.append(_asking(number))
        elif MARKS.search(cell.source):
            raise NotebookError(f"{path.name}: the mark of a solution stands outside the exercise cells")
    notebook.cells = cells
    return notebook


def write_student_edition(path: Path, out: Path) -> Path:
    """Write the student edition of one notebook into folder `out`; return its path."""
    edition = student_edition(path)
    put_text(out / path.name, nbformat.writes(edition) + "\n")
    return out / path.name


def solution(notebooks: Path, chapter: str, exercise: int) -> str:
    """The solved cell of an exercise without the solution marks; `exercise` counts from 1.

    Raises:
        ValueError: the chapter has no notebook, or no exercise of that number.
    """
    found = sorted(notebooks.glob(f"{chapter}_*.ipynb"))
    if not found:
        raise ValueError(f"chapter {chapter} has no notebook in {notebooks.name}/")
    cells = [cell for cell in read_notebook(found[0]).cells if "exercise" in cell.metadata.get("tags", [])]
    if exercise not in range(1, len(cells) + 1):
        raise ValueError(f"chapter {chapter} has the exercises 1 to {len(cells)}, not {exercise!r}")
    return MARKS.sub("", cells[exercise - 1].source).rstrip("\n")


def _asking(number: int) -> Any:
    source = ASK.format(number=number)
    return nbformat.v4.new_code_cell(source, id=f"solution-{number}", metadata={"tags": ["solution"]})


def _indent(block: str) -> str:
    return block[: len(block) - len(block.lstrip(" \t"))]
