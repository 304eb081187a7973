"""Wrong twins of a right call, of named kinds; and the kind of error that a wrong call makes.

A twin differs from the right call in one place. Twins of the kinds function, argument and order can be executed and
mean something else; a twin of the kind format is no JSON.
"""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Literal

from recurse_lab.tasks.function_calls_requests import LARGEST
from recurse_lab.tasks.function_calls_table import (
    CLAIMS,
    GROUPS,
    NOT_JSON,
    TABLE,
    CallError,
    Tree,
    denotation,
    kind_of,
    tree_of,
)

Twin = Literal["format", "function", "argument", "order"]
TWINS: tuple[Twin, ...] = ("format", "function", "argument", "order")
SEVERAL = "several at once"


def twins(tree: Tree, kind: Twin) -> list[Tree]:
    """All trees that differ from `tree` in one place by an error of `kind` and mean something else."""
    right, found = denotation(tree), []
    for other in _changed(tree, kind):
        try:
            if denotation(other) != right:
                found.append(other)
        except CallError:  # a division by zero: as wrong as any, but it means nothing
            continue
    return found


def broken(tokens: Sequence[str], drawn: Random) -> list[str]:
    """The tokens of a call with one of them left out or said twice, so that the text is no JSON."""
    while True:
        at = drawn.randrange(len(tokens))
        other = (
            [*tokens[:at], *tokens[at + 1 :]] if drawn.random() < 0.5 else [*tokens[: at + 1], *tokens[at:]]
        )
        if reason_of("".join(other)) == NOT_JSON:
            return other


def reason_of(text: str) -> str | None:
    """Why a text is no valid call; None if it is one."""
    try:
        tree_of(text)
    except CallError as error:
        return error.reason
    return None


def _changed(tree: Tree, kind: Twin) -> Iterator[Tree]:
    if not isinstance(tree, tuple):
        if kind == "argument":
            yield from (other for other in _atoms(tree) if other != tree)
        return
    name, *parts = tree
    if kind == "function":
        same = (TABLE[name].takes, TABLE[name].gives)
        yield from (
            (other, *parts)
            for other, one in TABLE.items()
            if (one.takes, one.gives) == same and other != name
        )
    if kind == "order" and TABLE[name].ordered:
        yield (name, *reversed(parts))
    for place, part in enumerate(parts):
        for other in _changed(part, kind):
            yield (name, *parts[:place], other, *parts[place + 1 :])


def _atoms(tree: Tree) -> Sequence[Tree]:
    atoms: dict[str, Sequence[Tree]] = {"number": range(LARGEST), "claim": CLAIMS, "group": GROUPS}
    return atoms[kind_of(tree)]


def error_kind(wrong: Tree, right: Tree) -> str:
    """The kind of a valid call that means something else: what must be overlooked for the two to be alike."""
    views: dict[str, Callable[[Tree], object]] = {
        "order": _without_order,
        "function": _without_names,
        "argument": _without_atoms,
    }
    return next((kind for kind, seen in views.items() if seen(wrong) == seen(right)), SEVERAL)


def _without_order(tree: Tree) -> object:
    return (
        (tree[0], tuple(sorted(map(repr, map(_without_order, tree[1:])))))
        if isinstance(tree, tuple)
        else tree
    )


def _without_names(tree: Tree) -> object:
    return tuple(map(_without_names, tree[1:])) if isinstance(tree, tuple) else tree


def _without_atoms(tree: Tree) -> object:
    return (tree[0], *map(_without_atoms, tree[1:])) if isinstance(tree, tuple) else kind_of(tree)
