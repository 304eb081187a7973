"""Execute notebooks with papermill, one kernel each; a later failure never loses a finished notebook."""

import json
import os
import re
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from uuid import uuid4

import nbformat
import papermill
import psutil
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.paths import jupyter_runtime_dir
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets import default

from recurse_lab.files import put_text
from recurse_lab.records.lifeline import PARENT
from recurse_lab.workbook.parameters import NotebookError, check_against
from recurse_lab.workbook.start import QUIET, ROOT

NOTEBOOKS = ROOT / "notebooks"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
NUMBERS = re.compile(
    r"\[\s+(?:(?:-?[\d.eE+-]+|null),?\s+)+\]"
)  # an indented JSON list of numbers, with one number on each line
DEAD_KERNEL = 137  # the exit code that a shell reports for a killed process


class LocalKernelManager(AsyncKernelManager):
    """A kernel manager that uses Unix sockets instead of unencrypted TCP ports; Windows keeps TCP."""

    transport = "tcp" if os.name == "nt" else "ipc"

    @default("ip")
    def _address(self) -> str:
        folder = Path(jupyter_runtime_dir())
        folder.mkdir(parents=True, exist_ok=True)
        return "127.0.0.1" if os.name == "nt" else str(folder / f"recurse-lab-{uuid4().hex[:8]}")


@dataclass(frozen=True, kw_only=True)
class NotebookRun:
    """How the execution of one notebook ended."""

    chapter: str
    notebook: str
    status: str  # ok, failed, dead kernel, not valid
    seconds: float
    peak_memory_mb: float  # of all child processes together
    exit_code: int
    error: str = ""  # one line


def find_chapters(only: Sequence[str] = (), folder: Path = NOTEBOOKS) -> dict[str, Path]:
    """Chapter number -> notebook, in order.

    Raises:
        ValueError: `only` names a chapter that does not exist.
    """
    chapters = {path.name[:2]: path for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}
    if unknown := [name for name in only if name not in chapters]:
        raise ValueError(f"no chapter {', '.join(unknown)}; there are {', '.join(chapters) or 'none'}")
    return {number: path for number, path in chapters.items() if not only or number in only}


def execute(path: Path, out: Path, parameters: Mapping[str, Any]) -> NotebookRun:
    """Execute one notebook and write it to `out`, after an error as far as it ran; return how it ended."""
    begun, memory = perf_counter(), PeakMemory()
    status, code, error = "ok", 0, ""
    try:
        check_against(path, parameters)
        with memory:
            _run_into(path, out, parameters)
    except PapermillExecutionError as failure:
        error = f"cell {failure.exec_count}: {failure.ename}: {_first_line(failure.evalue)}"
        status, code = "failed", 1
    except DeadKernelError:
        status, code, error = "dead kernel", DEAD_KERNEL, "the kernel died (out of memory, or killed)"
    except (NotebookError, ValueError) as failure:
        status, code, error = "not valid", 2, _first_line(str(failure))
    except Exception as failure:  # an error of the executor must not stop the other notebooks
        status, code, error = "failed", 1, f"{type(failure).__name__}: {_first_line(str(failure))}"
    return NotebookRun(
        chapter=path.name[:2],
        notebook=path.name,
        status=status,
        seconds=round(perf_counter() - begun, 1),
        peak_memory_mb=round(memory.peak / 1e6, 1),
        exit_code=code,
        error=error,
    )


def _run_into(path: Path, out: Path, parameters: Mapping[str, Any]) -> None:
    """Execute a notebook in a temporary folder, write the tidied result to `out`, then raise any error."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=".running-") as folder:
        ran, ended = Path(folder) / path.name, None
        try:
            _papermill(path, ran, parameters)
        except Exception as failure:
            ended = failure
        if ran.exists():
            put_text(out, tidied(ran))
    if ended:
        raise ended


def _papermill(path: Path, out: Path, parameters: Mapping[str, Any]) -> None:
    os.environ[QUIET] = "1"
    os.environ[PARENT] = str(os.getpid())
    papermill.execute_notebook(
        path,
        out,
        parameters=dict(parameters),
        cwd=str(path.parent),
        progress_bar=sys.stderr.isatty(),
        store_widget_state=False,
        shutdown_kernel="immediate",  # end the kernel's children too; an interrupt would print a traceback
        kernel_manager_class=LocalKernelManager,
    )


def tidied(path: Path) -> str:
    """A notebook's text without widget views, which need a live kernel, and without papermill's metadata."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.pop("widgets", None)
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if WIDGET_VIEW not in output.get("data", {})]
    # write a figure's numbers on one line; with one number a line, the indentation is longer than the digits
    text = NUMBERS.sub(lambda found: "".join(found.group().split()), nbformat.writes(notebook))
    return text + "\n"


def write_runs(runs: Sequence[NotebookRun], path: Path) -> None:
    """Write runs.json, one entry a notebook."""
    put_text(path, json.dumps([asdict(run) for run in runs], indent=1) + "\n")


class PeakMemory:
    """Largest resident memory of this process's children together, sampled twice a second."""

    def __init__(self) -> None:
        self.peak = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.5):
            total = 0.0
            for child in psutil.Process().children(recursive=True):
                try:
                    total += child.memory_info().rss
                except psutil.Error:  # the process ended between the two calls
                    continue
            self.peak = max(self.peak, total)


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[0][:200]
