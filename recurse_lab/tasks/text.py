"""English text that every Python brings along, byte by byte: predict the next byte.

The documents are the topics of `pydoc_data` and the docstrings of the standard library's modules, collected
by `ast` without running them. Their license is the PSF License Version 2; nothing of them is kept in this
project. The text changes a little with the Python version, so `digest` identifies it.

Shape letters: B batch, C bytes.
"""

import ast
import hashlib
import sysconfig
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import torch
from jaxtyping import Bool, Int, UInt8
from torch import Generator, Tensor

from recurse_lab.tasks.base import FOLD_OF, FOLDS, SPLITS, Batch, Split
from recurse_lab.tasks.judging import Classes

BYTES = 256
SHORTEST = 80  # shorter docstrings are names and signatures rather than English


@cache
def documents() -> Mapping[str, str]:
    """Name -> text: each topic of `pydoc_data`, and all docstrings of each module; no docstring comes twice.

    Cost: about 2 CPU-seconds, once a process.
    """
    topics: dict[str, str] = import_module("pydoc_data.topics").topics
    found = {f"topic {name}": text for name, text in sorted(topics.items())}
    seen: set[str] = set()
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        new = [text for text in docstrings(path.read_bytes()) if text not in seen]
        seen.update(new)
        if new:
            found[f"module {path.stem}"] = "\n\n".join(dict.fromkeys(new)) + "\n"
    return found


def docstrings(source: bytes) -> list[str]:
    """The docstrings of at least 80 characters in a Python file, in order of its syntax tree; none if it has errors."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of invalid escapes in strings
            tree = ast.parse(source)
    except SyntaxError:
        return []
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    texts = [ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, kinds)]
    return [text for text in texts if text and len(text) >= SHORTEST]


def split_of(name: str) -> Split:
    """The split of a document: a hash of its name, so that it stays the same when other documents change."""
    fold = hashlib.sha256(name.encode()).digest()[0] % FOLDS
    return next(split for split in SPLITS if fold in FOLD_OF[split])


@cache
def corpus() -> Mapping[str, bytes]:
    """Split -> the text of its documents, one after the other, in UTF-8."""
    parts: dict[str, list[str]] = {split: [] for split in SPLITS}
    for name, text in documents().items():
        parts[split_of(name)].append(text)
    return {split: "\n".join(texts).encode() for split, texts in parts.items()}


def digest() -> str:
    """SHA-256 of the text of all splits, in hexadecimal."""
    return hashlib.sha256(b"\0".join(corpus()[split] for split in SPLITS)).hexdigest()


@dataclass(frozen=True)
class Text(Classes):
    """Seeded windows of a text; splits hold different documents. The size is the number of bytes of a window."""

    texts: Mapping[str, bytes] | None = None  # split -> text; None: the text of this Python
    symbols: int = BYTES
    classes: int = BYTES
    dims: int = 1

    def sample(self, count: int, size: int, split: Split, generator: Generator) -> Batch:
        """Draw `count` windows of one split, which may overlap: inputs (B, C), and the byte after each as targets.

        Raises:
            ValueError: `count` or `size` is below 1, the split is unknown, or its text is not longer than `size`.
        """
        if min(count, size) < 1:
            raise ValueError(f"count and size must be 1 or more, not {count} and {size}")
        text = self.text_of(split)
        if len(text) <= size:
            raise ValueError(
                f"the {split} text has {len(text)} bytes; windows of {size} need at least {size + 1}"
            )
        first_B = torch.randint(0, len(text) - size, (count,), generator=generator)
        windows_BC = text[first_B[:, None] + torch.arange(size + 1)].long()
        return Batch(windows_BC[:, :-1], windows_BC[:, 1:])

    def text_of(self, split: Split) -> UInt8[Tensor, " N"]:
        """The bytes of a split.

        Raises:
            ValueError: the split is unknown.
        """
        texts = corpus() if self.texts is None else self.texts
        if split not in texts:
            raise ValueError(f"split must be one of {', '.join(texts)}, not {split!r}")
        return as_numbers(texts[split])

    def verify(self, inputs_BC: Int[Tensor, "B C"], answers_BC: Int[Tensor, "B C"]) -> Bool[Tensor, " B"]:
        """True where a row and the bytes that should follow it stand in the text of any split."""
        texts = (corpus() if self.texts is None else self.texts).values()
        rows = torch.cat((inputs_BC, answers_BC[:, -1:]), dim=1).clamp(0, BYTES - 1)
        shifted_B = (inputs_BC[:, 1:] == answers_BC[:, :-1]).all(dim=1)
        found = [any(bytes(row) in text for text in texts) for row in rows.tolist()]
        return shifted_B & torch.tensor(found) & (answers_BC < BYTES).all(1) & (answers_BC >= 0).all(1)


@cache
def as_numbers(text: bytes) -> UInt8[Tensor, " N"]:
    """The bytes as a tensor of unsigned 8-bit numbers."""
    return torch.frombuffer(bytearray(text), dtype=torch.uint8) if text else torch.zeros(0, dtype=torch.uint8)
