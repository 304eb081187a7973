"""Requests in words, to be answered by function calls in strict JSON, which are parsed and executed.

A row is a request, a mark, the tokens of a call, and an end; a net reads it from left to right, and is asked for the
call and the end. Splits share no call: a hash decides. Shape letters: B batch, C cells of a row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Generator, Tensor

from recurse_lab.tasks.base import Batch, Split, in_split
from recurse_lab.tasks.function_calls_requests import (
    FAMILIES,
    MOST_CALLS,
    PREAMBLES,
    TEMPLATES,
    Family,
    drawn_call,
    family_of,
    said,
)
from recurse_lab.tasks.function_calls_table import CLAIMS, GROUPS, TABLE, CallError, Tree, execute
from recurse_lab.tasks.function_calls_teacher import TWINS, Twin, broken, twins
from recurse_lab.tasks.judging import IGNORE, Classes

PAD, END, MARK = "<pad>", "<end>", "=>"
OPEN, ARGUMENTS, COMMA, CLOSE = '{"fn":', ',"args":[', ",", "]}"
DIGITS = tuple("0123456789")


def _vocabulary() -> tuple[str, ...]:
    """Every token once: marks, digits, the parts of JSON, quoted names, then the words of requests."""
    quoted = [f'"{name}"' for name in (*TABLE, *CLAIMS, *GROUPS)]
    phrases = [*(text for texts in (*PREAMBLES.values(), *TEMPLATES.values()) for text in texts), "( )"]
    words = [word for text in phrases for word in text.split() if word not in ("A", "B")]
    return tuple(
        dict.fromkeys(
            (PAD, END, MARK, *DIGITS, OPEN, ARGUMENTS, COMMA, CLOSE, *quoted, *CLAIMS, *GROUPS, *words)
        )
    )


VOCABULARY = _vocabulary()
NUMBER = {token: number for number, token in enumerate(VOCABULARY)}
LONGEST_CALL = 40  # tokens; three calls have at most 24 and an end
MOST_TRIES = 1_000  # draws a problem of a split, before it is given up


class Problem(NamedTuple):
    """A request and the call that it asks for."""

    request: str
    call: Tree

    @property
    def family(self) -> Family:
        """calc, truth or world."""
        return family_of(self.call)


def tokens_of(tree: Tree) -> list[str]:
    """A call as tokens; joined, they are its JSON."""
    if not isinstance(tree, tuple):
        return list(str(tree)) if isinstance(tree, int) else [f'"{tree}"']
    found = [OPEN, f'"{tree[0]}"', ARGUMENTS]
    for place, part in enumerate(tree[1:]):
        found += [COMMA] * (place > 0) + tokens_of(part)
    return [*found, CLOSE]


def numbered(tokens: Iterable[str]) -> list[int]:
    """The numbers of tokens.

    Raises:
        ValueError: a token is unknown.
    """
    try:
        return [NUMBER[token] for token in tokens]
    except KeyError as error:
        raise ValueError(f"unknown word {error.args[0]!r}; the vocabulary has {len(VOCABULARY)}") from None


def prompt_of(request: str) -> list[int]:
    """The tokens of a request and the mark after it.

    Raises:
        ValueError: a word is unknown, or the request is empty.
    """
    if not request.split():
        raise ValueError("a request must have one word or more")
    return numbered([*request.split(), MARK])


def text_of(numbers: Sequence[int]) -> str:
    """The text of a generated row, up to its end or padding."""
    text = []
    for number in numbers:
        if VOCABULARY[number] in (END, PAD):
            break
        text.append(VOCABULARY[number])
    return "".join(text)


def row(prompt: Sequence[int], call: Sequence[int]) -> tuple[list[int], list[int]]:
    """Inputs and targets of one row: every token of the call and the end is asked for, the request is not."""
    inputs = [*prompt, *call]
    return inputs, [IGNORE] * (len(prompt) - 1) + [*call, NUMBER[END]]


def padded(rows: Sequence[tuple[list[int], list[int]]]) -> Batch:
    """Rows of different lengths as one batch (B, C)."""
    most = max(len(inputs) for inputs, _ in rows)
    return Batch(
        torch.tensor([inputs + [NUMBER[PAD]] * (most - len(inputs)) for inputs, _ in rows]),
        torch.tensor([targets + [IGNORE] * (most - len(targets)) for _, targets in rows]),
    )


def right_rows(problems: Sequence[Problem]) -> Batch:
    """The requests with their right calls."""
    return padded([row(prompt_of(one.request), numbered(tokens_of(one.call))) for one in problems])


@dataclass(frozen=True)
class FunctionCalls(Classes):
    """Seeded requests; the size is the largest number of calls in one another, 1 to 3."""

    symbols: int = len(VOCABULARY)
    classes: int = len(VOCABULARY)
    dims: int = 1

    def problems(self, count: int, split: Split, drawn: Random, most: int = MOST_CALLS) -> list[Problem]:
        """`count` different requests of one split, all families and all numbers of calls up to `most` alike.

        Raises:
            ValueError: `count` is below 1, `most` is not from 1 to 3, the split is unknown, or has too few requests.
        """
        if count < 1 or not 1 <= most <= MOST_CALLS:
            raise ValueError(f"needs 1 problem or more, of 1 to {MOST_CALLS} calls, not {count} of {most}")
        found: dict[str, Problem] = {}
        for _ in range(MOST_TRIES):
            calls = [self._one(drawn, most) for _ in range(count)]
            kept = in_split(torch.tensor([self._code(call) for _, call in calls]), split).tolist()
            for (family, call), keep in zip(calls, kept, strict=True):
                if keep and len(found) < count:
                    one = Problem(said(call, family, drawn), call)
                    found.setdefault(one.request, one)
            if len(found) == count:
                return list(found.values())
        raise ValueError(f"the {split} split has no {count} different requests of up to {most} calls")

    def _one(self, drawn: Random, most: int) -> tuple[Family, Tree]:
        family = drawn.choice(FAMILIES)
        return family, drawn_call(family, drawn.randint(1, most), drawn)

    def _code(self, call: Tree) -> list[int]:
        """The call in cells of a fixed number, for the hash that decides its split."""
        numbers = numbered(tokens_of(call))
        return numbers + [NUMBER[PAD]] * (LONGEST_CALL - len(numbers))

    def sample(self, count: int, size: int, split: Split, generator: Generator) -> Batch:
        """Draw `count` requests of up to `size` calls of one split, with their calls.

        Raises:
            ValueError: as `problems`.
        """
        seed = int(torch.randint(2**31, (1,), generator=generator).item())
        return right_rows(self.problems(count, split, Random(seed), size))

    def verify(self, inputs: Int[Tensor, "B C"], answers: Int[Tensor, "B C"]) -> Bool[Tensor, " B"]:
        """True where the answered call (cells after the mark) does what the call in the row does."""
        mark, found = NUMBER[MARK], []
        for given, answer in zip(inputs.tolist(), answers.tolist(), strict=True):
            at = given.index(mark)
            found.append(same(text_of(answer[at:]), execute(text_of(given[at + 1 :]))))
        return torch.tensor(found)


def same(text: str, wanted: object) -> bool:
    """Whether a text is a valid call that denotes `wanted`."""
    try:
        return execute(text) == wanted
    except CallError:
        return False


class Pair(NamedTuple):
    """A request, its right call, a wrong one, and the kind of its error."""

    problem: Problem
    wrong: list[int]
    kind: str


def taught_pairs(problems: Sequence[Problem], drawn: Random, kinds: Sequence[Twin] = TWINS) -> list[Pair]:
    """For each problem one wrong twin; its kind is drawn among those that the call has."""
    found = []
    for one in problems:
        tokens = tokens_of(one.call)
        choices = {kind: twins(one.call, kind) for kind in kinds if kind != "format"}
        possible = [kind for kind in kinds if kind == "format" or choices[kind]]
        kind = drawn.choice(possible)
        wrong = broken(tokens, drawn) if kind == "format" else tokens_of(drawn.choice(choices[kind]))
        found.append(Pair(one, numbered(wrong), kind))
    return found


def pair_rows(pairs: Sequence[Pair]) -> Batch:
    """Inputs and targets (B, 2, C): the request with its right call, and with the wrong one."""
    rows = []
    for problem, wrong, _ in pairs:
        prompt = prompt_of(problem.request)
        rows += [row(prompt, numbered(tokens_of(problem.call))), row(prompt, wrong)]
    return Batch(*(part.unflatten(0, (-1, 2)) for part in padded(rows)))
