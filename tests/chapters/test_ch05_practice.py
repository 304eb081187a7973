"""Chapter 05: the checks of its exercises accept right answers written another way, and name what is wrong."""

import pytest
import torch
import torch.nn.functional as F

from recurse_lab.chapters.ch05_deep_and_thin import cups, practice
from recurse_lab.recurrence import settle, think
from recurse_lab.tasks.group_products import GroupProducts, elements
from recurse_lab.workbook import checks


def check_product(product):
    for a, b, answer, mistakes in cups.product_cases():
        checks.explained(f"{a}, {b}", lambda: cups.number_of(product(a, b)), answer, mistakes)  # noqa: B023


def check_over(over):
    for repeats, answer, mistakes in practice.over_cases():
        checks.explained(f"{repeats}", lambda: practice.over_found(over, repeats), answer, mistakes)  # noqa: B023


def check_step(step):
    for number in (1, 3):
        checks.explained(
            f"call {number}",
            lambda: practice.loss_after(step, number),  # noqa: B023
            practice.loss_with("", number),
            practice.mistakes(number),
            tolerance=2e-4,
        )


def check_lens(lens):
    shares, wrong = practice.lens_cases()
    for entry in (0, 2):
        mistakes = {words: found[entry] for words, found in wrong.items()}
        checks.explained(f"{entry}", lambda: practice.lens_found(lens, entry), shares[entry], mistakes)  # noqa: B023


# Right answers, written another way than in the notebook


def product(a, b):
    return [b[a[0]], b[a[1]], b[a[2]]]


def over(blocks, x, repeats):
    for turn in range(repeats * len(blocks)):
        x = blocks[turn % len(blocks)](x)
    return x


def stepper(mistake=""):
    def step(net, optimizer, rows, products):
        *_, last = think(net, rows, net.config.applications)
        logits = net.read(last.state)
        if mistake == "shifted":
            logits, products = logits[:, :-1], products[:, 1:]
        if mistake == "last":
            logits, products = logits[:, -1:], products[:, -1:]
        loss = F.cross_entropy(logits.transpose(1, 2), products)
        if mistake != "not cleared":
            net.zero_grad()
        loss.backward()
        if mistake != "no step":
            optimizer.step()
        return loss.detach().item()

    return step


def lens(net, rows, products):
    found = []
    for applications in range(net.config.applications + 1):
        output = settle(net, rows, applications).output
        found.append((output.argmax(2) == products).double().mean())
    return found


# Wrong ones


def first_b(a, b):
    return tuple(a[place] for place in b)


def inverse(a, b):
    both = product(a, b)
    return tuple(both.index(place) for place in range(3))


def only_b(_, b):
    return b


def at_once(blocks, x, repeats):
    for block in blocks:
        for _ in range(repeats):
            x = block(x)
    return x


def once(blocks, x, _):
    for block in blocks:
        x = block(x)
    return x


def too_often(blocks, x, repeats):
    return over(blocks, x, repeats + 1)


def lens_reading(read, first=0):
    def lens(net, rows, products):
        states = [thought.state.z for thought in think(net, rows, net.config.applications)]
        return [(read(net, z, states).argmax(-1) == products).float().mean().item() for z in states[first:]]

    return lens


no_norm = lens_reading(lambda net, z, _: z @ net.embed.weight.T)
last_only = lens_reading(lambda net, _, states: net.norm(states[-1]) @ net.embed.weight.T)
too_late = lens_reading(lambda net, z, _: net.norm(z) @ net.embed.weight.T, first=1)


@pytest.mark.parametrize(
    ("check", "answer"),
    [(check_product, product), (check_over, over), (check_step, stepper()), (check_lens, lens)],
)
def test_a_right_answer_is_accepted(check, answer, capsys):
    check(answer)
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(line.startswith("✓") for line in lines), lines


@pytest.mark.parametrize(
    ("check", "answer", "words"),
    [
        (check_product, first_b, "first b, then a"),
        (check_product, inverse, "the inverse"),
        (check_product, only_b, "only b"),
        (check_over, at_once, "the immediate order"),
        (check_over, once, "once only"),
        (check_over, too_often, "one round too many"),
        (check_step, stepper("shifted"), "shifted by one"),
        (check_step, stepper("last"), "only the last cell"),
        (check_step, stepper("not cleared"), "zero_grad"),
        (check_step, stepper("no step"), "optimizer.step"),
        (check_lens, no_norm, "the norm before the head"),
        (check_lens, last_only, "the last state"),
        (check_lens, too_late, "entry 0 is the start"),
    ],
)
def test_a_wrong_answer_is_refused_and_named(check, answer, words, capsys):
    check(answer)
    refused = [line for line in capsys.readouterr().out.splitlines() if line.startswith("✗")]
    assert any(words in line for line in refused), refused


@pytest.mark.parametrize("check", [check_product, check_over, check_step, check_lens])
@pytest.mark.parametrize("nothing", [None, ...])
def test_no_answer_is_not_attempted(check, nothing, capsys):
    check(lambda *_: nothing)
    assert all(line.startswith("○") for line in capsys.readouterr().out.splitlines())


def test_each_typical_mistake_gives_a_number_of_its_own():
    for number in (1, 3):
        right, found = practice.loss_with("", number), practice.mistakes(number)
        same = {words for words, loss in found.items() if abs(loss - right) <= 2e-4 * right}
        # what is done after the first loss shows from the second call on
        assert {words.split()[1] for words in same} == (
            {"optimizer.step():", "optimizer.zero_grad():"} if number == 1 else set()
        )


def test_the_hand_is_the_task():
    shuffles = [(1, 0, 2), (0, 2, 1), (1, 0, 2)]
    rows = cups.by_hand(shuffles)
    inputs = torch.tensor([[elements(3).index(shuffle) for shuffle in shuffles]])
    assert [row["target"] for row in rows.values()] == GroupProducts().solve(inputs)[0].tolist()
    assert [row["cups after all so far"] for row in rows.values()] == ["BAC", "BCA", "CBA"]


def test_practice_goes_on_with_the_book_s_step_if_there_is_none():
    own, losses = practice.practice(lambda *_: None, seed=0, steps=2)
    other, same = practice.practice(practice.training_step, seed=0, steps=2)
    assert losses == same
    assert practice.right_at(own, 0) == practice.right_at(other, 0)


def test_a_step_that_fails_does_not_stop_the_notebook(capsys):
    def broken(*_):
        raise KeyError("mine")

    for step in (broken, lambda *_: float("nan")):
        _, losses = practice.practice(step, 0, steps=2)
        assert len(losses) == 2
        assert capsys.readouterr().out.count("The book's own runs instead") == 1
