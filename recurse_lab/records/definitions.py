"""What the definitions of this package say, and what the names in them mean, read from their source.

Docstrings and comments are left out. Not followed are attributes of modules (`module.function`) of this package, and
module-level statements other than imports, definitions and assignments.
"""

import ast
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

PACKAGE = "recurse_lab"

Name = tuple[str, str]  # module, name of a definition in it


def home(module: str, name: str) -> Name:
    """Where a name of a module is defined, through all imports."""
    while (imported := _module(module).imports.get(name, (module, name))) != (module, name):
        module, name = imported
    return module, name


def text(module: str, name: str) -> str:
    """A definition's syntax tree, and which names of other packages it mentions."""
    _, outside, definitions = _module(module)
    nodes = definitions.get(name, [])
    meant = sorted(f"{part}:{outside[part]}" for part in _names(nodes) if part in outside)
    return " ".join([*map(ast.dump, nodes), *meant])


def mentioned(module: str, name: str) -> dict[str, Name]:
    """Names of this package that a definition mentions, and where each is defined."""
    imports, _, definitions = _module(module)
    parts = _names(definitions.get(name, [])) - {name}
    return {part: home(module, part) for part in parts if part in definitions or part in imports}


class _Module(NamedTuple):
    """What the top-level names of a module are."""

    imports: dict[str, Name]  # names of this package
    outside: dict[str, str]  # names of other packages
    definitions: dict[str, list[ast.AST]]  # the statements that define or assign a name


@cache
def _module(module: str) -> _Module:
    found = _Module({}, {}, {})
    for node in _without_docstrings(ast.parse(_source_of(module).read_text(encoding="utf-8"))).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            for alias in node.names:
                found.imports[alias.asname or alias.name] = (str(node.module), alias.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            origin = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            found.outside.update({alias.asname or alias.name: origin + alias.name for alias in node.names})
        for name in _defined(node):
            found.definitions.setdefault(name, []).append(node)
    return found


def _defined(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return _names([*node.targets])
    return _names([node.target]) if isinstance(node, ast.AnnAssign | ast.AugAssign) else set()


def _names(nodes: list[ast.AST]) -> set[str]:
    return {part.id for node in nodes for part in ast.walk(node) if isinstance(part, ast.Name)}


def _source_of(module: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ValueError(f"no source for module {module!r}")
    return Path(spec.origin)


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for part in ast.walk(tree):
        if isinstance(part, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(part) is not None:
            part.body = part.body[1:] or [ast.Pass()]
    return tree
