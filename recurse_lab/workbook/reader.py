"""The reader's own notebooks: the student edition, put there when it is missing and never overwritten.

A newer edition is put beside the reader's file, once: a hidden file in the folder remembers which editions
have been there, so that one that the reader has deleted or renamed does not come back.
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

SEEN = ".editions.json"  # notebook -> digests of its editions that have been in the folder


def bring_notebooks(folder: Path, chapters: Iterable[Path]) -> list[str]:
    """Put missing notebooks and newer editions into the reader's folder; returns a line about each.

    Raises:
        ValueError: the folder cannot be made.
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
    """What the book says in a notebook: kinds and sources of its cells; outputs and the machine do not count."""
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
            continue  # whatever the reader made of it, it is no edition
    return found


def _read_seen(path: Path) -> dict[str, list[str]]:
    try:
        seen = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): [str(digest) for digest in digests] for name, digests in seen.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}  # nothing is lost: what is in the folder is compared itself
