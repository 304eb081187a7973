"""A digest of the code behind a trial: the file of its function, and every file of this package that it imports.

A file imports another by naming it, at its top or inside a function; `from recurse_lab.x import y` names `x`, and
`x.y` where that is a file. Comments, docstrings and formatting do not count. Everything else in these files does,
needed or not: a digest that changes too often costs a run, one that changes too seldom costs the truth.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGE = "recurse_lab"
ROOT = Path(__file__).parents[2]  # the folder that holds the package


def code_digest(trial: Any) -> str:
    """Sixteen hexadecimal digits that stand for the code behind a trial function.

    Raises:
        ValueError: the function stands in no file.
    """
    return digest_of(trial.__module__)


@cache
def digest_of(module: str) -> str:
    """Sixteen hexadecimal digits for a module and all that it imports of this package, directly or not."""
    start = file_of(module) or _outside(module)
    found, waiting = {module: tree_of(start)}, [module]
    while waiting:
        for name in imported(found[waiting.pop()]):
            path = file_of(name)
            if path and name not in found:
                found[name] = tree_of(path)
                waiting.append(name)
    said = "\n".join(f"{name} {plain(tree)!r}" for name, tree in sorted(found.items()))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def file_of(module: str) -> Path | None:
    """Where the code of a module of this package stands; None for what is no module of it."""
    if module.split(".")[0] != PACKAGE:
        return None
    path = ROOT.joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a file, without docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for part in ast.walk(tree):
        if isinstance(part, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            part.body = part.body[ast.get_docstring(part, clean=False) is not None :]
    return tree


def imported(tree: ast.Module) -> Iterator[str]:
    """Every name that a file imports, as a module and as something in one."""
    for part in ast.walk(tree):
        if isinstance(part, ast.Import):
            yield from (name.name for name in part.names)
        elif isinstance(part, ast.ImportFrom) and part.module:
            yield part.module
            yield from (f"{part.module}.{name.name}" for name in part.names)


def plain(node: Any) -> Any:
    """A syntax tree as nested tuples; fields that say nothing are left out, since each Python has others."""
    if isinstance(node, list):
        return tuple(map(plain, node))
    if not isinstance(node, ast.AST):
        return node
    fields = ((name, plain(value)) for name, value in ast.iter_fields(node) if value not in (None, []))
    return (type(node).__name__, *fields)


def _outside(module: str) -> Path:
    spec = None if module == "__main__" else find_spec(module)
    if spec is None or spec.origin is None:
        raise ValueError(
            f"a trial must be a function of a file, so that its code can be told; not of {module}"
        )
    return Path(spec.origin)
