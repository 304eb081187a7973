"""What made a number: a digest of the code it depends on, the versions, and the class of machine.

The digest follows names: from a recipe and the classes of its configuration to every function, class and
constant of this package that they mention, and on from there. Docstrings and comments do not count, nor does
code that nothing on the way mentions: a new layer beside an old one leaves old records valid. Nor does it count in
which module a definition stands, only what it says and what each of its names means: moving it changes no number.
"""

import hashlib
import os
import platform
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

from recurse_lab.records.definitions import PACKAGE, Name, home, mentioned, text


def code_digest(recipe: Any, config: Any) -> str:
    """Hex digest of the code that `recipe(config, seed)` depends on, as far as it stands in this package."""
    return digest_of(frozenset({(recipe.__module__, recipe.__name__), *classes_of(config)}))


@cache
def digest_of(roots: frozenset[Name]) -> str:
    """Hex digest of some definitions and all that they mention, directly or not."""
    reached: dict[Name, dict[str, Name]] = {}
    waiting = [home(*root) for root in roots]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached[name] = mentioned(*name)
            waiting += reached[name].values()
    hashes, kinds = {name: _hash(f"{name[1]} {text(*name)}") for name in reached}, 0
    # two definitions may say the same and mean different things by their names: refine until none are told apart anew
    while len(set(hashes.values())) > kinds:
        kinds = len(set(hashes.values()))
        hashes = {
            name: _hash(
                " ".join([hashes[name], *(f"{part}:{hashes[parts[part]]}" for part in sorted(parts))])
            )
            for name, parts in reached.items()
        }
    return _hash("\n".join(sorted(hashes.values())))


def classes_of(config: Any) -> Iterator[Name]:
    """Classes of this package among a configuration's values, however deep they stand in it."""
    if is_dataclass(config) and not isinstance(config, type):
        if type(config).__module__.startswith(PACKAGE):
            yield type(config).__module__, type(config).__name__
        for field in fields(config):
            yield from classes_of(getattr(config, field.name))
    elif isinstance(config, dict):
        yield from classes_of(list(config.values()))
    elif isinstance(config, list | tuple):
        for part in config:
            yield from classes_of(part)


def versions() -> dict[str, str]:
    """Versions that a result can depend on."""
    names = ("torch", "numpy", "scipy")
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def machine_class() -> str:
    """Operating system, processor family and number of cores: enough to compare, too little to identify."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def _hash(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:16]
