"""The student edition, made from the solved one: solutions taken out, outputs cleared, everything else kept.

What stands between `### BEGIN SOLUTION` and `### END SOLUTION` is removed; the `...` before it stays, so that
the student edition runs from top to bottom and every check says "not attempted".
"""

import re
from pathlib import Path

import nbformat

from recurse_lab.files import put_text
from recurse_lab.workbook.parameters import NotebookError, read_notebook

SOLUTION = re.compile(r"^[ \t]*### BEGIN SOLUTION\n.*?^[ \t]*### END SOLUTION\n?", re.MULTILINE | re.DOTALL)
PROMPT = "...  # your code here\n"


def student_source(source: str) -> str:
    """An exercise cell without its solution.

    Raises:
        NotebookError: BEGIN and END do not pair up.
    """
    stripped, count = SOLUTION.subn(lambda match: _indent(match.group()) + PROMPT, source)
    if "### BEGIN SOLUTION" in stripped or "### END SOLUTION" in stripped or not count:
        raise NotebookError("an exercise cell needs ### BEGIN SOLUTION and ### END SOLUTION, in pairs")
    return stripped.rstrip("\n")


def write_student_edition(path: Path, out: Path) -> Path:
    """The student edition of one notebook, in folder `out`."""
    notebook = read_notebook(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("papermill", None)
            cell.metadata.pop("execution", None)
        if "exercise" in cell.metadata.get("tags", []):
            cell.source = student_source(cell.source)
    put_text(out / path.name, nbformat.writes(notebook) + "\n")
    return out / path.name


def _indent(block: str) -> str:
    return block[: len(block) - len(block.lstrip(" \t"))]
