"""Chapter 06: the program on a list, in plain Python: brute force, the recursion, and its typical mistakes."""

from collections.abc import Callable, Sequence
from itertools import pairwise, product
from typing import Any, NamedTuple

EXAMPLE = (4, 5, 4, 1, 3, 2)  # the list that the chapter solves by eye; taking the 5 first misleads
TIED = (2, 2, 1, 4, 5, 4)  # here two equal sums must be told apart


class Solved(NamedTuple):
    """The answers of a list: its gains, and 1 for each number that is taken."""

    gains: tuple[int, ...]
    taken: tuple[int, ...]


def brute_force(numbers: Sequence[int]) -> tuple[int, ...]:
    """1 for each number of the best choice without neighbors, found by trying all choices.

    Of several best choices it is the one that takes the first number in which they differ.
    """
    choices = [one for one in product((1, 0), repeat=len(numbers)) if (1, 1) not in pairwise(one)]
    return max(choices, key=lambda one: sum(x for x, taken in zip(numbers, one, strict=True) if taken))


def solve(numbers: Sequence[int], mistake: str = "") -> Solved:
    """Gains from right to left, then choices from left to right; with `mistake`, wrong ones."""
    gains = _gains(numbers, mistake)
    after = [*gains[1:], 0]
    taken: list[int] = []
    for x, gain in zip(numbers, after, strict=True):
        wanted = x > gain if mistake == "strict" else x >= gain
        free = mistake == "neighbors" or not taken or not taken[-1]
        taken.append(int(wanted and free))
    return Solved(tuple(gains), _greedy(numbers) if mistake == "greedy" else tuple(taken))


def _gains(numbers: Sequence[int], mistake: str) -> list[int]:
    n = len(numbers)
    gains, best = [0] * (n + 2), [0] * (n + 2)
    order = range(n) if mistake == "forward" else reversed(range(n))
    for i in order:
        after = gains[i - 1] if mistake == "forward" and i else gains[i + (2 if mistake == "two" else 1)]
        gain = numbers[i] - after
        gains[i] = gain if mistake == "negative" else max(0, gain)
        best[i] = max(best[i + 1], numbers[i] + best[i + 2])
    return (best if mistake == "sums" else gains)[:n]


def _greedy(numbers: Sequence[int]) -> tuple[int, ...]:
    """Always the largest number that has no taken neighbor."""
    taken = [0] * (len(numbers) + 2)
    for i in sorted(range(len(numbers)), key=lambda i: -numbers[i]):
        taken[i] = int(not (taken[i - 1] or taken[i + 1]))
    return tuple(taken[: len(numbers)])


GAINS = {
    "it runs from left to right; a gain needs the one after it": "forward",
    "there is no max(0, ...): a gain is never negative": "negative",
    "it subtracts the gain after the next one": "two",
    "these are the best sums; a gain is the difference of two of them": "sums",
}
TAKEN = {
    "two neighbors are taken": "neighbors",
    "> instead of >=: of two equal sums, take the earlier number": "strict",
    "the largest number first: that is not always best": "greedy",
}


def as_digits(values: Any) -> Any:
    """Small numbers, written beside each other: (4, 1, 0) is 410; nothing stays nothing."""
    if values is None or values is ...:
        return values
    number = 0
    for value in values:
        number = 10 * number + int(value)
    return number


def found(program: Callable[[Sequence[int]], Any], numbers: Sequence[int], part: int) -> Any:
    """Gains (part 0) or choices (part 1) of the reader's program, as digits."""
    answer = program(list(numbers))
    return as_digits(answer if answer is None or answer is ... else answer[part])


def cases() -> list[tuple[str, tuple[int, ...], int, int, dict[str, float]]]:
    """What is asked, the list, the part, its right digits, and what was done wrong -> its digits."""
    asked: list[tuple[str, tuple[int, ...], int, int, dict[str, float]]] = []
    for numbers in (EXAMPLE, TIED):
        for part, (words, mistakes) in enumerate((("gains", GAINS), ("taken", TAKEN))):
            wrong = {
                said: float(as_digits(solve(numbers, mistake)[part])) for said, mistake in mistakes.items()
            }
            right = as_digits(solve(numbers)[part])
            asked.append((f"{words} of {' '.join(map(str, numbers))}", numbers, part, right, wrong))
    return asked


def by_hand(numbers: Sequence[int]) -> dict[str, dict[str, int]]:
    """A table: the numbers, their gains, and what is taken."""
    gains, taken = solve(numbers)
    rows = {"number x": numbers, "gain d": gains, "taken": taken}
    return {
        words: {f"item {at}": value for at, value in enumerate(row, start=1)} for words, row in rows.items()
    }
