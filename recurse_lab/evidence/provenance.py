"""What made a number: a digest of the code it depends on, the versions, and the class of machine.

The digest follows names: from a recipe and the classes of its configuration to every function, class and
constant of this package that they mention, and on from there. Docstrings and comments do not count, nor does
code that nothing on the way mentions: a new layer beside an old one leaves old records valid. Nor does it count in
which module a definition stands, only what it says and what each of its names means: moving it changes no number.
"""

import ast
import hashlib
import os
import platform
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGE = "recurse_lab"
Name = tuple[str, str]  # module, name of a definition in it


def code_digest(recipe: Any, config: Any) -> str:
    """Hex digest of the code that `recipe(config, seed)` depends on, as far as it stands in this package."""
    return digest_of(frozenset({(recipe.__module__, recipe.__name__), *classes_of(config)}))


@cache
def digest_of(roots: frozenset[Name]) -> str:
    """Hex digest of some definitions and all that they mention, directly or not."""
    seen: dict[Name, str] = {}
    waiting = [_home(*root) for root in roots]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            mentioned = _mentioned(*name)
            meant = [f"{part}:{_hash(_text(*home))}" for part, home in sorted(mentioned.items())]
            seen[name] = " ".join((name[1], _text(*name), *meant))
            waiting += mentioned.values()
    return _hash("\n".join(sorted(seen.values())))


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


def _home(module: str, name: str) -> Name:
    """Where a name of a module is defined, through all imports."""
    while name in (imports := _module(module)[1]):
        module, name = imports[name]
    return module, name


def _text(module: str, name: str) -> str:
    """A definition's syntax tree."""
    return " ".join(ast.dump(_without_docstrings(node)) for node in _module(module)[0].get(name, []))


def _mentioned(module: str, name: str) -> dict[str, Name]:
    """Names of this package that a definition mentions, and where each is defined."""
    definitions, imports = _module(module)
    parts = {
        part.id
        for node in definitions.get(name, [])
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and part.id != name
    }
    return {part: _home(module, part) for part in parts if part in definitions or part in imports}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _module(module: str) -> tuple[dict[str, list[ast.AST]], dict[str, Name]]:
    """Top-level definitions of a module by name, and where the names that it imports from this package stand."""
    definitions: dict[str, list[ast.AST]] = {}
    imports: dict[str, Name] = {}
    for node in ast.parse(_source_of(module).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            imports |= {alias.asname or alias.name: (str(node.module), alias.name) for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            definitions.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
            for name in names:
                definitions.setdefault(name, []).append(node)
    return definitions, imports


def _source_of(module: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ValueError(f"no source for module {module!r}")
    return Path(spec.origin)


def _without_docstrings(node: ast.AST) -> ast.AST:
    for part in ast.walk(node):
        if isinstance(part, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(part) is not None:
            part.body = part.body[1:] or [ast.Pass()]
    return node
