"""Chapter 10: expressions worked by hand: their tables, their trees, and the reader's own interpreter."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from recurse_lab.tasks.expression_trees import Tree, evaluate, name_of, subtrees, written
from recurse_lab.tasks.expressions import Expressions

Tables = Sequence[Sequence[Sequence[int]]]
Interpreter = Callable[[Any, Tables], Any]  # (tree, tables) -> value

TASK = Expressions()  # the tables of seed 0, whatever seed the notebook has
CASES = ("(c 2 7)", "(a (b 3 1) 5)", "(d 6 (c (a 0 4) 2))", "(b (a (d 1 7) (c 5 0)) (d (a 2 3) 6))")


def operator_tables(operators: Sequence[int]) -> dict[str, dict[str, Any]]:
    """One row for each operator and left argument, one column for each right argument."""
    return {
        f"{name_of(operator)}, left {left}": {f"right {right}": value for right, value in enumerate(row)}
        for operator in operators
        for left, row in enumerate(TASK.tables.tolist()[operator])
    }


def steps_by_hand(text: str) -> dict[str, dict[str, Any]]:
    """Each operator of an expression with its value, arguments first: the targets of its nodes."""
    return {
        written(part): {"look up": written(_done(part)), "value": TASK.evaluate(part)}
        for part in _arguments_first(TASK.parse(text))
    }


def _arguments_first(tree: Tree) -> Iterator[Tree]:
    if not isinstance(tree, int):
        yield from _arguments_first(tree[1])
        yield from _arguments_first(tree[2])
        yield tree


def _done(part: Any) -> Tree:
    operator, left, right = part
    return operator, TASK.evaluate(left), TASK.evaluate(right)


def cells_of(text: str) -> dict[str, dict[str, Any]]:
    """One row for each node of an expression: what the net sees of it, and what is asked."""
    tree = TASK.parse(text)
    batch = TASK.encoded([tree])
    sides = ("root", "left", "right")
    return {
        f"cell {cell}: {written(part)}": {
            "symbol": symbol,
            "cell of the parent": parent,
            "side": f"{side} ({sides[side]})",
            "value asked for": value,
        }
        for cell, (part, (symbol, parent, side), value) in enumerate(
            zip(subtrees(tree), batch.inputs[0].tolist(), batch.targets[0].tolist(), strict=True)
        )
    }


def drawn(text: str) -> tuple[list[int], list[str]]:
    """Parents and names of the nodes of an expression, for `show.expression`."""
    tree = TASK.parse(text)
    parents = [-1, *TASK.encoded([tree]).inputs[0, 1:, 1].tolist()]
    names = [str(part) if isinstance(part, int) else name_of(part[0]) for part in subtrees(tree)]
    return parents, names


def refused(texts: Sequence[str]) -> dict[str, dict[str, str]]:
    """What the parser says of texts that are no expressions."""
    rows = {}
    for text in texts:
        try:
            TASK.parse(text)
        except ValueError as error:
            rows[text] = {"the parser says": str(error)}
    return rows


def found_by(interpreter: Interpreter, text: str) -> Any:
    """The value that the reader's interpreter gives to an expression.

    Raises:
        TypeError: the interpreter uses a whole sub-expression as if it were a value.
    """
    try:
        return interpreter(TASK.parse(text), TASK.tables.tolist())
    except TypeError as error:
        if "indices" not in str(error):
            raise
        raise TypeError("an argument is used before it is evaluated: recursion stops at depth 1") from None


def cases() -> list[tuple[str, int, dict[str, float]]]:
    """Expressions with their values, and what was done wrong -> the value that it gives."""
    tables, trees = TASK.tables.tolist(), {text: TASK.parse(text) for text in CASES}
    return [(text, evaluate(tree, tables), _mistakes(tree, tables)) for text, tree in trees.items()]


def _mistakes(tree: Tree, tables: Tables) -> dict[str, float]:
    def wrong(tree: Tree, how: str) -> int:
        if isinstance(tree, int):
            return tree
        operator, left, right = tree
        x, y = wrong(left, how), wrong(right, how)
        if how == "next":
            operator = (operator + 1) % len(tables)
        pairs = {"swapped": (y, x), "twice": (x, x), "right": (y, y)}
        x, y = pairs.get(how, (x, y))
        return tables[operator][x][y]

    def first(tree: Tree) -> int:
        return tree if isinstance(tree, int) else first(tree[1])

    named = {
        "left and right arguments are exchanged": wrong(tree, "swapped"),
        "the left argument is evaluated twice": wrong(tree, "twice"),
        "the right argument is evaluated twice": wrong(tree, "right"),
        "the table of another operator is used": wrong(tree, "next"),
    }
    if not isinstance(tree, int):
        named["recursion stops at depth 1"] = tables[tree[0]][first(tree[1])][first(tree[2])]
    return {words: float(value) for words, value in named.items()}
