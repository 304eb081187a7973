"""The functions that a call may name, and what it denotes: parsed as JSON, dispatched from a table, never evaluated.

A call is `{"fn": name, "args": [...]}`; arguments are calls, numbers, the claims "p" to "s", or groups such as "red".
Claims are tried in 16 situations: all truth values of p to s, and a world of six objects in each.
"""

import json
import random
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

Kind = Literal["number", "claim", "group"]
Tree = int | str | tuple[Any, ...]  # an atom, or (name, argument, ...)
Denotation = int | tuple[bool, ...] | tuple[frozenset[int], ...]  # number; truth or members in each situation

CLAIMS = ("p", "q", "r", "s")
GROUPS = ("red", "blue", "round", "square", "large", "small", "heavy", "hollow")
OBJECTS = range(6)
SITUATIONS = range(16)
MOST_DEPTH = 8  # calls within calls


class CallError(ValueError):
    """A call that cannot be executed; `reason` is one of `REASONS`."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(f"{reason}: {text}")
        self.reason = reason


NOT_JSON, UNKNOWN, ARITY, KIND, UNDEFINED = REASONS = (
    "not JSON",
    "unknown function",
    "wrong arity",
    "wrong argument kind",
    "undefined",
)


class Function(NamedTuple):
    """What a function takes and gives, and how it computes, in one situation if it gives claims or groups."""

    takes: tuple[Kind, ...]
    gives: Kind
    compute: Callable[..., Any]
    ordered: bool  # whether the order of its arguments matters


def _whole(a: int, b: int, remainder: bool) -> int:
    if b == 0:
        raise CallError(UNDEFINED, "division by zero")
    return a % b if remainder else a // b


_NUMBERS: tuple[Kind, ...] = ("number", "number")
_CLAIMS: tuple[Kind, ...] = ("claim", "claim")
_GROUPS: tuple[Kind, ...] = ("group", "group")

TABLE: dict[str, Function] = {
    "add": Function(_NUMBERS, "number", lambda a, b: a + b, False),
    "sub": Function(_NUMBERS, "number", lambda a, b: a - b, True),
    "mul": Function(_NUMBERS, "number", lambda a, b: a * b, False),
    "div": Function(_NUMBERS, "number", lambda a, b: _whole(a, b, False), True),
    "mod": Function(_NUMBERS, "number", lambda a, b: _whole(a, b, True), True),
    "max": Function(_NUMBERS, "number", max, False),
    "min": Function(_NUMBERS, "number", min, False),
    "and": Function(_CLAIMS, "claim", lambda a, b: a and b, False),
    "or": Function(_CLAIMS, "claim", lambda a, b: a or b, False),
    "implies": Function(_CLAIMS, "claim", lambda a, b: not a or b, True),
    "iff": Function(_CLAIMS, "claim", lambda a, b: a == b, False),
    "nor": Function(_CLAIMS, "claim", lambda a, b: not (a or b), False),
    "xor": Function(_CLAIMS, "claim", lambda a, b: a != b, False),
    "not": Function(("claim",), "claim", lambda a: not a, False),
    "all": Function(_GROUPS, "claim", lambda a, b: a <= b, True),
    "some": Function(_GROUPS, "claim", lambda a, b: bool(a & b), False),
    "none": Function(_GROUPS, "claim", lambda a, b: not a & b, False),
    "most": Function(_GROUPS, "claim", lambda a, b: 2 * len(a & b) > len(a), True),
    "fewer": Function(_GROUPS, "claim", lambda a, b: len(a) < len(b), True),
    "with": Function(_GROUPS, "group", lambda a, b: a & b, False),
    "without": Function(_GROUPS, "group", lambda a, b: a - b, True),
}


def _worlds() -> tuple[dict[str, frozenset[int]], ...]:
    """The groups of each world; every object is in each group with chance one half."""
    drawn = random.Random(16)
    return tuple(
        {group: frozenset(one for one in OBJECTS if drawn.random() < 0.5) for group in GROUPS}
        for _ in SITUATIONS
    )


WORLDS = _worlds()


def tree_of(text: str) -> Tree:
    """The call in a text.

    Raises:
        CallError: the text is no JSON, a function is unknown, or arguments have a wrong number or kind.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CallError(NOT_JSON, f"{str(error).splitlines()[0]} in {text[:60]!r}") from None
    if not isinstance(found, dict):
        raise CallError(KIND, f"a call must be an object with fn and args, not {text[:60]!r}")
    return _read(found, 1)


def _read(found: Any, depth: int) -> Tree:
    if not isinstance(found, dict):
        return _atom(found)
    if depth > MOST_DEPTH:
        raise CallError(KIND, f"calls may stand within each other up to {MOST_DEPTH} deep")
    if set(found) != {"fn", "args"} or not isinstance(found["args"], list):
        raise CallError(KIND, f"a call must have fn and args, a list, and nothing else, not {found!r:.60}")
    name = found["fn"]
    if not isinstance(name, str) or name not in TABLE:
        raise CallError(UNKNOWN, f"{name!r:.40}; known are {', '.join(TABLE)}")
    return _applied(name, [_read(part, depth + 1) for part in found["args"]])


def _atom(found: Any) -> Tree:
    if (isinstance(found, int) and not isinstance(found, bool)) or isinstance(found, str):
        return found
    raise CallError(KIND, f"an argument must be a call, a whole number or a name, not {found!r:.60}")


def _applied(name: str, arguments: list[Tree]) -> Tree:
    function = TABLE[name]
    if len(arguments) != len(function.takes):
        raise CallError(ARITY, f"{name} takes {len(function.takes)} arguments, not {len(arguments)}")
    for argument, wanted in zip(arguments, function.takes, strict=True):
        if (given := kind_of(argument)) != wanted:
            shown = argument if not isinstance(argument, tuple) else argument[0]
            raise CallError(KIND, f"{name} takes a {wanted}, not {shown!r} ({given})")
    return (name, *arguments)


def kind_of(tree: Tree) -> str:
    """The kind of a checked call or an atom; "unknown" for a name that is neither claim nor group."""
    if isinstance(tree, tuple):
        return TABLE[tree[0]].gives
    if isinstance(tree, int):
        return "number"
    return "claim" if tree in CLAIMS else "group" if tree in GROUPS else "unknown"


def denotation(tree: Tree) -> Denotation:
    """What a checked call stands for: its number, or its truth or its members in each of the 16 situations.

    Raises:
        CallError: a division by zero.
    """
    if kind_of(tree) == "number":
        return _in_situation(tree, 0)
    return tuple(_in_situation(tree, number) for number in SITUATIONS)


def _in_situation(tree: Tree, number: int) -> Any:
    if isinstance(tree, tuple):
        return TABLE[tree[0]].compute(*(_in_situation(part, number) for part in tree[1:]))
    if isinstance(tree, int):
        return tree
    return bool(number >> CLAIMS.index(tree) & 1) if tree in CLAIMS else WORLDS[number][tree]


def execute(text: str) -> Denotation:
    """What the call in a text stands for.

    Raises:
        CallError: it is no valid call, or it divides by zero.
    """
    return denotation(tree_of(text))


def written(tree: Tree) -> str:
    """A call as JSON without blanks; the inverse of `tree_of`."""
    return json.dumps(_plain(tree), separators=(",", ":"))


def _plain(tree: Tree) -> Any:
    return {"fn": tree[0], "args": [_plain(part) for part in tree[1:]]} if isinstance(tree, tuple) else tree
