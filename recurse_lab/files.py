"""Every file is written beside its place and then put there: a reader finds the old one or the new one."""

import os
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4


def put(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a new file beside `path`, then put it in place; folders are made where they are missing.

    Whatever ends `write` early leaves the old file as it was, and no part of the new one.

    Args:
        write: gets the path to write to, which has the same suffix.

    Raises:
        OSError: the folder cannot be written to, or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.stem}.{uuid4().hex[:8]}{path.suffix}")
    try:
        write(beside)
        with beside.open("rb+") as written:
            os.fsync(written.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def put_text(path: Path, text: str) -> None:
    """Write text in UTF-8 with plain line feeds, as `put` does."""
    put(path, lambda beside: beside.write_text(text, encoding="utf-8", newline="\n"))
