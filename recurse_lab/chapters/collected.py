"""Merge the works and terms of all rooms; entries under the same key must be equal."""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

WORKS, TERMS = "works.bib", "terms.json"


def collected_works(folders: Iterable[Path]) -> dict[str, str]:
    """Key -> BibTeX entry of all folders, sorted by key."""
    return _merged(folders, WORKS, works_in)


def collected_terms(folders: Iterable[Path]) -> dict[str, Any]:
    """Term -> its definition and the papers' symbols for it, of all folders, sorted by term."""
    return _merged(folders, TERMS, terms_in)


def works_in(path: Path) -> dict[str, str]:
    """Key -> entry of one BibTeX file; lines that begin with % are comments.

    Raises:
        ValueError: an entry is incomplete, or a key occurs twice.
    """
    text = re.sub(r"^%.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE).strip()
    found: dict[str, str] = {}
    for entry in map(str.strip, re.split(r"\n(?=@)", text) if text else ()):
        head = re.match(r"@\w+\{(\w+),\n", entry)
        if not head or not entry.endswith("\n}") or entry.count("{") != entry.count("}"):
            raise ValueError(f"{_short(path)}: no whole BibTeX entry: {entry.splitlines()[0]}")
        if head[1] in found:
            raise ValueError(f"{_short(path)}: {head[1]!r} stands there twice")
        found[head[1]] = entry
    return found


def terms_in(path: Path) -> dict[str, Any]:
    """Term -> entry of one glossary file.

    Raises:
        ValueError: the file is not a JSON object, or a term occurs twice.
    """
    try:
        pairs = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_once)
    except ValueError as error:
        raise ValueError(f"{_short(path)}: {error}") from error
    if not isinstance(pairs, dict):
        raise ValueError(f"{_short(path)} must hold one JSON object")
    return pairs


def _merged(folders: Iterable[Path], name: str, read: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    where: dict[str, Path] = {}
    for path in (folder / name for folder in folders if (folder / name).exists()):
        for key, entry in read(path).items():
            if key in found and found[key] != entry:
                raise ValueError(
                    f"{key!r} differs between {_short(where[key])} and {_short(path)}; it must say the same"
                )
            found[key], where[key] = entry, path
    return dict(sorted(found.items()))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if twice := [key for place, (key, _) in enumerate(pairs) if key in dict(pairs[:place])]:
        raise ValueError(f"{twice[0]!r} stands there twice")
    return dict(pairs)


def _short(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
