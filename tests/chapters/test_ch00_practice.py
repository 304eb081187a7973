"""Chapter 00: the loop by hand, the check of the reader's step, and the small training."""

import itertools

import pytest
import torch
import torch.nn.functional as F

from recurse_lab.chapters.ch00_start_here import arms, practice, views
from recurse_lab.recurrence import settle
from recurse_lab.tasks.prefix_sums import PrefixSums
from recurse_lab.workbook import checks, contents


class Neighbors:
    """The notebook's."""

    def start(self, bits, generator=None):
        return torch.zeros_like(bits), bits

    def step(self, state, bits):
        return (practice.shifted(state, 1) + bits) % 2

    def read(self, state):
        return state


def check(step):
    some = practice.some_strings()
    checks.explained("step", lambda: practice.as_number(step(*some)), *practice.step_expected())


def by_slices(state, bits):
    out = bits.clone()
    out[:, 1:] += bits[:, :-1]
    out[:, 2:] += state[:, :-2]
    return out % 2


def left(x, k):
    return F.pad(x, (k, -k))


WRONG = {
    "one cell to the left": lambda s, b: (left(s, 1) + b) % 2,
    "left neighbor's bit is missing": lambda s, b: (left(s, 2) + b) % 2,
    "input's own bit is missing": lambda s, b: (left(s, 2) + left(b, 1)) % 2,
    "a sum, not a parity": lambda s, b: left(s, 2) + left(b, 1) + b,
    "brings the end of the string back": lambda s, b: (s.roll(2, 1) + b.roll(1, 1) + b) % 2,
    "looks to the right": lambda s, b: (left(s, -2) + left(b, -1) + b) % 2,
}


@pytest.mark.parametrize("step", [practice.two_at_once, by_slices])
def test_a_right_step_written_another_way_is_accepted(step, capsys):
    check(step)
    assert capsys.readouterr().out == "✓ step\n"
    assert practice.checked(step) is step


@pytest.mark.parametrize("reason", WRONG)
def test_a_typical_mistake_is_named(reason, capsys):
    check(WRONG[reason])
    said = capsys.readouterr().out
    assert said.startswith("✗")
    assert reason in said
    assert practice.checked(WRONG[reason]) is practice.two_at_once


def test_mistakes_can_be_told_apart():
    right, wrong = practice.step_expected()
    for one, other in itertools.combinations([right, *wrong.values()], 2):
        assert abs(one - other) > 2e-3 * abs(right)


@pytest.mark.parametrize("step", [lambda *_: None, lambda *_: ...])
def test_what_is_not_written_yet_is_not_attempted(step, capsys):
    check(step)
    assert capsys.readouterr().out.startswith("○")


def test_after_t_steps_the_first_t_cells_are_right_and_two_at_once_halve_the_steps():
    bits = torch.randint(0, 2, (50, 20), generator=torch.Generator().manual_seed(1))
    right = PrefixSums().solve(bits)
    for steps in range(1, 21):
        found = settle(Neighbors(), bits, steps).output
        assert torch.equal(found[:, :steps], right[:, :steps])
    assert practice.steps_needed(Neighbors().step, bits) == 20
    assert practice.steps_needed(practice.two_at_once, bits) == 10
    assert practice.steps_needed(lambda state, _: state, bits) == -1


def test_the_string_worked_by_hand_needs_as_many_steps_as_the_text_says():
    bits, parities = practice.example()
    assert bits.tolist() == [[1, 0, 1, 1, 0, 1]]
    assert parities.tolist() == [[1, 1, 0, 1, 1, 0]]
    assert practice.steps_needed(Neighbors().step, bits) == 6
    rows = views.thought_rows(Neighbors(), practice.example(), 6)
    assert list(rows) == ["input", *(f"after {step} step{'s' * (step != 1)}" for step in range(7)), "right"]
    assert rows["after 6 steps"] == rows["right"] != rows["after 5 steps"]


def training_step(net, optimizer, bits, parities):
    """The notebook's."""
    optimizer.zero_grad()
    steps = int(torch.randint(1, 9, ()))
    if net.config.depth > 1:
        steps = net.config.depth
    thought = settle(net, bits, steps)
    loss = F.cross_entropy(thought.output.flatten(0, 1), parities.flatten())
    loss.backward()
    optimizer.step()
    return thought.output.detach()


def test_strings_grow_as_the_net_learns_and_one_seed_gives_one_net():
    lengths = []

    def step(_net, _optimizer, bits, parities):
        lengths.append(bits.shape[1])
        return F.one_hot(parities, 2).float()  # right at once

    before = torch.get_rng_state()
    practice.train(step, "six blocks", 1, 120, bits=7)
    assert sorted(set(lengths)) == [4, 6, 7]
    assert lengths == sorted(lengths)
    one, again = (practice.train(training_step, "looped", 2, 3) for _ in range(2))
    assert one.accuracy == again.accuracy
    assert all(torch.equal(a, b) for a, b in zip(one.net.parameters(), again.net.parameters(), strict=True))
    assert torch.equal(torch.get_rng_state(), before)
    assert not one.net.training


def test_a_net_or_length_that_does_not_exist_is_one_line():
    with pytest.raises(ValueError, match=r"^the net must be one of looped, six blocks, not 'wide'$"):
        practice.train(training_step, "wide", 0, 1)
    with pytest.raises(ValueError, match=r"^bits must be 4 or more, not 3$"):
        practice.train(training_step, "looped", 0, 1, bits=3)


def test_the_nets_are_as_large_as_the_text_says():
    sizes = {
        name: sum(p.numel() for p in practice.build(arm).parameters()) for name, arm in arms.NETS.items()
    }
    assert sizes["looped"] == 20_512
    assert sizes["six blocks"] / sizes["looped"] == pytest.approx(4.8, abs=0.05)


def test_the_status_names_every_chapter_once():
    said = contents.standing()
    assert said.startswith("Chapters 00, 01, 02,")
    assert all(f"{number:02}" in said for number in range(12))
