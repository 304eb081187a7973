"""The parameters of a notebook: plain literals in the one cell tagged `parameters`, checked before a run."""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

PROFILES = ("smoke", "quick", "full")


class NotebookError(ValueError):
    """A notebook is not usable; the message is one line."""


def check_parameters(*, profile: Any, seed: Any, jobs: Any) -> None:
    """Check the parameters that every notebook has.

    Raises:
        ValueError: unknown profile, negative seed, fewer than one job, or a wrong type.
    """
    if profile not in PROFILES:
        raise ValueError(f"profile must be one of {', '.join(PROFILES)}, not {profile!r}")
    for name, value, least in (("seed", seed, 0), ("jobs", jobs, 1)):
        if type(value) is not int or value < least:
            raise ValueError(f"{name} must be a whole number from {least} on, not {value!r}")


def read_notebook(path: Path) -> Any:
    """Read and validate a notebook.

    Raises:
        NotebookError: the file is not a valid notebook; the message gives the reason.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat raises many types, JSON and Unicode errors among them
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:120]
        raise NotebookError(f"{path.name} is not a valid notebook ({reason})") from error
    return notebook


def declared_parameters(path: Path) -> dict[str, Any]:
    """Names and default values in a notebook's `parameters` cell.

    Raises:
        NotebookError: the notebook is not valid, has no such cell, or the cell holds more than literals.
    """
    cells = [cell for cell in read_notebook(path).cells if "parameters" in cell.metadata.get("tags", [])]
    if len(cells) != 1:
        raise NotebookError(f"{path.name} needs exactly one cell tagged parameters, it has {len(cells)}")
    try:
        tree = ast.parse(cells[0].source)
        return {_name(node): ast.literal_eval(node.value) for node in tree.body}
    except (SyntaxError, ValueError, AttributeError) as error:
        raise NotebookError(f"{path.name}: its parameters cell may hold only NAME = literal lines") from error


def check_against(path: Path, chosen: Mapping[str, Any]) -> None:
    """Check that the notebook declares every chosen parameter, with a default of the same type.

    Raises:
        ValueError: the notebook does not declare a parameter, or its default has another type.
        NotebookError: the notebook is not valid, or its `parameters` cell is not.
    """
    declared = declared_parameters(path)
    for name, value in chosen.items():
        if name not in declared:
            raise ValueError(f"{path.name} has no parameter {name!r}; it has {', '.join(declared)}")
        if type(value) is not type(declared[name]):
            kind = type(declared[name]).__name__
            raise ValueError(f"parameter {name} of {path.name} must be of type {kind}, not {value!r}")


def _name(node: ast.stmt) -> str:
    if (
        not isinstance(node, ast.Assign)
        or len(node.targets) != 1
        or not isinstance(node.targets[0], ast.Name)
    ):
        raise ValueError("not a plain assignment")
    return node.targets[0].id
