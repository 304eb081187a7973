"""Computation graphs count as published, hold the answers of the tasks, and pieces of them differ where they should."""

from itertools import pairwise

import pytest
import torch

from recurse_lab.measure.algorithms import product_graph, program_graph
from recurse_lab.measure.graphs import Graph, Node, pieces_of, seen
from recurse_lab.measure.information import entropy, relative_information
from recurse_lab.tasks.dynamic_program import Program


@pytest.mark.parametrize(("n", "parallelism"), [(2, None), (3, 1.67), (5, 1.89), (10, 2.09)])
def test_the_program_s_graph_has_the_published_counts(n, parallelism):
    graph = program_graph([3] * n)
    assert (len(graph.nodes), graph.edges, graph.depth) == (7 * n - 1, 11 * n - 6, 3 * n + 3)
    assert parallelism is None or graph.parallelism == pytest.approx(parallelism, abs=0.005)


def test_the_program_s_graph_ends_in_the_task_s_answer():
    task = Program(-5, 5)
    batch = task.sample(40, 6, "train", torch.Generator().manual_seed(0))
    for items, (taken, gains) in zip(batch.inputs + task.low, batch.targets, strict=True):
        graph = program_graph(items.tolist())
        values = {
            kind: [node.value for node in graph.nodes if node.kind == kind] for kind in ("output", "best")
        }
        assert values["output"] == (2 - taken).tolist()
        best = [*values["best"][::-1], 0]  # made from the last item on
        assert [one - after for one, after in pairwise(best)] == gains.tolist()
        assert str(graph.nodes[-1].value) == "".join(map(str, values["output"]))


@pytest.mark.parametrize(("a", "b"), [(7, 8), (12, 34), (99, 99), (305, 17), (0, 45), (999, 999)])
def test_the_graph_of_a_product_ends_in_the_product(a, b):
    graph = product_graph(a, b)
    assert graph.nodes[-1].value == a * b
    digits = len(str(a)), len(str(b))
    kinds = [node.kind for node in graph.nodes]
    assert (kinds.count("x"), kinds.count("product")) == (sum(digits), digits[0] * digits[1])
    for node in graph.nodes:
        parents = [graph.nodes[parent].value for parent in node.parents]
        expected = {
            "sum": lambda: sum(parents),  # noqa: B023
            "product": lambda: parents[0] * parents[1],  # noqa: B023
            "digit": lambda: parents[0] % 10,  # noqa: B023
            "carry": lambda: parents[0] // 10,  # noqa: B023
        }
        assert node.value == expected.get(node.kind, lambda: node.value)()  # noqa: B023


def test_depth_width_and_parallelism_of_a_graph_drawn_by_hand():
    graph = Graph((Node("x", 1), Node("x", 2), Node("sum", 3, (0, 1)), Node("sum", 4, (0, 2))))
    assert graph.depths == (1, 1, 2, 3)
    assert (graph.depth, graph.width, graph.edges) == (3, 2, 4)
    assert graph.parallelism == pytest.approx(4 / 3)


def test_pieces_are_equal_only_if_values_and_connections_are():
    def fed(*values, parents=((0, 1), (0, 2))):
        first, last = parents
        return Graph(
            (Node("x", values[0]), Node("x", values[1]), Node("sum", 5, first), Node("sum", 6, last))
        )

    one = fed(1, 4).piece(3, 2)
    assert one == (("sum", 6, (1, 2)), ("x", 1, ()), ("sum", 5, (1, 3)), ("x", 4, ()))
    assert one != fed(1, 4, parents=((1, 0), (0, 2))).piece(3, 2)  # parents the other way round
    assert one != fed(4, 4).piece(3, 2)
    other = Graph((Node("x", 1), Node("x", 4), Node("x", 1), Node("sum", 5, (2, 1)), Node("sum", 6, (0, 3))))
    assert one != other.piece(4, 2)  # equal values, but two inputs instead of one that is used twice
    assert one != fed(1, 7).piece(3, 2)
    assert fed(1, 4).piece(3, 1) == fed(1, 7).piece(3, 1)  # the second input lies two edges away
    assert fed(1, 4).piece(3, 0) == (("sum", 6, ()),)


def test_a_longer_list_has_small_pieces_seen_and_large_ones_not():
    known_graphs = [program_graph([a, b, c]) for a in (1, 2) for b in (1, 2) for c in (1, 2)]
    graph = program_graph([1, 2, 2, 1, 2])
    shares = []
    for depth in (1, 2, 3, 20):
        found = seen(graph, pieces_of(known_graphs, depth), depth)
        assert len(found) == len([node for node in graph.nodes if node.parents])
        shares.append(sum(found) / len(found))
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[-1]
    assert all(seen(known_graphs[3], pieces_of(known_graphs, 9), 9))


def test_relative_information_of_products_and_lists_is_as_published():
    a, b = torch.meshgrid(torch.arange(10, 100), torch.arange(10, 100), indexing="ij")
    a, b, product = a.flatten(), b.flatten(), (a * b).flatten()
    assert relative_information(torch.stack((a % 10, b % 10), 1), product % 10) == pytest.approx(1)
    firsts = torch.stack((a // 10, b // 10), 1)
    assert relative_information(firsts, product // 1000) == pytest.approx(0.79, abs=0.005)
    assert relative_information(firsts, product % 10) < 0.11
    lists = torch.cartesian_prod(*[torch.arange(11)] * 5)
    taken = Program(-5, 5, questions=1).solve(lists)
    alone = [relative_information(lists[:, i : i + 1], taken[:, i]) for i in range(5)]
    assert alone == pytest.approx([0.69, 0.44, 0.53, 0.46, 0.62], abs=0.005)
    around = [relative_information(lists[:, max(0, i - 1) : i + 2], taken[:, i]) for i in range(5)]
    assert around == pytest.approx([0.90, 0.92, 0.77, 0.88, 0.85], abs=0.005)


def test_entropy_of_fair_coins_is_their_number():
    assert entropy(torch.cartesian_prod(*[torch.arange(2)] * 3)) == pytest.approx(3)
    assert relative_information(torch.arange(4)[:, None], torch.zeros(4, dtype=torch.int64)) == 1.0


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (lambda: Graph(()), "a graph must have one node or more"),
        (lambda: Graph((Node("x", 1, (0,)),)), r"parents of node 0 must come before it, not \(0,\)"),
        (lambda: program_graph([1]), "a list must have 2 numbers or more, not 1"),
        (lambda: product_graph(-1, 2), "both numbers must be 0 or more, not -1 and 2"),
        (
            lambda: program_graph([1, 2]).piece(99, 1),
            "there must be a node 99, and depth must be 0 or more, not 1",
        ),
        (
            lambda: relative_information(
                torch.zeros(2, 1, dtype=torch.int64), torch.zeros(3, dtype=torch.int64)
            ),
            "there must be an answer to each problem, not 3 to 2",
        ),
    ],
)
def test_bad_input_is_one_line(wrong, line):
    with pytest.raises(ValueError, match=f"^{line}$"):
        wrong()
