"""Products: trials of a few steps, digits in the order of writing, and what digits of the factors tell."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from recurse_lab.experiments.products import scores
from recurse_lab.experiments.products.arm import at_profile, loop, plain
from recurse_lab.experiments.products.trial import restore, trial

ARMS = at_profile({"plain": plain(2e-3), "loop": loop(2e-3, first=3)}, "smoke")


@pytest.mark.parametrize("name", ARMS)
def test_a_trial_is_whole_and_its_net_comes_back(name):
    arm = ARMS[name]
    values, weights = trial(arm, 3)
    assert len(values["by_digit"]) == arm.digits
    assert scores.accuracy(arm, restore(arm, weights), 3)["by_digit"] == values["by_digit"]
    with pytest.raises(ValueError, match=r"^these weights are not those of"):
        restore(plain(1e-3, depth=2), weights)


@pytest.mark.parametrize("reverse", [True, False])
def test_shares_by_digit_begin_with_the_first_digit(reverse, monkeypatch):
    arm = replace(ARMS["plain"], reversed=reverse)
    batch = scores.products(arm, "test", 0)
    logits = nn.functional.one_hot(batch.targets.clamp(min=0), 10).float()
    first = -1 if reverse else -4
    logits[:, first] = logits[:, first].roll(1, dims=-1)  # the first digit of the product is wrong
    monkeypatch.setattr(scores, "settle", lambda *_: type("Last", (), {"output": logits}))
    found = scores.accuracy(arm, restore(arm, trial(arm, 0)[1]), 0)
    assert found == {"exact": 0.0, "by_digit": [0.0, 1.0, 1.0, 1.0]}


def test_first_and_last_digits_can_be_told_from_two_digits_and_middle_ones_cannot():
    found = scores.information(2, 2)
    assert found["first digits"][0] == pytest.approx(0.79, abs=0.005)
    assert found["last digits"][-1] == pytest.approx(1)
    assert max(found["first digits"][1:]) < 0.11
    one, other = (scores.products(ARMS["plain"], "test", seed).inputs for seed in (0, 1))
    assert not torch.equal(one, other)
