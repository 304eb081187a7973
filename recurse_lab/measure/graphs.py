"""Computation graphs: nodes with values and parents, their depth and parallelism, and pieces of them seen before.

Dziri et al. 2023, "Faith and Fate" (arXiv:2305.18654), section 2: a graph of the steps of an algorithm on one
problem. Section 3.2.2: a piece of it counts as seen if training shows the same piece.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

# kind, value and parents' local numbers of each node of a piece; the node itself is number 0
Piece: TypeAlias = tuple[tuple[str, int, tuple[int, ...]], ...]


class Node(NamedTuple):
    """One step of an algorithm, or one of its inputs."""

    kind: str  # the operation, for example "sum"; "x" for an input
    value: int  # its result
    parents: tuple[int, ...] = ()  # numbers of the nodes that it is computed from, in the operation's order


@dataclass(frozen=True)
class Graph:
    """The nodes in an order in which parents come first.

    Raises:
        ValueError: there is no node, or a parent does not come before its child.
    """

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        """Check the order."""
        if not self.nodes:
            raise ValueError("a graph must have one node or more")
        for number, node in enumerate(self.nodes):
            if any(not 0 <= parent < number for parent in node.parents):
                raise ValueError(f"parents of node {number} must come before it, not {node.parents}")

    @property
    def edges(self) -> int:
        """Number of pairs of a node and one of its parents."""
        return sum(len(node.parents) for node in self.nodes)

    @cached_property
    def depths(self) -> tuple[int, ...]:
        """Number of nodes on the longest path from an input to each node: 1 for an input."""
        found: list[int] = []
        for node in self.nodes:
            found.append(1 + max((found[parent] for parent in node.parents), default=0))
        return tuple(found)

    @property
    def depth(self) -> int:
        """Number of nodes on the longest path: steps that cannot be done at the same time."""
        return max(self.depths)

    @property
    def width(self) -> int:
        """Number of nodes of the depth that has most."""
        return max(self.depths.count(depth) for depth in set(self.depths))

    @property
    def parallelism(self) -> float:
        """Nodes per depth: how many steps can be done at the same time, on average."""
        return len(self.nodes) / self.depth

    def piece(self, number: int, depth: int) -> Piece:
        """A node and everything up to `depth` edges before it: kinds, values, and which node feeds which.

        Two pieces are equal only if all values and all connections are. A node at the border has no parents in it.

        Raises:
            ValueError: there is no such node, or `depth` is negative.
        """
        if not 0 <= number < len(self.nodes) or depth < 0:
            raise ValueError(f"there must be a node {number}, and depth must be 0 or more, not {depth}")
        local, layer = {number: 0}, [number]
        inside: list[int] = []
        for _ in range(depth):
            inside += layer
            before = [parent for child in layer for parent in self.nodes[child].parents]
            layer = [parent for parent in dict.fromkeys(before) if parent not in local]
            local |= {parent: len(local) + place for place, parent in enumerate(layer)}
        return tuple(
            (
                self.nodes[node].kind,
                self.nodes[node].value,
                tuple(local[parent] for parent in self.nodes[node].parents) if node in inside else (),
            )
            for node in local
        )

    def pieces(self, depth: int) -> list[Piece]:
        """The piece of every node."""
        return [self.piece(number, depth) for number in range(len(self.nodes))]


def pieces_of(graphs: Iterable[Graph], depth: int) -> set[Piece]:
    """All pieces of all graphs: what training shows."""
    return {piece for graph in graphs for piece in graph.pieces(depth)}


def seen(graph: Graph, known: Collection[Piece], depth: int) -> list[bool]:
    """For each node that is no input, whether its piece of that depth is among those known."""
    return [graph.piece(number, depth) in known for number, node in enumerate(graph.nodes) if node.parents]
