"""Each seed may draw its own test problems: nets that answer alike are then measured on others."""

from dataclasses import replace

import pytest
import torch

from recurse_lab.experiments.mazes.arm import MAZES_LOOPED
from recurse_lab.experiments.mazes.scores import accuracy as maze_accuracy
from recurse_lab.experiments.prefix_sums.arm import LOOPED
from recurse_lab.experiments.prefix_sums.scores import accuracy
from recurse_lab.models.deep_thinking import DeepThinking, DeepThinkingConfig
from recurse_lab.tasks.mazes import Mazes
from recurse_lab.tasks.prefix_sums import PrefixSums

BITS = replace(LOOPED, model=DeepThinkingConfig(width=8, groups=2), lengths=(16,), strings=8)
MAZES = replace(MAZES_LOOPED, model=DeepThinkingConfig(symbols=4, dims=2, width=8), sizes=(5,), mazes=3)


@pytest.mark.parametrize(
    ("arm", "measure", "task"), [(BITS, accuracy, PrefixSums), (MAZES, maze_accuracy, Mazes)]
)
def test_only_arms_that_ask_for_it_draw_a_test_for_each_seed(arm, measure, task, monkeypatch):
    drawn, sample = [], task.sample

    def noted(self, count, size, split, generator):
        batch = sample(self, count, size, split, generator)
        drawn.append(batch.inputs)
        return batch

    monkeypatch.setattr(task, "sample", noted)
    torch.manual_seed(0)
    net = DeepThinking(arm.model)
    for seed in (0, 1):
        measure(arm, net, seed)
        measure(replace(arm, own_test=True), net, seed)
    (same, one), (again, other) = drawn[:2], drawn[2:]
    assert torch.equal(same, again)
    assert not torch.equal(one, other)
    assert not torch.equal(one, same)
