"""Lists: trials of a few steps, the memorizer of windows, kinds of errors, scratchpads, and pieces seen."""

from dataclasses import replace

import pytest
import torch
from torch import Generator

from recurse_lab.chapters.ch06_memorized_subgraphs.arms import LINE, PLAIN, RECURRENT
from recurse_lab.experiments.line_program import arm as lines
from recurse_lab.experiments.line_program import inside, scores
from recurse_lab.experiments.line_program.errors import KINDS, kinds, nodes
from recurse_lab.experiments.line_program.memorizer import Memorizer, MemorizerConfig
from recurse_lab.experiments.line_program.trial import build, restore, train, trial
from recurse_lab.models.data_router import DataRouter
from recurse_lab.tasks.base import IGNORE, Batch
from recurse_lab.tasks.dynamic_program import Program
from recurse_lab.tasks.scratchpad import Scratchpad, ids

SMOKE = lines.at_profile(LINE, "smoke")


@pytest.mark.parametrize("name", ["loop", "gru", "plain_1", "loop_taken", "coupled", "memorizer"])
def test_a_trial_is_whole_and_its_net_comes_back(name):
    arm = SMOKE[name]
    values, weights = trial(arm, 3)
    assert set(values["exact"]) == {"6", "8", "novel", "hard"}
    assert set(values["twice"]) == (set(values["exact"]) if name.startswith("loop") else set())
    assert (len(values.get("errors", {}).get("local", ())) == 32) == (arm.questions == 2)
    if name == "memorizer":
        with pytest.raises(ValueError, match=r"^memorizer of windows has no weights; train it again"):
            restore(arm, weights)
        return
    assert scores.accuracy(arm, restore(arm, weights), 3)["exact"] == values["exact"]
    other = SMOKE["plain_4"]
    with pytest.raises(ValueError, match=f"^these weights are not those of {other.label}: Error"):
        restore(other, weights)


def test_arms_that_are_called_equal_are_equal():
    size = {name: scores.cost(arm, build(arm), 1)["params"] for name, arm in (RECURRENT | PLAIN).items()}
    times = {name: params / size["loop"] for name, params in size.items()}
    assert times["gru"] == pytest.approx(1, rel=0.05)
    assert times["plain_1"] == pytest.approx(1, rel=0.25)
    assert times["plain_4"] == pytest.approx(4, rel=0.12)
    assert times["plain_16"] == pytest.approx(16, rel=0.12)


