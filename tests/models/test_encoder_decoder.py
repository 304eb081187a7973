"""Encoders and decoders: actions depend on words and earlier actions alone; padding has no effect."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from recurse_lab.models.encoder_decoder import EncoderDecoder, EncoderDecoderConfig
from recurse_lab.models.gru_encoder_decoder import GRUEncoderDecoder, GRUEncoderDecoderConfig
from recurse_lab.recurrence import Recurrence, settle, think
from recurse_lab.train.loop import seeded

SMALL = EncoderDecoderConfig(width=16, hidden=24, rounds=2, depth=2)
KINDS = {
    "relative": SMALL,
    "absolute": replace(SMALL, places="absolute"),
    "looped": replace(SMALL, rounds=3, depth=1),
    "gate": replace(SMALL, gate=True),
    "gru": GRUEncoderDecoderConfig(width=8),
}
all_kinds = pytest.mark.parametrize("kind", KINDS)


def net_of(kind):
    config = KINDS[kind]
    with seeded(1):
        net = (GRUEncoderDecoder if kind == "gru" else EncoderDecoder)(config)
        for weight in net.parameters():
            torch.nn.init.normal_(weight, std=0.4)
    return net.eval()


def rows(seed=0, words=9, actions=6):
    g = torch.Generator().manual_seed(seed)
    source = torch.randint(1, 14, (4, 9), generator=g)
    source[:, words:] = 0
    return torch.cat((source, torch.randint(1, 8, (4, actions), generator=g)), dim=1)


def logits(net, inputs):
    return settle(net, inputs, net.config.applications).output


@all_kinds
def test_an_action_depends_on_all_words_and_on_earlier_actions_alone(kind):
    net, inputs = net_of(kind), rows()
    assert isinstance(net, Recurrence)
    before = logits(net, inputs)
    assert before.shape == (4, 6, 8)
    for cell in range(15):
        changed = inputs.clone()
        changed[:, cell] = changed[:, cell] % 7 + 1
        moved = (logits(net, changed) - before).abs().amax(-1) > 1e-6
        first = max(0, cell - 9)
        assert not moved[:, :first].any()
        assert moved[changed[:, cell] != inputs[:, cell]][:, first].all()


@all_kinds
def test_padding_behind_the_words_changes_nothing(kind):
    net, inputs = net_of(kind), rows(words=5)
    wider = net.config.source + 3
    more = (GRUEncoderDecoder if kind == "gru" else EncoderDecoder)(replace(net.config, source=wider))
    more.load_state_dict(net.state_dict())
    padded = torch.cat((inputs[:, :9], torch.zeros(4, 3, dtype=torch.int64), inputs[:, 9:]), dim=1)
    torch.testing.assert_close(logits(more, padded), logits(net, inputs))


@all_kinds
def test_the_encoder_comes_first_and_nothing_moves_after_the_last_step(kind):
    net, inputs = net_of(kind), rows()
    steps = net.config.applications
    states = [thought.state for thought in think(net, inputs, steps + 2)]
    for before, after in pairwise(states):
        turn = before.layer
        assert torch.equal(before.source, after.source) == (turn >= steps // 2)
        assert torch.equal(before.target, after.target) == (turn < steps // 2 or turn >= steps)


def test_shared_blocks_have_the_weights_of_one_round():
    sizes = {kind: sum(p.numel() for p in net_of(kind).encoder.parameters()) for kind in KINDS}
    assert 2 * sizes["looped"] == sizes["relative"]
    net, inputs = net_of("looped"), rows()
    state, context = net.start(inputs)
    for _ in range(3):
        state = net.step(state, context)
    by_hand = net.start(inputs)[0].source
    for _ in range(3):
        by_hand = net.encoder[0](by_hand, context.encoder[0])
    torch.testing.assert_close(state.source, by_hand)


def test_the_bias_of_a_distance_is_one_learned_number():
    net = net_of("relative")
    bias = net.start(rows(words=6))[1]
    own = net.decoder[0].attention.distance
    for query, key in ((5, 5), (5, 0), (2, 1)):
        torch.testing.assert_close(bias.decoder[0][:, query, key], own[:, key - query + 16])
    assert bias.decoder[0][0, 1, 2] == -torch.inf
    torch.testing.assert_close(bias.encoder[0][0, :, 0, 5], net.encoder[0].attention.distance[:, 5 + 16])
    assert bias.encoder[0][0, 0, 0, 6] == -torch.inf


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (lambda: replace(SMALL, width=18, heads=4) and EncoderDecoder(replace(SMALL, width=18)), "multiple"),
        (lambda: replace(SMALL, depth=3), "depth must be 1 .shared. or 2 .all rounds distinct., not 3"),
        (lambda: replace(SMALL, rounds=0), "symbols, classes, source, rounds and depth must be 1 or more"),
        (lambda: GRUEncoderDecoderConfig(width=0), "symbols, classes, source and width must be 1 or more"),
        (lambda: net_of("gru").start(rows()[:, :9]), "inputs must have more than 9 cells, not 9"),
        (lambda: net_of("gate").start(rows()[:, :9]), "inputs must have more than 9 cells, not 9"),
        (lambda: net_of("gate").start(rows() + 13), "words must be numbers from 0 to 13"),
    ],
)
def test_bad_numbers_are_one_line(wrong, line):
    with pytest.raises(ValueError, match=line):
        wrong()
