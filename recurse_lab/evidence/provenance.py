"""What made a number: a digest of the code it depends on, the versions, and the class of machine.

The digest covers the syntax tree of a module and of every recurse_lab module it imports, without
docstrings and comments: rewording a sentence keeps records valid, changing a line of code does not.
"""

import ast
import hashlib
import os
import platform
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

PACKAGE = "recurse_lab"


@cache
def code_digest(module: str) -> str:
    """Hex digest of `module` and everything of this package that it imports, directly or not."""
    seen: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        tree = ast.parse(_source_of(name).read_text(encoding="utf-8"))
        waiting += _imports(tree)
        seen[name] = ast.dump(_without_docstrings(tree))
    return hashlib.sha256("\n".join(f"{name} {seen[name]}" for name in sorted(seen)).encode()).hexdigest()[
        :16
    ]


def versions() -> dict[str, str]:
    """Versions that a result can depend on."""
    names = ("torch", "numpy", "scipy")
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def machine_class() -> str:
    """Operating system, processor family and number of cores: enough to compare, too little to identify."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def _source_of(module: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ValueError(f"no source for module {module!r}")
    return Path(spec.origin)


def _imports(tree: ast.Module) -> list[str]:
    """Modules of this package that a module imports, the packages they stand in left out."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(PACKAGE):
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            found.update(name for name in inner if _is_module(name))
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names if alias.name.startswith(PACKAGE))
    return sorted(found)


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return tree
