"""What commands share: exit codes, signals, a check that a folder is writable, and a line about a finished notebook."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

WORK_FAILED, BAD_INPUT = 1, 2
ENDING = ("SIGTERM", "SIGHUP")  # signals that end a command like Ctrl-C; Windows has no SIGHUP

TALKATIVE = ("asyncio", "papermill")  # loggers that report a kernel's death while the command is being ended


class Stopped(KeyboardInterrupt):
    """A signal ended the command; `code` is the exit code that a shell reports, 128 + the signal's number."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.code = 128 + number


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Inside the context, SIGTERM and SIGHUP raise `Stopped` in the main thread."""

    def stop(number: int, _: FrameType | None) -> None:
        for name in TALKATIVE:
            logging.getLogger(name).disabled = True
        raise Stopped(number)

    former = {}
    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name) for name in ENDING if hasattr(signal, name)):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP; keep it so
                former[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def cores() -> int:
    """The number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def writable(folder: Path, sources: Path | None = None) -> Path:
    """Create the folder if it is missing, and check that it is writable.

    Args:
        sources: folder of the notebooks; this project's by default.

    Raises:
        ValueError: the folder is not writable, or the output could overwrite the notebooks.
    """
    if sources is None:
        from recurse_lab.workbook import execute

        sources = execute.NOTEBOOKS
    if _meet(folder, sources) or _meet(folder / "notebooks", sources):
        raise ValueError(f"{folder} is, holds or lies in the notebooks' own folder; choose another --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".write-test").touch()
        (folder / ".write-test").unlink()
    except OSError as error:
        raise ValueError(f"cannot write to {folder} ({error.strerror}); choose another --out") from error
    return folder


def _meet(folder: Path, sources: Path) -> bool:
    """Whether two folders are the same or one contains the other, with all links resolved."""
    one, other = folder.resolve(), sources.resolve()
    return any(_same(one, part) for part in (other, *other.parents)) or any(
        _same(part, other) for part in one.parents
    )


def _same(one: Path, other: Path) -> bool:
    """Whether two paths are the same folder, also on a file system that ignores case."""
    return one == other or (one.exists() and other.exists() and one.samefile(other))


def say(run: object) -> None:
    """Print how the execution of a notebook ended."""
    from recurse_lab.workbook.execute import NotebookRun

    assert isinstance(run, NotebookRun)
    told = f"{run.notebook}: {run.status}, {run.seconds:.0f} s, {run.peak_memory_mb:.0f} MB"
    if run.exit_code:
        print(f"recurse-lab: {told}; {run.error}", file=sys.stderr, flush=True)
    else:
        print(told, flush=True)
