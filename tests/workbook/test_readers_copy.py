"""The reader's notebooks survive everything, newer editions come once, and solutions come when they are asked for."""

import os
import subprocess
import sys
import tomllib
from importlib import import_module

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from recurse_lab.__main__ import main
from recurse_lab.commands import lab as lab_file
from recurse_lab.workbook.editions import MARKS, solution, student_edition
from recurse_lab.workbook.execute import NOTEBOOKS, execute, find_chapters
from recurse_lab.workbook.parameters import NotebookError
from recurse_lab.workbook.reader import SEEN, bring_notebooks
from recurse_lab.workbook.start import ROOT, Lab

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


def names(folder):
    return sorted(path.name for path in folder.glob("*.ipynb"))


@pytest.fixture
def own(tmp_path):
    """The reader's folder, after the first edition was put into it."""
    folder = tmp_path / "own"
    folder.mkdir()
    assert bring_notebooks(folder, write_book(tmp_path / "book")) == [f"{NAME}: made"]
    return folder


def changed(path):
    """What the reader made of a notebook: a cell of their own."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(new_code_cell("my = 'own work'"))
    nbformat.write(notebook, path)
    return path.read_bytes()


# The reader's folder


def test_the_first_copy_is_the_student_edition(own, tmp_path):
    copy, edition = nbformat.read(own / NAME, as_version=4), student_edition(tmp_path / "book" / NAME)
    assert copy == edition
    nbformat.validate(copy)


def test_a_second_time_changes_nothing(own, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in own.iterdir()}
    assert bring_notebooks(own, write_book(tmp_path / "book")) == []
    assert {path: path.stat().st_mtime_ns for path in own.iterdir()} == before


@pytest.mark.parametrize("touched", [True, False])
def test_a_newer_edition_is_put_beside_once(own, tmp_path, touched):
    mine = changed(own / NAME) if touched else (own / NAME).read_bytes()
    assert bring_notebooks(own, write_book(tmp_path / "book")) == []
    (line,) = bring_notebooks(own, write_book(tmp_path / "book", 2))
    assert line == f"{NAME}: left as it is; the book's newer edition is beside it, 07_test_edition_2.ipynb"
    assert (own / NAME).read_bytes() == mine
    assert "Edition 2" in (own / "07_test_edition_2.ipynb").read_text(encoding="utf-8")
    again = changed(own / "07_test_edition_2.ipynb")
    assert bring_notebooks(own, write_book(tmp_path / "book", 2)) == []
    assert bring_notebooks(own, write_book(tmp_path / "book", 1)) == []  # an edition that was there before
    assert len(bring_notebooks(own, write_book(tmp_path / "book", 3))) == 1
    assert names(own) == [NAME, "07_test_edition_2.ipynb", "07_test_edition_3.ipynb"]
    assert ((own / NAME).read_bytes(), (own / names(own)[1]).read_bytes()) == (mine, again)


@pytest.mark.parametrize("what", ["delete", "rename"])
def test_an_edition_that_the_reader_put_away_does_not_come_back(own, tmp_path, what):
    book = write_book(tmp_path / "book", 2)
    bring_notebooks(own, book)
    newer = own / "07_test_edition_2.ipynb"
    newer.unlink() if what == "delete" else newer.rename(own / "later.ipynb")
    assert bring_notebooks(own, book) == []
    assert not newer.exists()
    (line,) = bring_notebooks(own, write_book(tmp_path / "book", 3))
    assert line.endswith("07_test_edition_3.ipynb")


@pytest.mark.parametrize("what", ["delete", "rename"])
def test_a_chapter_that_is_not_there_is_made_anew(own, tmp_path, what):
    mine = changed(own / NAME)
    (own / NAME).unlink() if what == "delete" else (own / NAME).rename(own / "mine.ipynb")
    assert bring_notebooks(own, write_book(tmp_path / "book", 2)) == [f"{NAME}: made"]
    assert "Edition 2" in (own / NAME).read_text(encoding="utf-8")
    if what == "rename":
        assert (own / "mine.ipynb").read_bytes() == mine


@pytest.mark.parametrize("content", [None, "no JSON", "[1]", '{"07_test.ipynb": 3}'])
def test_nothing_is_lost_with_the_memory_of_editions(own, tmp_path, content):
    (own / SEEN).unlink() if content is None else (own / SEEN).write_text(content)
    assert bring_notebooks(own, write_book(tmp_path / "book")) == []
    mine = changed(own / NAME)
    assert len(bring_notebooks(own, write_book(tmp_path / "book", 2))) == 1
    (own / SEEN).unlink()
    assert bring_notebooks(own, write_book(tmp_path / "book", 2)) == []
    assert (own / NAME).read_bytes() == mine


def test_files_of_the_readers_own_are_in_nobodys_way(own, tmp_path):
    (own / "07_test_edition_2.ipynb").write_text("notes, no notebook")
    (line,) = bring_notebooks(own, write_book(tmp_path / "book", 2))
    assert line.endswith("07_test_edition_3.ipynb")
    assert (own / "07_test_edition_2.ipynb").read_text() == "notes, no notebook"


def test_outputs_alone_make_no_new_edition(own, tmp_path):
    (path,) = write_book(tmp_path / "book")
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["language_info"] = {"name": "python", "version": "3.14.1"}
    notebook.cells[3].outputs = [nbformat.v4.new_output("stream", text="2\n")]
    nbformat.write(notebook, path)
    assert bring_notebooks(own, [path]) == []


# Solutions


def test_a_cell_after_each_exercise_shows_its_solution_when_asked(own, tmp_path):
    copy = nbformat.read(own / NAME, as_version=4)
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


# The command


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """A project with one chapter, and the commands that would have been run in it."""
    monkeypatch.setattr(import_module("recurse_lab.workbook.start"), "ROOT", tmp_path)
    book = write_book(tmp_path / "notebooks")
    execution = import_module("recurse_lab.workbook.execute")
    monkeypatch.setattr(execution, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(execution, "find_chapters", lambda: {"07": book[0]})
    commands = []
    monkeypatch.setattr(subprocess, "call", lambda command: commands.append(command) or 0)
    return commands


def test_lab_opens_the_readers_copy_and_writes_nothing_into_the_book(opened, tmp_path, capsys):
    before = {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (tmp_path / "notebooks").iterdir()
    }
    assert main(["lab"]) == 0
    assert capsys.readouterr().out == f"my_notebooks/{NAME}: made\n"
    mine = changed(tmp_path / "my_notebooks" / NAME)
    assert main(["lab"]) == 0
    assert capsys.readouterr().out == ""
    assert (tmp_path / "my_notebooks" / NAME).read_bytes() == mine
    assert {command[3] for command in opened} == {str(tmp_path / "my_notebooks")}
    assert all(command[:3] == [sys.executable, "-m", "jupyterlab"] for command in opened)
    after = {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (tmp_path / "notebooks").iterdir()
    }
    assert after == before


def test_lab_opens_the_solved_edition_where_that_is_asked_for(opened, tmp_path):
    assert main(["lab", "--solved"]) == 0
    assert opened[0][3] == str(tmp_path / "notebooks")
    assert not (tmp_path / "my_notebooks").exists()


@pytest.mark.parametrize(("user", "root"), [(0, ["--allow-root"]), (1000, []), (None, [])])
def test_options_are_handed_on_and_root_is_allowed_where_it_is_root(opened, monkeypatch, user, root):
    monkeypatch.delattr(os, "geteuid", raising=False)
    if user is not None:
        monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    assert main(["lab", "--solved", "--", "--port", "9999", "--no-browser"]) == 0
    assert main(["lab", "--", "--port=9999"]) == 0
    assert opened[0][4:] == [*root, "--port", "9999", "--no-browser"]
    assert opened[1][4:] == [*root, "--port=9999"]


def test_a_folder_that_cannot_be_written_is_one_line(opened, tmp_path, capsys):
    (tmp_path / lab_file.OWN).write_text("a file, no folder")
    assert main(["lab"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("recurse-lab: cannot make ")
    assert error.count("\n") == 1
    assert opened == []


def test_the_folder_is_nobodys_but_the_readers():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert f"{lab_file.OWN}/" in ignored
    linted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]
    assert lab_file.OWN in linted["extend-exclude"]
    assert "\t$(BIN)/python -m recurse_lab lab $(ARGS)\n" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_readers_copy_uses_the_package_of_this_project(tmp_path):
    bring_notebooks(tmp_path, [NOTEBOOKS / "00_start_here.ipynb"])
    notebook = nbformat.read(tmp_path / "00_start_here.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if {"parameters", "setup"} & {*cell.metadata.get("tags", [])}]
    asked = new_code_cell("import recurse_lab\nprint(recurse_lab.__file__)\nlab.solution(1)")
    notebook.cells = [*cells, asked]
    nbformat.write(notebook, tmp_path / "00_start_here.ipynb")
    run = execute(tmp_path / "00_start_here.ipynb", tmp_path / "out.ipynb", {"profile": "smoke"})
    assert (run.status, run.error) == ("ok", "")
    said, shown = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[-1].outputs
    assert said.text.strip() == import_module("recurse_lab").__file__
    assert "my_ours, my_theirs = [" in shown.data["text/markdown"]
