"""What commands share: exit codes, a folder that can be written to, and one line about a notebook that ran."""

import sys
from pathlib import Path

WORK_FAILED, BAD_INPUT = 1, 2


def writable(folder: Path) -> Path:
    """The folder, made where it is missing; ValueError where nothing can be written into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".write-test").touch()
        (folder / ".write-test").unlink()
    except OSError as error:
        raise ValueError(f"cannot write to {folder} ({error.strerror}); choose another --out") from error
    return folder


def say(run: object) -> None:
    """Print how the execution of a notebook ended."""
    from recurse_lab.workbook.execute import NotebookRun

    assert isinstance(run, NotebookRun)
    told = f"{run.notebook}: {run.status}, {run.seconds:.0f} s, {run.peak_memory_mb:.0f} MB"
    if run.exit_code:
        print(f"recurse-lab: {told}; {run.error}", file=sys.stderr, flush=True)
    else:
        print(told, flush=True)
