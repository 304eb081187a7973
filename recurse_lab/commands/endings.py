"""What commands share: exit codes, a folder that may be written to, one line about a notebook, an end by a signal."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

WORK_FAILED, BAD_INPUT = 1, 2
ENDING = ("SIGTERM", "SIGHUP")  # signals that end a command as Ctrl-C does, where the system has them


class Stopped(KeyboardInterrupt):
    """A signal ended the command; `code` is what a shell would say."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.code = 128 + number


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Meanwhile, SIGTERM and SIGHUP raise `Stopped` in the main thread."""

    def stop(number: int, _: FrameType | None) -> None:
        raise Stopped(number)

    former = {}
    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name) for name in ENDING if hasattr(signal, name)):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays nohup
                former[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def writable(folder: Path, sources: Path | None = None) -> Path:
    """The folder, made where it is missing.

    Args:
        sources: where the notebooks stand, by default this project's.

    Raises:
        ValueError: nothing can be written into it, or what is written could meet the notebooks.
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
    """Whether one of two folders is the other or stands in it, all links followed."""
    one, other = folder.resolve(), sources.resolve()
    return any(_same(one, part) for part in (other, *other.parents)) or any(
        _same(part, other) for part in one.parents
    )


def _same(one: Path, other: Path) -> bool:
    """Whether two paths are one folder, also where the system does not tell capital letters."""
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
