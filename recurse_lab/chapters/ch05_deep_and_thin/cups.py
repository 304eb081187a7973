"""Chapter 05: three cups and their six shuffles, by hand.

A shuffle is a tuple; entry x says where the cup at place x goes. Places and cups count from 0.
"""

from collections.abc import Sequence
from typing import Any

from recurse_lab.tasks.group_products import elements

CUPS = "ABC"


def number_of(element: Any) -> Any:
    """The number of a shuffle of three places, 0 to 5; -1 for what is none, and None if there is no answer."""
    if element is None or element is ...:
        return element
    given = tuple(int(place) for place in element)
    return elements(3).index(given) if given in elements(3) else -1


def order(element: Sequence[int]) -> str:
    """The cups A, B, C from left to right after a shuffle."""
    return "".join(CUPS[element.index(place)] for place in range(len(element)))


def product(a: Sequence[int], b: Sequence[int]) -> tuple[int, ...]:
    """First a, then b."""
    return tuple(b[place] for place in a)


def by_hand(shuffles: Sequence[tuple[int, ...]]) -> dict[str, dict[str, Any]]:
    """Each shuffle as a symbol, and the product of all up to it: the label of its cell."""
    rows: dict[str, dict[str, Any]] = {}
    last: tuple[int, ...] = (0, 1, 2)
    for cell, shuffle in enumerate(shuffles, start=1):
        last = product(last, shuffle)
        rows[f"cell {cell}"] = {
            "shuffle, alone on ABC": order(shuffle),
            "input symbol": number_of(shuffle),
            "cups after all so far": order(last),
            "target": number_of(last),
        }
    return rows


def product_cases() -> list[tuple[tuple[int, ...], tuple[int, ...], int, dict[str, float]]]:
    """Pairs of shuffles with the number of their product, and what was done wrong -> its number."""
    cases: list[tuple[tuple[int, ...], tuple[int, ...], int, dict[str, float]]] = []
    for a, b in (((1, 0, 2), (0, 2, 1)), ((1, 2, 0), (1, 0, 2)), ((1, 2, 0), (1, 2, 0))):
        back = tuple(product(a, b).index(place) for place in range(3))
        wrong = {"first b, then a": product(b, a), "it says who stands where: the inverse": back}
        wrong |= {"only b is applied": b, "only a is applied": a}
        cases.append((a, b, number_of(product(a, b)), {words: number_of(e) for words, e in wrong.items()}))
    return cases
