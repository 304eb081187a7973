"""MobileLLM: one block a step, weights that are shared count once, and sizes that fit a number of weights."""

from dataclasses import replace

import pytest
import torch

from recurse_lab.measure.cost import parameters
from recurse_lab.models.gru import GRUConfig, GRUNet
from recurse_lab.models.mobile_llm import MobileLLM, MobileLLMConfig, sized, weights_of
from recurse_lab.recurrence import Recurrence, settle, think
from recurse_lab.train.loop import seeded

SMALL = MobileLLMConfig(symbols=5, width=16, hidden=24, depth=3)
ROWS = torch.tensor([[0, 1, 2, 3, 4, 0], [4, 4, 1, 0, 2, 3]])


def net(config=SMALL, **changed):
    with seeded(1):
        return MobileLLM(replace(config, **changed))


@pytest.mark.parametrize(
    ("order", "turns"), [("immediate", [0, 0, 1, 1, 2, 2]), ("over", [0, 1, 2, 0, 1, 2])]
)
def test_each_step_applies_the_block_whose_turn_it_is(order, turns):
    model = net(repeats=2, order=order)
    assert isinstance(model, Recurrence)
    assert [model.config.block_at(step) for step in range(model.config.applications)] == turns
    z = model.embed(ROWS)
    for turn, thought in zip(turns, list(think(model, ROWS, 6))[1:], strict=True):
        z = model.blocks[turn](z)
        torch.testing.assert_close(thought.state.z, z)
    torch.testing.assert_close(settle(model, ROWS, 6).output, model.norm(z) @ model.embed.weight.T)


def test_after_the_last_application_the_state_stays():
    model = net()
    assert torch.equal(settle(model, ROWS, 3).output, settle(model, ROWS, 5).output)


def test_no_answer_depends_on_a_later_symbol():
    model, changed = net(positions=6), ROWS.clone()
    changed[:, 4:] = (changed[:, 4:] + 1) % 5
    one, other = (settle(model, rows, 3).output for rows in (ROWS, changed))
    assert torch.equal(one[:, :4], other[:, :4])
    assert not torch.allclose(one[:, 4:], other[:, 4:])


def test_without_positions_no_depth_can_count_equal_symbols():
    same = torch.full((1, 6), 2)
    for model in (net(), net(repeats=3)):
        output = settle(model, same, model.config.applications).output
        torch.testing.assert_close(output, output[:, :1].expand_as(output), rtol=1e-4, atol=1e-4)
    counted = settle(net(positions=6), same, 3).output
    assert (counted[:, 1:] - counted[:, :1]).abs().amin(dim=(0, 1)).max() > 1e-3


@pytest.mark.parametrize(
    "changed",
    [{}, {"depth": 7}, {"repeats": 4}, {"share_embedding": False}, {"positions": 9}, {"groups": 1}],
)
def test_the_number_of_weights_is_that_of_the_formula_and_sharing_adds_none(changed):
    config = replace(SMALL, **changed)
    assert parameters(MobileLLM(config)) == weights_of(config)
    assert weights_of(replace(config, repeats=5)) == weights_of(config)


def test_sizes_fit_a_number_of_weights():
    for depth, width in ((1, 128), (2, 96), (4, 64), (8, 48), (16, 32)):
        config = sized(MobileLLMConfig(symbols=6, width=width, depth=depth), 198_000)
        assert weights_of(config) == pytest.approx(198_000, rel=0.01)
    with pytest.raises(ValueError, match="2 blocks of width 64 need more than 5,000 weights"):
        sized(MobileLLMConfig(depth=2), 5_000)


def test_the_first_answers_are_of_one_size_at_every_depth():
    for depth in (1, 16):
        with seeded(0):
            model = MobileLLM(replace(SMALL, width=64, depth=depth))
        rows = torch.randint(0, 5, (8, 12), generator=torch.Generator().manual_seed(0))
        state = settle(model, rows, depth).state
        assert 0.1 < state.z.square().mean().sqrt() < 2


def test_a_gru_passes_over_the_row_once_a_step():
    with seeded(2):
        model = GRUNet(GRUConfig())
    assert parameters(model) == 1830
    assert isinstance(model, Recurrence)
    cell = torch.nn.GRUCell(16, 16)
    cell.load_state_dict({name.removesuffix("_l0"): w for name, w in model.layers[0].state_dict().items()})
    h, hidden = torch.zeros(2, 16), []
    for symbol in ROWS.T:
        h = cell(model.embed(symbol), h)
        hidden.append(h)
    torch.testing.assert_close(settle(model, ROWS, 1).output, model.head(torch.stack(hidden, 1)))
    assert torch.equal(settle(model, ROWS, 1).output, settle(model, ROWS, 3).output)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (lambda: MobileLLMConfig(depth=0), "symbols, depth and repeats must be 1 or more, not 256, 0 and 1"),
        (lambda: MobileLLMConfig(repeats=0), "not 256, 4 and 0"),
        (lambda: MobileLLMConfig(positions=-1), "positions must be 0 or more, not -1"),
        (lambda: MobileLLMConfig(order="both"), "order must be 'immediate' or 'over', not 'both'"),
        (lambda: GRUConfig(width=0), "symbols, width and depth must be 1 or more, not 6, 0 and 1"),
        (lambda: net().start(ROWS + 1), "symbols must be numbers from 0 to 4"),
        (lambda: net(positions=4).start(ROWS), "positions must be numbers from 0 to 3"),
    ],
)
def test_bad_sizes_and_symbols_are_one_line(wrong, line):
    # the check of annotations would refuse 'both' before the code does
    with pytest.raises((ValueError, TypeError)) as caught:
        wrong()
    if isinstance(caught.value, ValueError):
        assert line in str(caught.value)
        assert "\n" not in str(caught.value)
