"""Chapter 08: one request worked by hand, its twins, and calls that cannot be executed."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from recurse_lab.tasks.function_calls import tokens_of
from recurse_lab.tasks.function_calls_table import CallError, Tree, denotation, execute, tree_of, written
from recurse_lab.tasks.function_calls_teacher import TWINS, broken, error_kind, twins

REQUEST = "compute take 4 from ( the larger of 9 and 7 )"
CALL: Tree = ("sub", ("max", 9, 7), 4)


def drawn_tree(tree: Tree = CALL) -> tuple[list[int], list[str]]:
    """Number of each node's parent and its name, in prefix order, for a figure."""
    parents: list[int] = []
    names: list[str] = []

    def add(part: Tree, parent: int) -> None:
        parents.append(parent)
        names.append(part[0] if isinstance(part, tuple) else str(part))
        own = len(parents) - 1
        for inner in part[1:] if isinstance(part, tuple) else ():
            add(inner, own)

    add(tree, -1)
    return parents, names


def twin_rows(tree: Tree = CALL, seed: int = 3) -> dict[str, dict[str, str]]:
    """The right call and one wrong twin of each kind, with what each does."""
    drawn = Random(seed)
    texts = {"right": written(tree)}
    for kind in TWINS:
        if kind == "format":
            texts[kind] = "".join(broken(tokens_of(tree), drawn))
        else:
            texts[kind] = written(drawn.choice(twins(tree, kind)))
    return {name: {"call": text, "result": result_of(text)} for name, text in texts.items()}


def result_of(text: str) -> str:
    """What a call does, or why it does nothing."""
    try:
        found = execute(text)
    except CallError as error:
        return str(error)
    return str(found) if isinstance(found, int) else "".join("01"[bool(one)] for one in found)


def refused(texts: Sequence[str]) -> dict[str, dict[str, str]]:
    """Texts that are no calls -> why."""
    return {text: {"message": result_of(text)} for text in texts}


ASKED: Mapping[str, Tree] = {
    "find how often 3 goes into ( 8 plus 9 )": ("div", ("add", 8, 9), 3),
    "state that ( p or q ) only if not r": ("implies", ("or", "p", "q"), ("not", "r")),
    "check whether only ( red that are round ) are small": ("all", "small", ("with", "red", "round")),
}


def said_of(text: Any, request: str) -> str:
    """What to say of the reader's call for a request: "right", or why it is wrong."""
    wanted = ASKED[request]
    if not isinstance(text, str):
        return f"a call is a text of JSON, not {type(text).__name__}"
    try:
        tree = tree_of(text)
        if denotation(tree) == denotation(wanted):
            return "right"
    except CallError as error:
        return str(error)
    kind = error_kind(tree, wanted)
    return {
        "order": "the arguments are in the wrong order: read the request again",
        "function": "the function is another one",
        "argument": "an argument is another one",
    }.get(kind, "more than one thing differs from the request")
