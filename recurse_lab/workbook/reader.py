"""The reader's own notebooks: copies of the student edition, never overwritten.

A missing notebook is copied into the folder. A newer edition is written beside the reader's file, once. A
hidden file in the folder lists the editions that were written, so that an edition that the reader deleted or
renamed is not written again.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat

from recurse_lab.files import put_text
from recurse_lab.workbook.editions import student_edition
from recurse_lab.workbook.parameters import NotebookError, read_notebook

SEEN = ".editions.json"  # notebook name -> digests of the editions written so far


def bring_notebooks(folder: Path, chapters: Iterable[Path]) -> list[str]:
    """Write missing notebooks and newer editions into the reader's folder; return a line about each.

    Raises:
        ValueError: the folder cannot be created.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ValueError(f"cannot make {folder} ({error.strerror}): your own notebooks go there") from error
    before = _read_seen(folder / SEEN)
    seen, told = dict(before), []
    for path in chapters:
        edition = student_edition(path)
        digest, known = digest_of(edition), seen.get(path.name, [])
        if not (folder / path.name).exists():
            _put(folder / path.name, edition)
            told.append(f"{path.name}: made")
        elif digest not in known and digest not in _present(folder):
            beside = _free(folder, path.stem, len(known) + 1)
            _put(beside, edition)
            told.append(f"{path.name}: left as it is; the book's newer edition is beside it, {beside.name}")
        seen[path.name] = known if digest in known else [*known, digest]
    if seen != before:
        put_text(folder / SEEN, json.dumps(seen, indent=1) + "\n")
    return told


def digest_of(notebook: Any) -> str:
    """Hash of the types and sources of a notebook's cells; outputs and metadata do not count."""
    said = [(cell.cell_type, cell.source) for cell in notebook.cells]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def _put(path: Path, notebook: Any) -> None:
    if path.exists():
        raise FileExistsError(f"{path} is there already and is left as it is")
    put_text(path, nbformat.writes(notebook) + "\n")


def _free(folder: Path, stem: str, number: int) -> Path:
    number = max(2, number)
    while (path := folder / f"{stem}_edition_{number}.ipynb").exists():
        number += 1
    return path


def _present(folder: Path) -> set[str]:
    found = set()
    for path in folder.glob("*.ipynb"):
        try:
            found.add(digest_of(read_notebook(path)))
        except NotebookError:
            continue  # a file that is not a valid notebook is no edition
    return found


def _read_seen(path: Path) -> dict[str, list[str]]:
    try:
        seen = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): [str(digest) for digest in digests] for name, digests in seen.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}  # safe: `_present` still compares the notebooks in the folder
