"""Requests in words, and the calls that they ask for: arithmetic, logic, and statements about groups of objects.

In a template, A and B are the arguments in the order of the call; some templates name them the other way round.
"""

from random import Random
from typing import Literal

from recurse_lab.tasks.function_calls_table import (
    CLAIMS,
    GROUPS,
    TABLE,
    CallError,
    Kind,
    Tree,
    denotation,
    kind_of,
)

Family = Literal["calc", "truth", "world"]
FAMILIES: tuple[Family, ...] = ("calc", "truth", "world")
MOST_CALLS = 3  # calls in a request, one within another
LARGEST = 20  # numbers are 0 to 19

TEMPLATES: dict[str, tuple[str, ...]] = {
    "add": ("A plus B", "the sum of A and B", "add A to B"),
    "sub": ("A minus B", "take B from A", "A less B", "what A has over B"),
    "mul": ("A times B", "the product of A and B"),
    "div": ("A divided by B", "the quotient of A and B", "how often B goes into A"),
    "mod": ("the remainder of A by B", "A modulo B", "what B leaves of A"),
    "max": ("the larger of A and B", "the maximum of A and B"),
    "min": ("the smaller of A and B", "the minimum of A and B"),
    "and": ("A and B", "both A and B"),
    "or": ("A or B", "either A or B", "A unless B"),
    "implies": ("if A then B", "A only if B", "B if A", "B whenever A"),
    "iff": ("A exactly when B", "A if and only if B"),
    "nor": ("neither A nor B",),
    "xor": ("A or else B", "one of A and B but not both"),
    "not": ("not A", "it is false that A"),
    "all": ("all A are B", "every A is B", "only B are A"),
    "some": ("some A are B", "at least one A is B"),
    "none": ("no A are B", "never are A B"),
    "most": ("most A are B", "B holds for most A"),
    "fewer": ("fewer A than B", "more B than A"),
    "with": ("A that are B", "A which are also B"),
    "without": ("A that are not B", "A except B"),
}
PREAMBLES: dict[Family, tuple[str, ...]] = {
    "calc": ("compute", "what is", "find"),
    "truth": ("state that", "is it so that"),
    "world": ("check whether", "tell me whether"),
}


def reverses(template: str) -> bool:
    """Whether a template names B before A."""
    words = template.split()
    return "B" in words and words.index("B") < words.index("A")


def drawn_call(family: Family, calls: int, drawn: Random) -> Tree:
    """A random call that holds `calls` calls and can be executed."""
    kind: Kind = "number" if family == "calc" else "claim"
    while True:
        tree = _drawn(family, kind, calls, drawn)
        try:
            denotation(tree)
        except CallError:  # a division by zero
            continue
        return tree


def _drawn(family: Family, kind: Kind, calls: int, drawn: Random) -> Tree:
    if calls == 0:
        if kind == "number":
            return drawn.randrange(LARGEST)
        return drawn.choice(CLAIMS if kind == "claim" else GROUPS)
    name = drawn.choice(_names(family, kind, calls))
    takes = TABLE[name].takes
    left = drawn.randrange(calls) if len(takes) == 2 else calls - 1
    each = (left, calls - 1 - left)
    while True:
        parts = tuple(_drawn(family, one, each[place], drawn) for place, one in enumerate(takes))
        if len(set(map(str, parts))) == len(parts):  # "red that are red" says nothing
            return (name, *parts)


def _names(family: Family, kind: Kind, calls: int) -> list[str]:
    """Functions of a family that give a kind; a claim about groups may be denied if a call is left for its groups."""
    if family == "world" and kind == "claim":
        return [n for n, one in TABLE.items() if one.takes[0] == "group" and one.gives == kind] + ["not"] * (
            calls > 1
        )
    taken = {"calc": "number", "truth": "claim", "world": "group"}[family]
    return [name for name, one in TABLE.items() if one.takes[0] == taken and one.gives == kind]


def said(tree: Tree, family: Family, drawn: Random) -> str:
    """A call as a request: a random template for every call, calls within calls in brackets."""
    return f"{drawn.choice(PREAMBLES[family])} {_said(tree, drawn)}"


def _said(tree: Tree, drawn: Random) -> str:
    if not isinstance(tree, tuple):
        return " ".join(str(tree)) if isinstance(tree, int) else tree
    template = drawn.choice(TEMPLATES[tree[0]])
    words = [_said(part, drawn) for part in tree[1:]]
    words = [
        f"( {word} )" if isinstance(part, tuple) else word for part, word in zip(tree[1:], words, strict=True)
    ]
    places = dict(zip("AB", words, strict=False))
    return " ".join(places.get(word, word) for word in template.split())


def family_of(tree: Tree) -> Family:
    """The family of a call.

    Raises:
        ValueError: the tree is no call.
    """
    if not isinstance(tree, tuple):
        raise ValueError(f"a request asks for a call, not for {tree!r} ({kind_of(tree)})")
    taken = TABLE[tree[0]].takes[0]
    if taken == "claim" and isinstance(tree[1], tuple):
        return family_of(tree[1])
    return {"number": "calc", "claim": "truth", "group": "world"}[taken]  # type: ignore[return-value]
