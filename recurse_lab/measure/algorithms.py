"""Computation graphs of two algorithms: the dynamic program on a list, and multiplication by hand.

Both follow Dziri et al. 2023, "Faith and Fate" (arXiv:2305.18654), section 2 and appendix.
"""

from collections.abc import Sequence

from recurse_lab.measure.graphs import Graph, Node


def program_graph(numbers: Sequence[int]) -> Graph:
    """The maximum-sum non-adjacent subsequence of n numbers: 7 n - 1 nodes, 11 n - 6 edges, depth 3 n + 3.

    Kinds: x; sum (x_i + best_(i+2)); best, the best sum from item i on; equals (does taking item i reach it);
    free (item i - 1 is not taken); and; output (1 taken, 2 not, as in the paper); list, all outputs.

    Raises:
        ValueError: fewer than two numbers.
    """
    n = len(numbers)
    if n < 2:
        raise ValueError(f"a list must have 2 numbers or more, not {n}")
    made = _Made()
    x = [made.add("x", number) for number in numbers]
    best: dict[int, int] = {}
    with_item: dict[int, int] = {}  # the node of x_i + best_(i+2); without an item i + 2, x_i itself
    for i in reversed(range(n)):
        with_item[i] = x[i]
        if i < n - 2:
            with_item[i] = made.add("sum", numbers[i] + made.value(best[i + 2]), x[i], best[i + 2])
        before = [best[i + 1]] if i < n - 1 else []
        value = max(0, made.value(with_item[i]), *map(made.value, before))
        best[i] = made.add("best", value, with_item[i], *before)
    outputs, free = [], made.add("free", 1)
    for i in range(n):
        equals = made.add("equals", made.value(best[i]) == made.value(with_item[i]), best[i], with_item[i])
        taken = made.add("and", made.value(equals) and made.value(free), equals, free)
        outputs.append(made.add("output", 1 if made.value(taken) else 2, taken))
        if i < n - 1:
            free = made.add("free", 1 - made.value(taken), taken)
    made.add("list", int("".join(str(made.value(output)) for output in outputs)), *outputs)
    return Graph(tuple(made.nodes))


def product_graph(a: int, b: int) -> Graph:
    """a x b by hand: rows of digit products with carries, then sums of the columns with carries.

    Kinds: x (a digit); product; sum; digit (a number modulo 10); carry (the rest); list, all digits.

    Raises:
        ValueError: a number is negative.
    """
    if min(a, b) < 0:
        raise ValueError(f"both numbers must be 0 or more, not {a} and {b}")
    made = _Made()
    digits_a, digits_b = ([made.add("x", int(digit)) for digit in reversed(str(number))] for number in (a, b))
    columns: list[list[int]] = [[] for _ in range(len(digits_a) + len(digits_b))]
    for shift, digit_b in enumerate(digits_b):
        carry = None
        for place, digit_a in enumerate(digits_a):
            value = made.value(digit_a) * made.value(digit_b)
            total = made.sum(made.add("product", value, digit_a, digit_b), carry)
            digit, carry = made.split(total)
            columns[shift + place].append(digit)
        assert carry is not None
        columns[shift + len(digits_a)].append(carry)
    written, carry = [], None
    for column in columns:
        digit, carry = made.split(made.sum(*column, carry))
        written.append(digit)
    made.add("list", int("".join(str(made.value(digit)) for digit in reversed(written))), *written)
    return Graph(tuple(made.nodes))


class _Made:
    """Nodes added one after the other; each addition returns the node's number."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []

    def add(self, kind: str, value: int, *parents: int) -> int:
        self.nodes.append(Node(kind, int(value), parents))
        return len(self.nodes) - 1

    def value(self, number: int) -> int:
        return self.nodes[number].value

    def sum(self, *parents: int | None) -> int:
        """The sum of the parents that there are; a single one stays as it is."""
        there = [parent for parent in parents if parent is not None]
        return there[0] if len(there) == 1 else self.add("sum", sum(map(self.value, there)), *there)

    def split(self, total: int) -> tuple[int, int]:
        """Last digit and rest of a node's value."""
        value = self.value(total)
        return self.add("digit", value % 10, total), self.add("carry", value // 10, total)
