"""Chapter 09: the reader's round trains a copy of the net on what is kept, and refuses to train on nothing."""

from dataclasses import replace

import pytest
import torch

from recurse_lab.chapters.ch09_generation_verification_gap import by_hand, practice
from recurse_lab.chapters.ch09_generation_verification_gap.arms import ELSEWHERE, at_profile
from recurse_lab.experiments.self_training.problems import unlabeled

ARM = at_profile(ELSEWHERE, "smoke")["coloring_rules"]  # the cheapest boards, here with one or two blanks
ARM = replace(ARM, boards=replace(ARM.boards, givens=(7, 8), pool_givens=(7, 8)))


def step(net, optimizer, boards, answers, state):
    state = net.step(state, net.start(boards)[1])
    loss = torch.nn.functional.cross_entropy(net.read(state).mT, answers)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return state


def test_the_readers_round_trains_a_copy_of_the_net_on_what_is_kept():
    start = practice.base(ARM, 3)
    assert start.rules.shape == (ARM.draws, ARM.boards.pool)
    assert torch.equal(start.pool.inputs, unlabeled(ARM.boards, 3).inputs)
    allowed = ARM.boards.completions.verify(start.pool.inputs, start.draws.answers[0])
    assert torch.equal(start.rules[0], torch.where(allowed, 0.0, by_hand.OUT))
    assert set(start.rules.unique().tolist()) == {0.0, by_hand.OUT}
    noise = practice.at_random(start, 0)
    assert torch.equal(noise, practice.at_random(start, 0))
    assert not torch.equal(noise, practice.at_random(start, 1))
    before, seen = [one.clone() for one in start.net.parameters()], []

    def noting(*given):
        seen.append(given[2:4])
        return step(*given)

    kept = by_hand.right_kept(noise, 3)
    net, share = practice.round_of(noting, ARM, start, kept, 3, 10)
    assert 0 <= share <= 1
    assert not net.training
    assert all(torch.equal(one, old) for one, old in zip(start.net.parameters(), before, strict=True))
    assert any(not torch.equal(one, old) for one, old in zip(net.parameters(), before, strict=True))
    assert len({id(boards) for boards, _ in seen}) == 2  # fresh boards after 8 of 10 steps
    own = {tuple((start.pool.inputs[board] > 0).tolist()) for board, _ in kept}
    boards, _ = seen[0]
    assert {tuple(one) for one in (boards[ARM.batch // 2 :] > 0).tolist()} <= own
    unchanged, same = practice.round_of(lambda *given: given[4], ARM, start, kept, 3, 10)
    assert same == practice.before(ARM, start, 3)
    assert all(torch.equal(one, old) for one, old in zip(unchanged.parameters(), before, strict=True))
    with pytest.raises(
        ValueError, match=r"^an empty round: no answer was kept, so there is nothing to learn$"
    ):
        practice.round_of(step, ARM, start, [], 3, 10)
