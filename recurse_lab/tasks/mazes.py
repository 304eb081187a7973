"""Perfect mazes: mark the one path from start to goal.

Schwarzschild et al. 2021, "Datasets for studying generalization from easy to hard examples". A maze is a
spanning tree of rooms, so exactly one path joins any two free cells. The difficulty is the side of the grid.
Shape letters: B batch, H side.
"""

from collections import deque
from dataclasses import dataclass
from random import Random

import torch
from jaxtyping import Bool, Int
from torch import Generator, Tensor

from recurse_lab.tasks.base import Batch, Split, sample_split
from recurse_lab.tasks.judging import IGNORE, Classes

WALL, FREE, START, GOAL = range(4)
AROUND = ((-1, 0), (1, 0), (0, -1), (0, 1))
Cell = tuple[int, int]


@dataclass(frozen=True)
class Mazes(Classes):
    """Seeded mazes; a target is 1 on the path (both ends included), 0 on other free cells, -100 on walls."""

    symbols: int = 4
    classes: int = 2
    dims: int = 2

    def sample(self, count: int, size: int, split: Split, generator: Generator) -> Batch:
        """Draw `count` mazes of one split, `size` cells a side (odd, 5 or more): inputs and targets (B, H, H).

        Raises:
            ValueError: `size` is even or below 5, or `sample_split` fails.
        """
        if size < 5 or size % 2 == 0:
            raise ValueError(f"size must be an odd number from 5 on, not {size}")
        random = Random(int(torch.randint(0, 2**62, (), generator=generator)))

        def draw(n: int) -> Int[Tensor, "B H H"]:
            return torch.tensor([draw_maze(size, random) for _ in range(n)])

        inputs_BHH = sample_split(draw, count, split)
        return Batch(inputs_BHH, self.solve(inputs_BHH))

    def solve(self, inputs_BHH: Int[Tensor, "B H H"]) -> Int[Tensor, "B H H"]:
        """Targets of each maze, by breadth-first search.

        Raises:
            ValueError: a maze does not have one start and one goal, joined by free cells.
        """
        targets_BHH = torch.where(inputs_BHH == WALL, IGNORE, 0)
        for target, maze in zip(targets_BHH, inputs_BHH.tolist(), strict=True):
            for row, column in shortest_path(maze):
                target[row, column] = 1
        return targets_BHH

    def verify(
        self, inputs_BHH: Int[Tensor, "B H H"], answers_BHH: Int[Tensor, "B H H"]
    ) -> Bool[Tensor, " B"]:
        """True where the free cells marked 1 form one path without branches from start to goal.

        Raises:
            ValueError: a maze does not have exactly one start and one goal.
        """
        pairs = zip(inputs_BHH.tolist(), answers_BHH.tolist(), strict=True)
        return torch.tensor([is_path(maze, answer) for maze, answer in pairs])


def draw_maze(size: int, random: Random) -> list[list[int]]:
    """Draw a spanning tree of rooms by randomized depth-first search; put start and goal in two rooms."""
    maze = [[WALL] * size for _ in range(size)]
    rooms = [(row, column) for row in range(1, size, 2) for column in range(1, size, 2)]
    stack = [random.choice(rooms)]
    maze[stack[0][0]][stack[0][1]] = FREE
    while stack:
        row, column = stack[-1]
        closed = [(dr, dc) for dr, dc in AROUND if _is_closed(maze, row + 2 * dr, column + 2 * dc)]
        if not closed:
            stack.pop()
            continue
        dr, dc = random.choice(closed)
        maze[row + dr][column + dc] = maze[row + 2 * dr][column + 2 * dc] = FREE
        stack.append((row + 2 * dr, column + 2 * dc))
    (sr, sc), (gr, gc) = random.sample(rooms, 2)
    maze[sr][sc], maze[gr][gc] = START, GOAL
    return maze


def shortest_path(maze: list[list[int]]) -> list[Cell]:
    """Cells (row, column) of a shortest path from start to goal, both included.

    Raises:
        ValueError: the maze does not have one start and one goal, joined by free cells.
    """
    start, goal = _ends(maze)
    came_from: dict[Cell, Cell | None] = {start: None}
    queue = deque([start])
    while queue and goal not in came_from:
        cell = queue.popleft()
        for neighbor in _free_neighbors(maze, cell):
            if neighbor not in came_from:
                came_from[neighbor] = cell
                queue.append(neighbor)
    if goal not in came_from:
        raise ValueError("this maze has no path from its start to its goal")
    path: list[Cell] = []
    at: Cell | None = goal
    while at is not None:
        path.append(at)
        at = came_from[at]
    return path[::-1]


def is_path(maze: list[list[int]], answer: list[list[int]]) -> bool:
    """Whether the free cells marked 1 form a path: one marked neighbor for both ends, two for all others.

    Raises:
        ValueError: the maze does not have exactly one start and one goal.
    """
    start, goal = _ends(maze)
    marked = {
        (row, column)
        for row, line in enumerate(answer)
        for column, value in enumerate(line)
        if value == 1 and maze[row][column] != WALL
    }
    if not {start, goal} <= marked:
        return False
    degrees = {cell: len(marked & set(_free_neighbors(maze, cell))) for cell in marked}
    if any(degree != (1 if cell in (start, goal) else 2) for cell, degree in degrees.items()):
        return False
    # the cells of a separate marked ring have degree two as well, but the start does not reach them
    reached, waiting = {start}, [start]
    while waiting:
        new = (marked & set(_free_neighbors(maze, waiting.pop()))) - reached
        reached |= new
        waiting += new
    return reached == marked


def _ends(maze: list[list[int]]) -> tuple[Cell, Cell]:
    found = {
        symbol: [(r, c) for r, line in enumerate(maze) for c, value in enumerate(line) if value == symbol]
        for symbol in (START, GOAL)
    }
    if any(len(cells) != 1 for cells in found.values()):
        raise ValueError("a maze needs exactly one start (2) and one goal (3)")
    return found[START][0], found[GOAL][0]


def _free_neighbors(maze: list[list[int]], cell: Cell) -> list[Cell]:
    around = [(cell[0] + dr, cell[1] + dc) for dr, dc in AROUND]
    return [(r, c) for r, c in around if 0 <= r < len(maze) and 0 <= c < len(maze[0]) and maze[r][c] != WALL]


def _is_closed(maze: list[list[int]], row: int, column: int) -> bool:
    return 0 < row < len(maze) and 0 < column < len(maze) and maze[row][column] == WALL
