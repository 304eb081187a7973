"""Chapter 06: what its tables count, on nets that answer by rule."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F

from recurse_lab.chapters.ch06_memorized_subgraphs import arms, by_hand, trees, views
from recurse_lab.chapters.ch06_memorized_subgraphs.pieces import fully_seen
from recurse_lab.experiments.line_program.memorizer import Memorizer, MemorizerConfig
from recurse_lab.records.record import Record
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.dynamic_program import Program
from recurse_lab.tasks.tree_program import TreeProgram

LINE = replace(arms.LINE["loop"], test=8)
TREE = replace(arms.TREE["tree_loop"], test=8, tested=(8, 12))


def knowing(task, wrong=lambda inputs: torch.zeros(len(inputs), dtype=torch.bool)):
    """A loop that knows the task, and is wrong at the first cell of some problems; its state is the input."""

    def read(state):
        inputs = state.long()
        answers = task.solve(inputs)
        answers[wrong(inputs), :, 0] = (answers[wrong(inputs), :, 0] + 1) % 2
        return F.one_hot(answers, 6).float()

    def start(inputs, _):
        return inputs.float(), None

    return SimpleNamespace(start=start, step=lambda state, _: state, read=read)


def record(**exact):
    """A record of made-up shares."""
    values = {"exact": exact, "params": 10, "train_seconds": 1.0}
    words = dict.fromkeys(("trial", "config", "digest", "commit", "machine", "lock", "command"), "")
    return Record(arm="loop", seed=0, values=values, seconds=1.0, versions={}, **words)


RESULTS = {
    "loop": {
        0: record(**{"6": 1.0, "8": 0.9, "12": 0.5, "16": 0.25, "novel": 0.75}),
        1: record(**{"6": 0.9, "8": 0.8, "12": 0.4, "16": 0.15, "novel": 0.85}),
    }
}


def test_two_effects_are_differences_from_seen_lists_of_six():
    (row,) = views.two_effects(RESULTS, arms.LINE).values()
    assert row == pytest.approx(
        {
            "6 items": 0.95,
            "lost to a novel triple": 0.15,
            "lost to 8 items": 0.1,
            "lost to 12 items": 0.5,
            "lost to 16 items": 0.75,
        }
    )


def test_rows_and_curves_are_means_and_seeds():
    (row,) = views.rows(RESULTS, arms.LINE, ("6", "24"), " items").values()
    assert row["6 items"] == pytest.approx(0.95)
    assert math.isnan(row["24 items"])
    assert row["seeds"] == 2
    (by,) = views.by_size(RESULTS, arms.LINE).values()
    assert by == {6: [1.0, 0.9], 8: [0.9, 0.8], 12: [0.5, 0.4], 16: [0.25, 0.15]}
    assert views.means_at(RESULTS, "8") == {"loop": pytest.approx(0.85)}
    assert views.now(RESULTS["loop"], lambda run: run.values["exact"]["6"]) == 1.0
    assert math.isnan(views.now(RESULTS["loop"], lambda run: run.values["exact"]["99"]))


def test_a_gain_was_fully_seen_if_a_training_list_ends_alike():
    table = Memorizer(MemorizerConfig(reach=2))
    lists = torch.tensor([[0, 1, 2], [3, 3, 1]])
    table.learn([Batch(lists, Program(questions=1).solve(lists))])
    asked = torch.tensor([[4, 0, 1, 2], [0, 1, 2, 3], [4, 4, 3, 1]])
    assert fully_seen(table, asked).tolist() == [
        [False, True, True, True],  # ends as the first training list does, from its first item on
        [False, False, False, False],  # the same three numbers, but not at the end
        [False, False, True, True],
    ]


def test_seen_table_counts_gains():
    table = Memorizer(MemorizerConfig(reach=5))
    batch = LINE.task.sample(64, 6, "train", torch.Generator().manual_seed(0))
    table.learn([Batch(batch.inputs, batch.targets[:, 0])])
    first_wrong = knowing(LINE.task, wrong=lambda inputs: inputs[:, 0] >= 0)
    rows = views.seen_table(
        {"right": (LINE, knowing(LINE.task)), "wrong": (LINE, first_wrong)}, table, 0, size=8
    )
    assert rows["right"]["right, if seen"] == rows["right"]["right, if not seen"] == 1
    assert rows["right"]["wrong gains"] == 0
    assert math.isnan(rows["right"]["seen, if wrong"])
    assert rows["wrong"]["wrong gains"] == 8  # the first gain of each of 8 lists: its whole graph has 8 items
    assert rows["wrong"]["seen, if wrong"] == 0
    assert rows["wrong"]["right, if seen"] == 1


def test_tables_of_trees_count_trees():
    odd = knowing(TREE.task, wrong=lambda inputs: inputs[:, 0, 0] % 2 == 1)
    nets = {"all": (TREE, knowing(TREE.task)), "odd": (TREE, odd)}
    share = (views.test_trees(TREE, 8, 0).inputs[:, 0, 0] % 2 == 0).float().mean().item()
    assert 0 < share < 1
    table = views.order_table(nets, 0, sizes=(8,))
    assert table["all"] == {"8 nodes, preorder": 1.0, "8 nodes, shuffled": 1.0}
    assert table["odd"]["8 nodes, preorder"] == table["odd"]["8 nodes, shuffled"] == pytest.approx(share)
    assert views.size_table(nets, 0, (8,))["odd"] == {"8 nodes": pytest.approx(share)}
    assert views.chain_table(nets, 0, sizes=(4,))["all"] == {"4 nodes": 1.0}


def test_settled_and_right_is_a_cross_table():
    batch = views.test_trees(TREE, 8, 0)
    net = knowing(TREE.task, wrong=lambda inputs: inputs[:, 0, 0] % 2 == 1)
    wrong = int((batch.inputs[:, 0, 0] % 2 == 1).sum())
    # the rule's state never moves
    assert views.settled_and_right(net, batch, 3) == {
        "settled": {"right": 8 - wrong, "wrong": wrong},
        "still moving": {"right": 0, "wrong": 0},
    }


def test_products_are_read_by_digit():
    runs = {seed: record() for seed in (0, 1)}
    runs[0].values["by_digit"], runs[1].values["by_digit"] = [1.0, 0.5], [0.5, 0.5]
    (row,) = views.product_rows({"product_plain": runs}, arms.PRODUCTS).values()
    assert row == {"digit 1": 0.75, "digit 2": 0.5}


def test_pictures_show_the_list_and_the_tree():
    nodes, edges = views.list_graph(by_hand.EXAMPLE)
    assert [text for *_, text, kind in nodes if kind.startswith("gain")] == list("314012")
    assert (
        len(edges) == 2 * 6 + 3 * 5
    )  # from each number to two nodes; from each gain to two, each choice to one
    batch = TreeProgram().sample(1, 8, "test", torch.Generator().manual_seed(3))
    nodes, edges = views.tree_graph(trees.EXAMPLE)
    assert "".join(text for *_, text, _ in nodes) == "54123412"
    assert edges == [(1, 0), (2, 1), (3, 1), (4, 0), (5, 4), (6, 5), (7, 5)]
    taken, gains = TreeProgram().solve(torch.tensor([trees.EXAMPLE]))[0].tolist()
    assert gains == [2, 1, 1, 2, 2, 1, 1, 2]  # as the notebook says
    assert taken == [1, 0, 1, 1, 0, 1, 0, 0]
    places, parents = views.shape_of(batch.inputs[0])
    assert len(set(places)) == 8
    assert parents[0] == 0
    seen = views.thoughts(knowing(TREE.task), batch, 3)
    assert seen.answers.shape == (4, 8)
    assert seen.right.all()


def test_graphs_of_lists_get_deeper_and_of_products_wider():
    rows = views.graph_sizes()
    lists = [row["average parallelism"] for name, row in rows.items() if name.startswith("list")]
    products = [row["average parallelism"] for name, row in rows.items() if "x" in name]
    assert max(lists) < min(products)
    assert products[-1] > 3 * products[0]
