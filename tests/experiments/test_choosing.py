"""Noise and a selector on puzzles with one solution."""

import torch

from recurse_lab.experiments.sudoku import draws
from recurse_lab.experiments.sudoku.arm import RECURSIVE, smoke
from recurse_lab.experiments.sudoku.choosing import ChoosingArm, alone, by_use, choosing
from recurse_lab.experiments.sudoku.trial import build
from recurse_lab.models.noisy import Noisy, NoisyConfig
from recurse_lab.models.trm import Halting
from recurse_lab.records.replicate import replicate
from recurse_lab.tasks.base import Batch


class Liar(Noisy):
    """Answers a random digit; its head is surest of 2, and the digit 3 comes half of the time."""

    def __init__(self):
        super().__init__(NoisyConfig(cells=1, symbols=5, classes=5, width=8, heads=1, mixer="attention"))

    def start(self, inputs, generator=None):
        drawn = torch.tensor([1, 2, 3, 3])[torch.randint(4, (len(inputs),), generator=generator)]
        return drawn[:, None], generator

    def step(self, state, context):
        return state

    def read(self, state):
        return torch.nn.functional.one_hot(state, 5).float()

    def halting(self, state):
        sure = (state[:, 0] == 2).float()
        return Halting(sure, -sure)

    def load_state_dict(self, weights):
        """Has none to take over."""


def test_head_majority_and_any_choose_as_they_say(monkeypatch):
    monkeypatch.setattr(draws, "Noisy", lambda *_: Liar())
    targets = torch.tensor([[1], [2], [3]]).repeat(100, 1)
    batch = Batch(torch.zeros_like(targets), targets)
    found = draws.chosen(RECURSIVE, build(RECURSIVE), batch, {"start": 1.0}, 20, 0)
    assert abs(found["mean"] - 1 / 3) < 0.02
    assert abs(found["head"] - 1 / 3) < 0.01  # always 2
    assert 0.3 < found["majority"] < 0.4  # nearly always 3
    assert found["passed"] > 0.98


class Flips(Noisy):
    """Right after an odd number of steps; its head is surest at step 3 of every puzzle."""

    def __init__(self):
        super().__init__(NoisyConfig(cells=1, symbols=5, classes=5, width=8, heads=1, mixer="attention"))

    def start(self, inputs, generator=None):
        return torch.zeros(len(inputs), 1, dtype=torch.int64), None

    def step(self, state, context):
        return state + 1

    def read(self, state):
        return torch.nn.functional.one_hot(state % 2, 5).float()

    def halting(self, state):
        return Halting(-(state[:, 0] - 3).abs().float(), state[:, 0].float())


def test_alone_reads_the_first_the_last_and_the_heads_choice_of_one_long_run():
    targets = torch.ones(4, 1, dtype=torch.int64)
    found = alone(Flips(), Batch(torch.zeros_like(targets), targets), 1)
    assert found == {"one": 1.0, "longer": 0.0, "longer_chosen": 1.0}


def test_a_smoke_trial_gives_every_use(tmp_path):
    arm = ChoosingArm(label="small", net=smoke({"a": RECURSIVE})["a"])
    runs = replicate(choosing, {"choosing": arm}, (0, 1), cache=tmp_path)["choosing"]
    uses = by_use(runs)
    assert [one.name for one in uses] == ["one", "longer", "longer_chosen", "noisy_starts", "noisy_steps"]
    assert all(set(one.values) == {0, 1} for one in uses)
    assert {use.infer_flops for use in uses[1:]} == {20 * uses[0].infer_flops}
    assert runs[0].values["steps"] == 8  # optimizer steps
    assert all(0 <= value <= 1 for one in uses for value in one.values.values())
