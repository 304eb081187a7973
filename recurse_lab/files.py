"""Write each file under another name and then rename it: a reader finds the whole old file or the whole new one."""

import os
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4


def put(path: Path, write: Callable[[Path], object]) -> None:
    """Call `write` on a new path beside `path`, then rename the new file to `path`; missing folders are made.

    If `write` raises, the old file stays as it was and the new one is removed. A killed process leaves the
    old file too; its unfinished file stays under a name that begins with a dot.

    Args:
        write: writes the file; its argument is the path to write to, with the same suffix as `path`.

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
    """Write `text` with `put`, in UTF-8 with line feeds (LF) alone."""
    put(path, lambda beside: beside.write_text(text, encoding="utf-8", newline="\n"))
