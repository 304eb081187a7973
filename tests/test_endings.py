"""`--out` never overlaps the notebooks; a signal ends a command with one line; jobs are limited to the cores."""

import logging
import os
import signal
from pathlib import Path

import pytest

from recurse_lab import __main__ as program
from recurse_lab.__main__ import build_parser, main
from recurse_lab.commands.endings import TALKATIVE, cores, stopped_by_signals, writable
from recurse_lab.workbook import execute

pytestmark = pytest.mark.timing


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with notebooks made for the test; the present folder is its root."""
    sources = tmp_path / "project" / "notebooks"
    sources.mkdir(parents=True)
    (sources / "07_test.ipynb").write_text("source")
    monkeypatch.setattr(execute, "NOTEBOOKS", sources)
    monkeypatch.chdir(sources.parent)
    return sources.parent


def everything(folder):
    return {str(path) for path in folder.rglob("*")}


REFUSED = [
    ".",
    "..",
    "notebooks",
    "notebooks/",
    "notebooks/deep",
    "./notebooks/..",
    "absent/../notebooks",
    "notebooks/07_test.ipynb",
]


@pytest.mark.parametrize("command", ["run --profile smoke --only 00 --out", "student --out"])
@pytest.mark.parametrize("out", [*REFUSED, "link", "linked", "linked/notebooks/deep", "holds_a_link"])
def test_no_out_meets_the_notebooks(project, monkeypatch, capsys, command, out):
    monkeypatch.setattr(execute, "execute", lambda *_: pytest.fail("was run"))
    (project / "link").symlink_to(project / "notebooks")
    (project / "linked").symlink_to(project)
    (project / "holds_a_link").mkdir()
    (project / "holds_a_link" / "notebooks").symlink_to(project / "notebooks")
    before = everything(project.parent)
    assert main([*command.split(), out]) == 2
    said = capsys.readouterr().err
    assert (
        said
        == f"recurse-lab: {Path(out)} is, holds or lies in the notebooks' own folder; choose another --out\n"
    )
    assert everything(project.parent) == before
    assert (project / "notebooks" / "07_test.ipynb").read_text() == "source"


@pytest.mark.parametrize("out", ["build/report", "notebooks2", "../elsewhere", "out"])
def test_other_folders_are_made(project, out):
    (project / "real").mkdir()
    (project / "out").symlink_to(project / "real")
    assert writable(project / out).is_dir()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX systems")
@pytest.mark.usefixtures("default_hangup")
def test_a_signal_ends_a_command_as_ctrl_c_does(monkeypatch, capsys, name):
    number = getattr(signal, name)
    before = signal.getsignal(number)

    monkeypatch.setattr(program.lab, "lab_command", lambda _: signal.raise_signal(number))
    assert main(["lab"]) == 128 + number
    assert capsys.readouterr().err.startswith("recurse-lab: stopped; finished training runs are kept")
    assert signal.getsignal(number) == before


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX systems")
def test_while_a_command_is_ended_its_libraries_report_nothing(monkeypatch, caplog):
    def command(_):
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            for name in TALKATIVE:
                logging.getLogger(name).error("Kernel died while waiting for execute reply.")

    for name in TALKATIVE:  # restored after the test
        monkeypatch.setattr(logging.getLogger(name), "disabled", False)
    monkeypatch.setattr(program.lab, "lab_command", command)
    assert main(["lab"]) == 128 + signal.SIGTERM
    assert not caplog.records


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX systems")
def test_what_was_started_to_outlive_its_terminal_does():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopped_by_signals():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="this system does not bind processes to cores"
)
def test_as_many_processes_as_cores_may_be_used():
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert cores() == 1
        assert build_parser().parse_args(["run"]).jobs == 1
    finally:
        os.sched_setaffinity(0, allowed)
    assert cores() == len(allowed)
