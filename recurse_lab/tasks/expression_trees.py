"""Expressions of binary operators, written as `(a (b 3 1) 5)`: parse, write, evaluate.

A tree is a value, or a tuple (operator, left, right); operators are numbers from 0 on, written a, b, c, ...
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

Tree: TypeAlias = int | tuple[Any, ...]  # a value, or (operator, left, right)


def parse(text: str, operators: int, values: int) -> Tree:
    """The tree of an expression in writing.

    Raises:
        ValueError: the text does not parse, an operator is unknown, or a value is out of range.
    """
    tokens = text.replace("(", " ( ").replace(")", " ) ").split()
    if not tokens:
        raise ValueError("expression must be a value or (operator left right), not empty")
    rest = iter(tokens)
    tree = _read(rest, next(rest), operators, values)
    if (extra := next(rest, None)) is not None:
        raise ValueError(f"expression must end after its last parenthesis; {extra!r} is left over")
    return tree


def _read(rest: Iterator[str], token: str, operators: int, values: int) -> Tree:
    if token != "(":
        return _value(token, values)
    operator = _operator(next(rest, ""), operators)
    left, right = (_read(rest, _some(next(rest, "")), operators, values) for _ in range(2))
    if (last := next(rest, "")) != ")":
        raise ValueError(f"an operator must have two arguments and then ')', not {last or 'the end'!r}")
    return operator, left, right


def _some(token: str) -> str:
    if token in ("", ")"):
        raise ValueError(f"an operator must have two arguments; {token or 'the end'!r} comes too early")
    return token


def _value(token: str, values: int) -> int:
    if not token.isdecimal() or int(token) >= values:
        raise ValueError(f"value must be from 0 to {values - 1}, not {token!r}")
    return int(token)


def _operator(token: str, operators: int) -> int:
    names = [name_of(number) for number in range(operators)]
    if token not in names:
        raise ValueError(f"operator must be one of {', '.join(names)}, not {token or 'the end'!r}")
    return names.index(token)


def name_of(operator: int) -> str:
    """The letter of an operator: a, b, c, ..."""
    return chr(ord("a") + operator)


def written(tree: Tree) -> str:
    """A tree in writing; `parse` is the inverse."""
    if isinstance(tree, int):
        return str(tree)
    operator, left, right = tree
    return f"({name_of(operator)} {written(left)} {written(right)})"


def evaluate(tree: Tree, tables: Sequence[Sequence[Sequence[int]]]) -> int:
    """The value of a tree; `tables[operator][left][right]`."""
    if isinstance(tree, int):
        return tree
    operator, left, right = tree
    return tables[operator][evaluate(left, tables)][evaluate(right, tables)]


def depth_of(tree: Tree) -> int:
    """Number of operators on the longest way down; a value has depth 0."""
    return 0 if isinstance(tree, int) else 1 + max(map(depth_of, tree[1:]))


def subtrees(tree: Tree) -> Iterator[Tree]:
    """The tree and all trees in it, in prefix order."""
    yield tree
    if not isinstance(tree, int):
        for part in tree[1:]:
            yield from subtrees(part)


def cells_of(tree: Tree, values: int) -> list[tuple[int, int, int]]:
    """Symbol, cell of the parent, and side (0 root, 1 left, 2 right) of each node in prefix order.

    Operators are symbols from `values` on.
    """
    found: list[tuple[int, int, int]] = []

    def add(part: Tree, parent: int, side: int) -> None:
        cell = len(found)
        found.append((part if isinstance(part, int) else values + part[0], parent, side))
        if not isinstance(part, int):
            add(part[1], cell, 1)
            add(part[2], cell, 2)

    add(tree, 0, 0)
    return found
