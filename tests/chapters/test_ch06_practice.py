"""Chapter 06: the checks of its exercises accept right answers written another way, and name what is wrong."""

from collections import Counter, defaultdict
from itertools import product
from math import log

import pytest
import torch
import torch.nn.functional as F
from torch import Generator

import recurse_lab as rl
from recurse_lab.chapters.ch06_memorized_subgraphs import by_hand, guesses, practice, trees
from recurse_lab.tasks.dynamic_program import Program
from recurse_lab.tasks.tree_program import TreeProgram
from recurse_lab.workbook import checks


def check_program(program):
    for what, numbers, part, right, wrong in by_hand.cases():
        checks.explained(what, lambda: by_hand.found(program, numbers, part), right, wrong, 1e-9)  # noqa: B023


def check_gain(gain):
    for what, xs, ys, right, wrong in guesses.cases():
        checks.explained(what, lambda: gain(xs, ys), right, wrong)  # noqa: B023


def check_step(step):
    for number in (1, 3):
        checks.explained(
            f"{number}",
            lambda: practice.after(step, number),  # noqa: B023
            practice.after_block(number),
            practice.mistakes(number),
            1e-5,
        )


def check_chain(chain):
    for numbers, right, wrong in trees.chain_cases():
        checks.explained(
            f"{numbers}",
            lambda: trees.digits_of(chain(numbers)),  # noqa: B023
            right,
            wrong,
            1e-9,
        )


# Right answers, written another way than in the notebook


def program(numbers, slack=0, floor=0):
    gains, taken = [], []
    for x in reversed(numbers):
        gains.insert(0, max(floor, x - (gains[0] if gains else 0)))
    for i, x in enumerate(numbers):
        enough = x >= (gains[i + 1] if i + 1 < len(numbers) else 0) + slack
        taken.append(bool(enough and not (i and taken[i - 1])))
    return gains, taken


def gain(xs, ys):
    def nats(values):
        return sum(-n / len(values) * log(n / len(values)) for n in Counter(values).values())

    pairs = list(zip(xs, ys, strict=True))
    return 1 - (nats(pairs) - nats(xs)) / nats(ys)  # H(Y|X) = H(X, Y) - H(X)


def step(h, attention, net, gate, norms):
    a = norms[0](attention(h) + h)
    return torch.lerp(h, norms[1](net(a)), gate(a).sigmoid())


def chain(numbers):
    return [[numbers[0] - 1, 0, 0], *([x - 1, at, 1] for at, x in enumerate(numbers[1:]))]


# Wrong ones


def greedy(numbers):
    left = dict(enumerate(numbers))
    while left:
        best = max(left, key=left.get)
        left = {at: x for at, x in left.items() if abs(at - best) > 1} | (
            {best: -1} if left[best] > 0 else {}
        )
        if max(left.values()) < 0:
            break
    return program(numbers)[0], [left.get(at) == -1 for at in range(len(numbers))]


def unweighted(xs, ys):
    groups = defaultdict(list)
    for x, y in zip(xs, ys, strict=True):
        groups[x].append(y)
    return 1 - sum(map(guesses.entropy, groups.values())) / len(groups) / guesses.entropy(ys)


def mixed(kept, new):
    def step(h, attention, net, gate, norms):
        a = norms[0](h + attention(h))
        values = {"a": a, "h": h, "u": norms[1](net(a)), "bare": net(a), "1": 1.0, "0": 0.0}
        g = gate(values[kept[0]]).sigmoid()
        share = g if kept[1] == "g" else 1 - g
        return share * values[new] + (1 - share) * values[kept[2]]

    return step


@pytest.mark.parametrize(
    ("check", "answer"),
    [(check_program, program), (check_gain, gain), (check_step, step), (check_chain, chain)],
)
def test_a_right_answer_is_accepted(check, answer, capsys):
    check(answer)
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(line.startswith("✓") for line in lines), lines


@pytest.mark.parametrize(
    ("check", "answer", "words"),
    [
        (check_program, lambda x: [row[::-1] for row in program(x[::-1])], "from left to right"),
        (check_program, lambda x: program(x, slack=1), "> instead of >="),
        (check_program, lambda x: program(x, floor=-9), "no max(0"),
        (check_program, lambda x: (program(x)[0], [1] * len(x)), "expected"),
        (check_program, greedy, "the largest number first"),
        (check_gain, lambda xs, ys: gain(ys, xs), "exchanged"),
        (check_gain, lambda xs, ys: 1 - gain(xs, ys), "stays unknown"),
        (check_gain, unweighted, "counts alike"),
        (check_step, mixed(("a", "1-g", "h"), "u"), "the gate is inverted"),
        (check_step, mixed(("h", "g", "h"), "u"), "looks at the old state"),
        (check_step, mixed(("a", "g", "a"), "u"), "it must keep h"),
        (check_step, mixed(("a", "g", "h"), "bare"), "no norm"),
        (check_step, mixed(("a", "g", "0"), "u"), "the old state is lost"),
        (check_step, lambda h, *rest: h + step(h, *rest), "expected"),
        (check_chain, lambda x: [(symbol + 1, *rest) for symbol, *rest in chain(x)], "x - 1"),
        (check_chain, lambda x: [(symbol, at, side) for at, (symbol, _, side) in enumerate(chain(x))], "own"),
    ],
)
def test_a_wrong_answer_is_refused_and_named(check, answer, words, capsys):
    check(answer)
    refused = [line for line in capsys.readouterr().out.splitlines() if line.startswith("✗")]
    assert any(words in line for line in refused), refused


