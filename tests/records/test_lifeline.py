"""Training processes end with the process they work for, even if it is killed; a signal ends `run` like Ctrl-C."""

import os
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest

from recurse_lab.records.lifeline import lives

pytestmark = [pytest.mark.timing, pytest.mark.skipif(os.name == "nt", reason="signals of POSIX systems")]

SLEEPER = """
import os, pathlib, time

def trial(config, seed):
    pathlib.Path(config, f"{seed}-{os.getpid()}").touch()
    if seed:
        time.sleep(120)
    return {"seed": seed}, {}
"""

TRAINS = """
import pathlib
from sleeper import trial
from recurse_lab.records.replicate import replicate
replicate(trial, {"arm": FOLDER}, [1, 2], cache=pathlib.Path(FOLDER, "cache"), jobs=2)
"""

RUNS = """
import pathlib, sys
from recurse_lab.__main__ import main
from recurse_lab.workbook import execute
execute.find_chapters = lambda only: {"07": pathlib.Path(FOLDER, "07_test.ipynb")}
sys.exit(main(["run", "--profile", "smoke", "--jobs", "2", "--out", FOLDER + "/out"]))
"""

NOTEBOOK = """
from sleeper import trial
from recurse_lab.workbook.start import start
start("07", profile=profile, seed=seed, jobs=jobs).replicate(trial, {"arm": FOLDER})
"""


def begin(folder, program):
    """Start a program that trains in two processes; return it and all its children once both train."""
    (folder / "sleeper.py").write_text(SLEEPER)
    (folder / "program.py").write_text(program.replace("FOLDER", repr(str(folder))))
    here = os.pathsep.join([str(folder), *filter(None, sys.path)])
    environment = os.environ | {"PYTHONPATH": here, "RECURSE_LAB_CACHE": str(folder / "cache")}
    started = subprocess.Popen(
        [sys.executable, folder / "program.py"], env=environment, stderr=subprocess.PIPE, text=True
    )
    until(lambda: len(list(folder.glob("[0-9]-*"))) == 2, 90)
    until(lambda: program is not RUNS or any((folder / "cache").glob("*.json")), 10)
    return started, psutil.Process(started.pid).children(recursive=True)


def until(holds, seconds):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.1)


def notebook(folder):
    sources = ('profile = "quick"\nseed = 0\njobs = 1', NOTEBOOK.replace("FOLDER", repr(str(folder))))
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[0].metadata["tags"] = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(made, folder / "07_test.ipynb")


def gone(processes):
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


def test_trials_end_when_the_process_that_asked_for_them_is_killed(tmp_path):
    started, children = begin(tmp_path, TRAINS)
    assert len(children) >= 2
    with started:  # not `communicate`: it would wait for children that still hold the pipe
        started.kill()
        started.wait(10)
        until(lambda: gone(children), 5)


@pytest.mark.slow
@pytest.mark.usefixtures("default_hangup")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGHUP"])
def test_a_run_that_is_ended_leaves_no_process_and_keeps_what_has_finished(tmp_path, name):
    notebook(tmp_path)
    started, children = begin(tmp_path, RUNS)
    assert len(children) >= 3  # a kernel and two trials
    number = getattr(signal, name)
    started.send_signal(number)
    _, said = started.communicate(timeout=20)
    until(lambda: gone(children), 5)
    (kept,) = (tmp_path / "cache").glob("*.json")
    assert "-arm-0-" in kept.name
    if name != "SIGKILL":
        assert started.returncode == 128 + number
        assert said.startswith("recurse-lab: stopped; finished training runs are kept")
        assert said.count("\n") == 1
        assert not list((tmp_path / "out").rglob(".running-*"))


def test_a_process_that_has_ended_does_not_live():
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    assert not lives(ended.pid, first=ended.pid)
    assert not lives(ended.pid, first=os.getppid())
    assert lives(os.getppid(), first=os.getppid())
    assert lives(os.getpid(), first=os.getppid())
