"""The reader's notebooks are never overwritten, and a newer edition is put beside them once."""

import os
import subprocess
import sys
import tomllib
from importlib import import_module

import nbformat
import pytest
from books import NAME, changed, write_book
from nbformat.v4 import new_code_cell

from recurse_lab.__main__ import main
from recurse_lab.commands import lab as lab_file
from recurse_lab.workbook.editions import student_edition
from recurse_lab.workbook.execute import NOTEBOOKS, execute
from recurse_lab.workbook.reader import SEEN, bring_notebooks
from recurse_lab.workbook.start import ROOT


def names(folder):
    return sorted(path.name for path in folder.glob("*.ipynb"))


@pytest.fixture
def own(tmp_path):
    """The reader's folder, with the first edition in it."""
    folder = tmp_path / "own"
    folder.mkdir()
    assert bring_notebooks(folder, write_book(tmp_path / "book")) == [f"{NAME}: made"]
    return folder


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


# The command


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """A project with one chapter; the list holds commands instead of running them."""
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
    assert "practice.shifted(state, 2)" in shown.data["text/markdown"]