@pytest.mark.parametrize("check", [check_program, check_gain, check_step, check_chain])
@pytest.mark.parametrize("nothing", [None, ...])
def test_no_answer_is_not_attempted(check, nothing, capsys):
    check(lambda *_: nothing)
    assert all(line.startswith("○") for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize(
    ("numbered", "tolerance"),
    [
        ([(right, wrong) for _, _, _, right, wrong in by_hand.cases()], 1e-9),
        ([(right, wrong) for *_, right, wrong in guesses.cases()], 1e-3),
        ([(practice.after_block(number), practice.mistakes(number)) for number in (1, 3)], 1e-5),
        ([(right, wrong) for _, right, wrong in trees.chain_cases()], 1e-9),
    ],
)
def test_every_typical_mistake_shows_and_has_a_number_of_its_own(numbered, tolerance):
    for words in set().union(*(wrong for _, wrong in numbered)):
        assert any(
            abs(wrong[words] - right) > tolerance * abs(right) for right, wrong in numbered if words in wrong
        )
    for _, wrong in numbered:
        assert len({round(number, 4) for number in wrong.values()}) >= len(wrong) - 1


def test_the_hand_is_the_task_and_finds_the_best_choice():
    for size in (1, 3, 5):
        lists = list(product(range(1, 6), repeat=size))
        taken, gains = Program().solve(torch.tensor(lists) - 1).unbind(1)
        assert [by_hand.solve(one).gains for one in lists] == [tuple(row) for row in gains.tolist()]
        assert [by_hand.brute_force(one) for one in lists] == [tuple(row) for row in taken.tolist()]
    assert by_hand.by_hand((4, 5))["taken"] == {"item 1": 0, "item 2": 1}


def test_gains_of_information_agree_with_the_paper_s_cases():
    assert guesses.digits(guesses.information_gain)["both last digits"]["digit 4"] == pytest.approx(1)
    assert guesses.digits(guesses.information_gain)["both first digits"]["digit 1"] == pytest.approx(
        0.79, abs=0.01
    )
    rows = guesses.choices()
    lists = list(product(range(1, 6), repeat=5))
    second = [by_hand.solve(one).taken[1] for one in lists]
    ours = guesses.information_gain([one[:3] for one in lists], second)
    assert rows["1 to 5: 3 items"]["item 2"] == pytest.approx(ours)
    assert rows["-5 to 5: 3 items"]["item 3"] == pytest.approx(0.77, abs=0.005)


def test_a_chain_is_the_list_s_program():
    batch = trees.chains(8, 6, Generator().manual_seed(0))
    gains = Program().gains(batch.inputs[..., 0])
    assert torch.equal(batch.targets[:, 1], gains)


def test_another_order_of_the_nodes_is_the_same_tree():
    batch = TreeProgram().sample(16, 12, "test", Generator().manual_seed(1))
    moved, order = trees.reordered(batch.inputs, Generator().manual_seed(2))
    assert not torch.equal(moved, batch.inputs)
    assert (moved[:, 1:, 1] < torch.arange(1, 12)).all()
    same = batch.targets.gather(2, order[:, None].expand(-1, 2, -1))
    assert torch.equal(TreeProgram().solve(moved), same)


def test_practice_goes_on_with_the_book_s_step_if_there_is_none():
    own, losses = practice.practice(lambda *_: None, seed=0, steps=2)
    _, same = practice.practice(practice.training_step, seed=0, steps=2)
    assert losses == same
    assert set(practice.right_at(own, (3, 4), 0, count=8)) == {"3 items", "4 items"}


def test_the_book_s_training_step_asks_both_questions():
    net, (lists, targets) = practice.small_net(0), Program().sample(4, 3, "train", Generator().manual_seed(0))
    both = rl.settle(net, lists, 5).output
    expected = (
        F.cross_entropy(both[:, 0].mT, targets[:, 0]) + F.cross_entropy(both[:, 1].mT, targets[:, 1])
    ) / 2
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    assert practice.training_step(net, optimizer, lists, targets) == pytest.approx(expected.item())
