"""The looped transformer with options, and the bidirectional GRU beside it: steps, sharing, padding, errors."""

from dataclasses import replace

import pytest
import torch

from recurse_lab.measure.cost import parameters
from recurse_lab.models.bidirectional_gru import BidirectionalGRU, BidirectionalGRUConfig
from recurse_lab.models.data_router import DataRouter, DataRouterConfig
from recurse_lab.nn.norms import rms
from recurse_lab.recurrence import Recurrence, settle, think
from recurse_lab.train.loop import seeded

SMALL = DataRouterConfig(symbols=6, classes=3, width=16, heads=2, hidden=24)
ROWS = torch.tensor([[0, 1, 2, 3, 4, 5], [5, 4, 1, 0, 2, 3]])
SIDE = torch.tensor([[0, 1, 1, 2, 2, 3]])
TREES = torch.stack((ROWS[:1], torch.tensor([[0, 0, 1, 1, 0, 5]]), SIDE), dim=-1)
PLACES = ("geometric", "relative", "absolute", "tree")


def net(config=SMALL, **changed):
    with seeded(1):
        return DataRouter(replace(config, **changed))


def unchecked(config, **words):
    """A configuration with values that bypass the type check of the tests."""
    config = replace(config)
    vars(config).update(words)
    return config


def test_distinct_steps_use_their_blocks_in_order():
    model = net(depth=3, blocks=2, places="relative", gate=False, recall=True)
    z = x = model.embed(ROWS)
    for number, block in enumerate(model.blocks):
        z = block(z + x if number % 2 == 0 else z, block.attention.bias(6))
    torch.testing.assert_close(settle(model, ROWS, 3).state.z, z)


@pytest.mark.parametrize("places", PLACES)
@pytest.mark.parametrize("gate", [True, False])
def test_every_form_refines_with_shared_weights(places, gate):
    model, inputs = net(places=places, gate=gate), TREES if places == "tree" else ROWS
    assert isinstance(model, Recurrence)
    assert settle(model, inputs, 3).output.shape == (len(inputs), 6, 3)
    states = [thought.state.z for thought in think(model, inputs, 4)]
    again = model.step(list(think(model, inputs, 2))[-1].state, model.start(inputs)[1])
    torch.testing.assert_close(again.z, states[3])
    deep = net(places=places, gate=gate, depth=3)
    table = 6 * 16 + 16 * 3 + 3
    assert parameters(deep) - table == 3 * (parameters(model) - table)
    assert torch.equal(settle(deep, inputs, 3).output, settle(deep, inputs, 5).output)


def test_questions_have_their_own_answers():
    model = net(questions=2)
    output = settle(model, ROWS, 2).output
    assert output.shape == (2, 2, 6, 3)
    torch.testing.assert_close(output[:, 1], model.head(settle(model, ROWS, 2).state.z)[..., 3:])


def test_only_the_plain_forms_can_be_causal():
    changed = ROWS.clone()
    changed[:, 4:] = 0
    for places in ("relative", "absolute"):
        model = net(places=places, causal=True)
        one, other = (settle(model, rows, 3).output for rows in (ROWS, changed))
        torch.testing.assert_close(one[:, :4], other[:, :4])
    with pytest.raises(ValueError, match="causal net must have"):
        replace(SMALL, causal=True)


def test_geometric_places_follow_a_shift_and_sines_do_not():
    rows = torch.tensor([[1, 1, 1, 2, 1, 1, 1], [1, 1, 2, 1, 1, 1, 1]])
    absolute = settle(net(places="absolute"), rows, 1).output
    assert not torch.allclose(absolute[0, 3], absolute[1, 2], atol=1e-3)
    near = settle(net(places="relative", clip=1), rows, 1).output
    torch.testing.assert_close(near[0, 3], near[1, 2], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("order", ["both", "there_and_back"])
def test_the_gru_sees_both_sides_in_two_layers(order):
    with seeded(0):
        model = BidirectionalGRU(BidirectionalGRUConfig(symbols=6, classes=3, width=8, order=order))
    output = settle(model, ROWS, 2).output
    for cell in (0, 5):
        changed = ROWS.clone()
        changed[:, cell] = (changed[:, cell] + 1) % 6
        assert ((settle(model, changed, 2).output - output).abs().amax(-1) > 1e-7).all()
    assert torch.equal(settle(model, ROWS, 4).output, output)


def test_padding_changes_no_answer():
    cut = TREES[:, :5]
    with seeded(0):
        gru = BidirectionalGRU(BidirectionalGRUConfig(symbols=6, classes=3, width=8, tree=True))
    for model in (gru, net(places="tree", gate=False), net(places="tree")):
        torch.testing.assert_close(settle(model, TREES, 2).output[:, :5], settle(model, cut, 2).output)


def test_depths_and_distances_beyond_the_largest_count_as_the_largest():
    chain = torch.tensor([[0, 1, 2, 3, 4, 5], [0, 0, 1, 2, 3, 4], [0, 1, 1, 1, 1, 1]]).T[None]
    nets = []
    for deepest in (2, 5):
        with seeded(0):
            nets.append(
                BidirectionalGRU(BidirectionalGRUConfig(symbols=6, classes=3, tree=True, deepest=deepest))
            )
    clamped, whole = nets
    clamped.load_state_dict(
        {name: part[:3] if name == "places.0.weight" else part for name, part in whole.state_dict().items()}
    )
    assert not torch.allclose(*(net.start(chain)[0].z[:, 3:] for net in nets))
    with torch.no_grad():
        whole.places[0].weight[3:] = whole.places[0].weight[2]
    torch.testing.assert_close(*(net.start(chain)[0].z for net in nets))


def test_errors_say_what_is_allowed():
    with pytest.raises(ValueError, match="places must be one of"):
        unchecked(SMALL, places="near").__post_init__()
    with pytest.raises(ValueError, match="norm must be post"):
        replace(SMALL, norm="pre")
    with pytest.raises(ValueError, match="1 or more"):
        replace(SMALL, depth=0)
    with pytest.raises(ValueError, match="symbols must be numbers from 0 to 5"):
        net().start(ROWS + 1)
    with pytest.raises(ValueError, match="order must be both or there_and_back"):
        unchecked(BidirectionalGRUConfig(), order="back").__post_init__()


def test_swiglu_is_the_block_of_trees_with_other_places():
    model = net(places="relative", gate=False, swiglu=True, recall=True)
    state, context = model.start(ROWS)
    block, x = model.blocks[0], state.z + context.x
    h = rms(x + block.attention(x, context.biases[0]))
    torch.testing.assert_close(model.step(state, context).z, rms(h + block.mlp(h)))
    with pytest.raises(ValueError, match="swiglu must be False in a net with a copy gate"):
        net(swiglu=True)