def test_each_seed_draws_its_own_lists():
    arm = LINE["loop"]
    one, same, other = (scores.lists(arm, "novel", "test", seed).inputs for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert Program().novel(one).all()
    assert len(one) == 256
    assert scores.lists(arm, "hard", "test", 0).inputs.min() == 2


def test_the_memorizer_answers_with_the_widest_window_that_it_has_seen():
    config = MemorizerConfig(reach=1, symbols=3)
    assert config.windows == [(0, 0), (1, 0), (0, 1), (1, 1)]
    memory = Memorizer(config)
    inputs = torch.tensor([[0, 1, 2], [0, 1, 1], [2, 1, 0]])
    memory.learn([Batch(inputs, torch.tensor([[0, 1, 0], [0, 0, 1], [1, 0, 1]]))])
    assert torch.equal(memory.read(inputs).argmax(-1), torch.tensor([[0, 1, 0], [0, 0, 1], [1, 0, 1]]))
    found = memory.read(torch.tensor([[1, 1, 2]]))
    assert found[0, 1].tolist() == [0, 1]  # (1, 1, 2) is new; (1, 2) was seen with answer 1
    assert found[0, 0].tolist() == [1, 0]  # (start, 1, 1) is new; (1, 1) was seen with answer 0
    assert memory.read(torch.tensor([[0, 0, 0]]))[0, 1].tolist() == [2, 1]  # the item alone
    assert memory.entries() == sum(len(known) for known, _ in memory.seen.values())


def test_a_memorizer_that_has_seen_all_lists_answers_them():
    arm = replace(LINE["memorizer"], plan=replace(LINE["memorizer"].plan, steps=200), sizes=(3,))
    batch = arm.task.sample(64, 3, "train", Generator().manual_seed(5))
    assert scores.right_lists(arm, train(arm, 0).model.read(batch.inputs), batch.targets).all()


def test_errors_of_each_kind_are_told_apart():
    inputs = torch.tensor([[4, 0, 4]])  # the numbers 5 1 5: gains 5 0 5, taken 1 0 1
    targets = Program().solve(inputs)
    assert targets.tolist() == [[[1, 0, 1], [5, 0, 5]]]

    def kind(answers):
        found = kinds(nodes(inputs, torch.tensor([answers]), targets))
        assert (sum(which.int() for which in found.values()) == 1).all()
        return "".join(next(kind[0] for kind in KINDS if found[kind][0, node]) for node in range(6))

    # nodes in the order d_3 d_2 d_1 t_1 t_2 t_3; c correct, r restored, p propagated, l local
    assert kind([[1, 0, 1], [5, 0, 5]]) == "cccccc"
    assert kind([[1, 0, 1], [5, 0, 4]]) == "lrrrrr"
    assert kind([[1, 0, 1], [4, 1, 0]]) == "lpprrr"
    assert kind([[1, 0, 1], [4, 0, 0]]) == "lrlrrr"
    assert kind([[1, 0, 1], [5, 1, 0]]) == "lprrrr"
    assert kind([[0, 0, 1], [5, 0, 5]]) == "ccclrr"
    assert kind([[0, 1, 0], [5, 0, 5]]) == "cccllp"
    assert kind([[1, 0, 1], [4, 0, 5]]) == "cclccc"  # nothing depends on d_1
    assert kind([[0, 0, 1], [5, 5, 0]])[:3] == "llr"


def test_scratchpads_hold_the_program_and_each_token_follows_from_those_before():
    task, program = Scratchpad(coupled=True), Program()
    inputs, targets = task.sample(20, 5, "test", Generator().manual_seed(0))
    assert inputs.shape == (20, 16, 2)
    assert task.size_of(inputs) == 5
    taken, gains = program.solve(inputs[:, :5, 0]).unbind(1)
    assert (targets[:, :5] == IGNORE).all()
    assert torch.equal((targets[:, 5:10] - 6) // 2, gains.flip(1))
    assert torch.equal(targets[:, 11:] - 18, taken)
    assert torch.equal(inputs[:, 6:, 0], targets[:, 5:-1])  # the next input is the target
    assert task.verify(inputs, targets).all()
    assert inputs[0, :, 1].tolist() == [1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3, 4]
    wanted = (targets[:, 5:10] - 6).flip(1) % 2 == 1
    free = torch.ones(20, dtype=torch.bool)
    for item in range(5):
        assert torch.equal(targets[:, 11 + item] == 19, wanted[:, item] & free)
        free = targets[:, 11 + item] == 18
    assert ids(2).tolist() == [1, 2, 3, 2, 1, 0, 1, 2]


def test_a_net_with_coupled_ids_sees_distances_of_ids_and_no_later_token():
    arm = SMOKE["coupled"]
    torch.manual_seed(0)
    net = DataRouter(arm.model)
    for block in net.blocks:
        torch.nn.init.normal_(block.attention.distance)
    inputs = arm.task.sample(4, 5, "train", Generator().manual_seed(0)).inputs
    _, context = net.start(inputs)
    shifted = net.start(inputs + torch.tensor([0, 7]))
    for one, other in zip(context.biases, shifted[1].biases, strict=True):
        assert torch.equal(one, other)
    changed = inputs.clone()
    changed[:, -1, 0] = 0
    before, after = (net.read(net.step(*net.start(one))) for one in (inputs, changed))
    assert torch.allclose(before[:, :-1], after[:, :-1])
    assert not torch.allclose(before[:, -1], after[:, -1])


def test_pieces_of_long_lists_are_seen_less_and_both_outcomes_are_counted():
    arm = SMOKE["gru"]
    known = inside.shown_pieces(arm, 0, 3, count=100)
    found = inside.seen_by_outcome(arm, build(arm), 0, known, 3, "8")
    assert found.lists_right + found.lists_wrong == 16
    assert 0 < found.wrong < 1
    every = inside.shown_pieces(replace(arm, sizes=(8,)), 0, 3, count=200)
    assert inside.seen_by_outcome(arm, build(arm), 0, every, 3, "8").wrong > found.wrong
    assert inside.information(-5, 5, 5, 0) == pytest.approx([0.69, 0.44, 0.53, 0.46, 0.62], abs=0.005)
    steps = inside.right_by_step(arm, build(arm), scores.lists(arm, "8", "test", 0), 2)
    assert steps.shape == (3, 8)
