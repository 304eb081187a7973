"""A digest of the code behind a trial: the file of its function, and every file of this package that it imports.

A file imports another by naming it, at its top or inside a function; `from recurse_lab.x import y` names `x`,
and `x.y` where that is a file. Comments, docstrings and formatting do not count. All other code in these
files counts, whether the trial needs it or not: a digest that changes too often costs a run, and one that
changes too seldom makes old results pass for new ones.
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
    """Digest of the code behind a trial function: sixteen hexadecimal digits.

    Raises:
        ValueError: the function is in no file.
    """
    return digest_of(trial.__module__)


@cache
def digest_of(module: str) -> str:
    """Digest of a module and of all that it imports from this package, directly or not.

    Raises:
        ValueError: the module has no file.
    """
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
    """The file of a module of this package; None for any other name."""
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
    """Every name that a file imports: each module, and each module joined with each name imported from it."""
    for part in ast.walk(tree):
        if isinstance(part, ast.Import):
            yield from (name.name for name in part.names)
        elif isinstance(part, ast.ImportFrom) and part.module:
            yield part.module
            yield from (f"{part.module}.{name.name}" for name in part.names)


def plain(node: Any) -> Any:
    """A syntax tree as nested tuples, without empty fields: Python versions differ in them."""
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
