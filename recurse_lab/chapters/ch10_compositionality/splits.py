"""Chapter 10: new wholes of known parts: what test expressions share with those of training."""

from typing import Any

from torch import Generator

from recurse_lab.tasks.base import Split
from recurse_lab.tasks.expression_trees import Tree, depth_of, subtrees, written
from recurse_lab.tasks.expressions import Expressions

DRAWN = 3000  # training expressions of each depth to compare with
TESTED = 256


def drawn(task: Expressions, depth: int, split: Split, count: int) -> list[Tree]:
    """Expressions of a split as trees; their writing is the same whatever the padding."""
    batch = task.sample(count, depth, split, Generator().manual_seed(depth))
    return [task.tree_of(cells) for cells in batch.inputs]


def split_rows(seed: int, depths: tuple[int, ...] = (2, 3, 4, 5, 6)) -> dict[str, dict[str, Any]]:
    """One row for each depth of the test expressions: their size, and how many of them and of their parts are old."""
    task = Expressions(seed=seed)
    old = [tree for depth in (1, 2, 3) for tree in drawn(task, depth, "train", DRAWN)]
    wholes = {written(tree) for tree in old}
    parts = {written(part) for tree in old for part in subtrees(tree)}
    rows = {}
    for depth in depths:
        new = drawn(task, depth, "test", TESTED)
        smallest = [part for tree in new for part in subtrees(tree) if depth_of(part) == 1]
        rows[f"depth {depth}"] = {
            "nodes (mean)": sum(len(list(subtrees(tree))) for tree in new) / len(new),
            "seen as a whole": sum(written(tree) in wholes for tree in new) / len(new),
            "its parts of depth 1 seen": sum(written(part) in parts for part in smallest) / len(smallest),
        }
    return rows
