"""Chapter 06: how much of an output a part of the input gives away: cases for the exercise, and tables.

The relative information gain of X for Y is (H(Y) - H(Y|X)) / H(Y): 0 if X says nothing, 1 if it says all
(Dziri et al. 2023, "Faith and Fate", section 2.3).
"""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from itertools import product
from math import log2
from typing import Any

from recurse_lab.chapters.ch06_memorized_subgraphs.by_hand import solve
from recurse_lab.experiments.line_program.inside import information

Values = Sequence[Hashable]
Gain = Callable[[Values, Values], Any]


def entropy(values: Values) -> float:
    """H in bits of the values, each as likely as it is frequent."""
    counts = Counter(values)
    return -sum(n / len(values) * log2(n / len(values)) for n in counts.values())


def information_gain(xs: Values, ys: Values, mistake: str = "") -> float:
    """(H(Y) - H(Y|X)) / H(Y) over pairs; with `mistake`, a wrong one."""
    if mistake == "swapped":
        xs, ys = ys, xs
    groups: dict[Hashable, list[Hashable]] = {}
    for x, y in zip(xs, ys, strict=True):
        groups.setdefault(x, []).append(y)
    if mistake == "alike":
        left = sum(entropy(group) for group in groups.values()) / len(groups)
    else:
        left = sum(len(group) / len(ys) * entropy(group) for group in groups.values())
    gained = left if mistake == "left" else entropy(ys) - left
    return gained if mistake == "bits" else gained / entropy(xs if mistake == "other" else ys)


MISTAKES = {
    "X and Y are exchanged: how much does x say about y?": "swapped",
    "every x counts alike: weigh each group by its share of the pairs": "alike",
    "this is the share that stays unknown": "left",
    "in bits: divide by H(Y)": "bits",
    "divided by H(X), not by H(Y)": "other",
}


def cases() -> list[tuple[str, Values, Values, float, dict[str, float]]]:
    """What is asked, X, Y, the right gain, and what was done wrong -> its gain."""
    lists = list(product(range(1, 6), repeat=3))
    middle = [solve(one).taken[1] for one in lists]
    asked: list[tuple[str, Values, Values]] = [
        ("a coin seen through fog", "aaaaaabbcc", "0000101101"),
        ("item 2 of 3, from its number", [one[1] for one in lists], middle),
    ]
    return [
        (
            words,
            xs,
            ys,
            information_gain(xs, ys),
            {said: information_gain(xs, ys, mistake) for said, mistake in MISTAKES.items()},
        )
        for words, xs, ys in asked
    ]


def choices(items: int = 5) -> dict[str, dict[str, float]]:
    """For each item of all lists: what its number, or its neighbors too, tell of its choice; two ranges of numbers."""
    rows = {}
    for low, reaches in ((1, (0, 1, 2)), (-5, (0, 1))):
        for reach in reaches:
            words = ("the number alone", "3 items", "5 items")[reach]
            shares = information(low, 5, items, reach)
            rows[f"{low} to 5: {words}"] = {f"item {at}": share for at, share in enumerate(shares, start=1)}
    return rows


def digits(gain: Gain, length: int = 2) -> dict[str, dict[str, Any]]:
    """For each digit of all products of two numbers of `length` digits: what pairs of input digits tell of it."""
    numbers = range(10 ** (length - 1), 10**length)
    pairs = list(product(numbers, repeat=2))
    answers = [f"{a * b:0{2 * length}d}" for a, b in pairs]
    known = {"both first digits": lambda n: n // 10 ** (length - 1), "both last digits": lambda n: n % 10}
    return {
        words: {
            f"digit {at + 1}": gain(
                [(part(a), part(b)) for a, b in pairs], [answer[at] for answer in answers]
            )
            for at in range(2 * length)
        }
        for words, part in known.items()
    }
