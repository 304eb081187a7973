"""After a failed write, the old file is whole, and no part of the new one is left."""

import ast
import errno
from argparse import Namespace
from pathlib import Path

import pytest
import torch

from recurse_lab import files
from recurse_lab.commands import refresh
from recurse_lab.files import put, put_text
from recurse_lab.records.record import Record, save_reference
from recurse_lab.records.store import write_checksums, write_weights
from recurse_lab.workbook import execute, report
from recurse_lab.workbook.editions import write_student_edition
from recurse_lab.workbook.execute import NotebookRun, write_runs

PACKAGE = Path(files.__file__).parent
RECORD = Record(
    trial="module:trial",
    arm="arm",
    seed=0,
    config="",
    digest="",
    commit="",
    lock="",
    versions={},
    machine="",
    command="",
    seconds=0.0,
    values={},
    weights={"w": torch.zeros(2)},
)
RUN = NotebookRun(
    chapter="07", notebook="07_test.ipynb", status="ok", seconds=1.0, peak_memory_mb=1.0, exit_code=0
)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def full_disk(monkeypatch):
    """After a call of it, every text is cut after its first half, and no file can be put in place."""

    def begin():
        real = Path.write_text

        def half(path, text, **options):
            real(path, text[: len(text) // 2], **options)
            raise OSError(errno.ENOSPC, "No space left on device")

        def no_space(_):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(Path, "write_text", half)
        monkeypatch.setattr(files.os, "fsync", no_space)

    return begin


def test_text_is_put_in_place_with_its_folders(tmp_path):
    path = tmp_path / "new" / "folder" / "file.txt"
    put_text(path, "α\nβ\n")
    assert path.read_bytes() == "α\nβ\n".encode()
    put_text(path, "γ\n")
    assert contents(tmp_path) == {str(path.relative_to(tmp_path)): "γ\n".encode()}


@pytest.mark.parametrize("kind", [OSError, ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("old", [None, "old"])
def test_a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path, kind, old):
    path = tmp_path / "file.txt"
    if old:
        path.write_text(old)
    before = contents(tmp_path)

    def write(beside):
        assert (beside.parent, beside.suffix) == (tmp_path, ".txt")
        beside.write_text("half")
        raise kind

    with pytest.raises(kind):
        put(path, write)
    assert contents(tmp_path) == before


def test_what_is_not_written_at_all_is_an_error(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        put(tmp_path / "file.txt", lambda _: None)
    assert contents(tmp_path) == {}


def student(folder):
    write_student_edition(sorted(execute.NOTEBOOKS.glob("00_*.ipynb"))[0], folder)


WRITERS = {
    "a record": lambda folder: RECORD.save(folder / "record.json"),
    "reference records": lambda folder: save_reference([RECORD], folder / "records.json"),
    "weights": lambda folder: write_weights(folder, RECORD),
    "checksums": write_checksums,
    "runs.json": lambda folder: write_runs([RUN], folder / "runs.json"),
    "the report": lambda folder: report.build_report([RUN], folder / "none", folder, "smoke", 0),
    "the student edition": student,
}


@pytest.mark.parametrize("what", WRITERS)
def test_a_full_disk_costs_no_file_that_was_there(tmp_path, full_disk, what):
    WRITERS[what](tmp_path)
    before = contents(tmp_path)
    assert before
    full_disk()
    with pytest.raises(OSError, match="No space left"):
        WRITERS[what](tmp_path)
    assert contents(tmp_path) == before


def test_a_full_disk_ends_a_notebook_and_costs_no_file(tmp_path, full_disk, monkeypatch):
    source = sorted(execute.NOTEBOOKS.glob("00_*.ipynb"))[0]
    out = tmp_path / source.name
    out.write_text("old")
    monkeypatch.setattr(execute, "_papermill", lambda path, ran, _: ran.write_bytes(path.read_bytes()))
    full_disk()
    run = execute.execute(source, out, {})
    assert (run.status, run.exit_code) == ("failed", 1)
    assert "No space left" in run.error
    assert contents(tmp_path) == {source.name: b"old"}


def test_refresh_never_cuts_a_committed_notebook(tmp_path, full_disk, monkeypatch):
    committed = tmp_path / "07_test.ipynb"
    committed.write_text("committed")
    monkeypatch.setattr(execute, "find_chapters", lambda _: {"07": committed})

    def ran(_, out, __):
        out.write_bytes(b"ran")
        return RUN

    monkeypatch.setattr(execute, "execute", ran)
    full_disk()
    with pytest.raises(OSError, match="No space left"):
        refresh.refresh_command(Namespace(only=()))
    assert contents(tmp_path) == {"07_test.ipynb": b"committed"}


WRITING = {"write_text", "write_bytes", "write", "save_file", "savez_compressed", "copyfile", "dump"}


def writes(node):
    """Names of functions that write files and are called or passed outside the arguments of `put`."""
    for part in ast.iter_child_nodes(node):
        name = (
            getattr(part, "attr", getattr(part, "id", ""))
            if isinstance(part, ast.Name | ast.Attribute)
            else ""
        )
        if name in WRITING:
            yield name
        if not (isinstance(part, ast.Call) and getattr(part.func, "id", "") == "put"):
            yield from writes(part)


def test_one_function_writes_every_file():
    assert list(writes(ast.parse("put(path, lambda beside: beside.write_text(text))"))) == []
    assert list(writes(ast.parse("shutil.copyfile(one, other)"))) == ["copyfile"]
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")}
    found = {path.relative_to(PACKAGE).as_posix(): set(writes(tree)) for path, tree in trees.items()}
    assert {name: names for name, names in found.items() if names} == {
        "files.py": {"write"},  # the argument of `put`
        "parity/compact.py": {"savez_compressed", "write_text"},  # golden files, for tests
    }
