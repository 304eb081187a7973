"""A book of one chapter with two exercises, and a reader's change to a notebook."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

SOLVED = "def f(x):\n    ### BEGIN SOLUTION\n    return x + {}\n    ### END SOLUTION"
NAME = "07_test.ipynb"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def write_book(folder, number=1, name=NAME):
    """A book of one chapter with two exercises; another number makes another edition."""
    folder.mkdir(exist_ok=True)
    cells = [
        new_markdown_cell(f"# 07 · Edition {number}", id="title"),
        new_code_cell("profile = 'quick'", metadata={"tags": ["parameters"]}, id="parameters"),
        new_code_cell(SOLVED.format(number), metadata={"tags": ["exercise"]}, id="first"),
        new_code_cell("f(1)", metadata={"tags": ["check"]}, id="check", execution_count=2),
        new_code_cell(SOLVED.format(10 * number), metadata={"tags": ["exercise"]}, id="second"),
    ]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), folder / name)
    return [folder / name]


def changed(path):
    """The reader adds a cell to a notebook; returns the bytes of the file."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(new_code_cell("my = 'own work'"))
    nbformat.write(notebook, path)
    return path.read_bytes()
