"""The tiny recursive model: its sizes, its order of sums, its gradients, and its objective."""

import math
from dataclasses import replace
from inspect import unwrap
from itertools import product

import derived
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from recurse_lab import settle, think
from recurse_lab.measure.cost import parameters
from recurse_lab.measure.early_exit import answers
from recurse_lab.models.trm import LEAST, TRM, Latents, TRMConfig, answer
from recurse_lab.nn.attention import PlacedAttention
from recurse_lab.nn.init import lecun_normal_
from recurse_lab.nn.mlp import hidden_width
from recurse_lab.nn.norms import rms
from recurse_lab.recurrence import Recurrence, Thought
from recurse_lab.state import latent, map_state
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import CLASSES, IGNORE
from recurse_lab.train.loop import fit, seeded
from recurse_lab.train.objectives.deep_supervision import DeepSupervision
from recurse_lab.train.objectives.halting_supervision import (
    HaltingSupervision,
    answer_loss,
    go_on_target,
    halting_loss,
    log_softmax,
    log_stablemax,
)
from recurse_lab.train.objectives.slots import InProgress, Slots
from recurse_lab.train.optimizer import Average, Plan, Stepper, sign_step
from recurse_lab.train.sources import InTurn

TINY = TRMConfig(
    symbols=5, classes=4, cells=9, width=16, heads=2, refinements=2, expansion=1.5, multiple=1, prefix=1
)
CONFIGS = {
    "rotary": TINY,
    "plain": replace(TINY, mixer="attention"),
    "tokens": replace(TINY, mixer="tokens", learned_positions=True),
    "single": replace(TINY, latents=1),
    "two nets": replace(TINY, layers=(1, 2)),
    "one step": replace(TINY, gradient="last"),
    "puzzles": replace(TINY, puzzles=3, prefix=2, puzzle_width=24),
    "no prefix": replace(TINY, prefix=0),
}
all_models = pytest.mark.parametrize("name", CONFIGS)
seeds = st.integers(0, 2**31)


def build(name, seed=0, relations=None):
    with seeded(seed):
        model = TRM(CONFIGS[name], relations)
        torch.nn.init.normal_(model.halt.weight, std=0.3)
        if model.puzzles is not None:
            torch.nn.init.normal_(model.puzzles.weight)
        return model


def boards(name, seed=0, count=3):
    config, generator = CONFIGS[name], torch.Generator().manual_seed(seed)
    tokens = torch.randint(0, config.symbols, (count, config.cells), generator=generator)
    rows = torch.randint(0, max(1, config.puzzles), (count, 1), generator=generator)
    return torch.cat((rows, tokens), 1) if config.puzzles else tokens


def targets(count=3, seed=0):
    return torch.randint(0, 4, (count, 9), generator=torch.Generator().manual_seed(seed))


# Parts


def test_rms_by_hand():
    x = torch.tensor([[3.0, -4.0], [0.0, 0.0]])
    assert torch.allclose(rms(x)[0], x[0] / math.sqrt(12.5 + 1e-5), rtol=1e-7)
    assert torch.equal(rms(x)[1], x[1])
    small = torch.tensor([1e-3, -1e-3])
    assert rms(small)[0].item() == pytest.approx(1e-3 / math.sqrt(1e-6 + 1e-5))
    assert rms(x.bfloat16()).dtype == torch.bfloat16


@pytest.mark.parametrize(
    ("width", "options", "inner"),
    [
        (512, {}, 1536),
        (128, {}, 512),
        (64, {}, 256),
        (97, {}, 512),
        (916, {}, 2560),
        (32, {"multiple": 1}, 85),
    ],
)
def test_inner_widths_are_the_published_ones(width, options, inner):
    assert hidden_width(width, **options) == inner


def test_first_weights_are_cut_normals_of_the_wanted_deviation():
    with seeded(0):
        weight = lecun_normal_(torch.empty(400, 100))
    assert weight.std().item() == pytest.approx(0.1, rel=0.01)
    assert weight.abs().max().item() == pytest.approx(2 * 0.1 * 1.13685, rel=0.01)


def test_published_sizes():
    papers = {"attention": (TRMConfig(prefix=16, puzzles=1), 6.828e6), "tokens": (None, 5.029e6)}
    papers["tokens"] = (replace(papers["attention"][0], mixer="tokens"), 5.029e6)
    for config, published in papers.values():
        with torch.device("meta"):
            model = TRM(config)
        assert parameters(model) == pytest.approx(published, abs=600)


def test_the_first_head_hardly_ever_halts_and_the_first_table_is_empty():
    model = TRM(CONFIGS["puzzles"])
    assert torch.equal(model.halting(settle(model, boards("puzzles"), 2).state).halt, torch.full((3,), -5.0))
    assert not model.puzzles.weight.any()
    assert {"y_init", "z_init"} <= set(dict(model.named_buffers()))


def test_relations_add_eight_times_their_numbers_to_the_scores():
    with seeded(0), torch.no_grad():
        attention, x = PlacedAttention(4, 1, rotary=False, relations=2), torch.randn(1, 5, 4)
        same = torch.rand(2, 5, 5).round()
        attention.relation.copy_(torch.tensor([[0.3, -0.2]]))
        q, k, v = (x @ attention.qkv.weight.T).chunk(3, -1)
        scores = q @ k.mT / 2 + 8 * (0.3 * same[0] - 0.2 * same[1])
        expected = scores.softmax(-1) @ v @ attention.out.weight.T
        assert torch.allclose(attention(x, attention.bias(same)), expected, atol=1e-6)


def test_a_model_learns_its_relations_and_the_prefix_has_none():
    same = torch.eye(9).expand(2, 9, 9)
    model = build("plain", relations=same)
    assert model.relations.shape == (2, 10, 10)
    assert not model.relations[:, 0].any()
    assert not model.relations[:, :, 0].any()
    settle(model, boards("plain"), 2).output.square().sum().backward()
    tables = [weight for name, weight in model.named_parameters() if name.endswith("relation")]
    assert [tuple(table.shape) for table in tables] == [(2, 2), (2, 2)]
    assert all(table.grad.abs().max() > 0 for table in tables)


NETWORKS = "layers must be the blocks of one or two networks, 1 or more each, not "
RELATIONS = r"relations need attention and the shape \(R, 9, 9\), not "


def with_row(row):
    """A board of the puzzle of that row."""
    return torch.cat((torch.tensor([[row]]), boards("puzzles", count=1)[:, 1:]), 1)


def unchecked(**words):
    """An objective with values that bypass the type check of the tests."""
    objective = HaltingSupervision()
    vars(objective).update(words)
    objective.__post_init__()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        *(
            (
                lambda name=name, least=least: TRM(replace(TINY, **{name: least - 1})),
                f"^{name} must be {least} or more, not {least - 1}$",
            )
            for least, names in LEAST.items()
            for name in names
        ),
        (lambda: TRM(replace(TINY, layers=())), NETWORKS),
        (lambda: TRM(replace(TINY, layers=(1, 1, 1))), NETWORKS),
        (lambda: TRM(replace(TINY, layers=(2, 0))), NETWORKS),
        (lambda: TRM(replace(TINY, puzzles=2, prefix=0)), "prefix of 0 tokens has no room for 16 numbers"),
        (lambda: TRM(replace(TINY, mixer="tokens"), torch.zeros(1, 9, 9)), RELATIONS),
        (lambda: TRM(TINY, torch.zeros(1, 8, 8)), RELATIONS + r"\(1, 8, 8\)"),
        (lambda: build("rotary").start(boards("rotary")[:, :8]), r"boards \(B, 9\), not \(3, 8\)"),
        (lambda: build("puzzles").start(boards("rotary")), r"boards \(B, 10\), not \(3, 9\)"),
        # bypasses the type check of the tests
        (lambda: unwrap(TRM.embedded)(build("rotary"), boards("rotary")[0]), r"boards \(B, 9\), not \(9,\)"),
        (lambda: build("rotary").start(boards("rotary") + 5), "symbols must be numbers from 0 to 4"),
        (lambda: build("rotary").start(boards("rotary") - 5), "symbols must be numbers from 0 to 4"),
        (lambda: build("puzzles").start(with_row(3)), "the puzzles' rows must be numbers from 0 to 2"),
        (lambda: build("puzzles").start(with_row(-1)), "the puzzles' rows must be numbers from 0 to 2"),
        (lambda: answers(build("rotary"), boards("rotary"), cycles=1, steps=0), "1 supervision step or more"),
        (lambda: HaltingSupervision(cycles=0), "cycles and max_age must be 1 or more, not 0 and 16"),
        (lambda: HaltingSupervision(max_age=0), "cycles and max_age must be 1 or more, not 3 and 0"),
        (lambda: unchecked(loss="ce"), "'ce' is none of stablemax, softmax"),
        (lambda: unchecked(refill="hed"), "'hed' is none of head, solved"),
    ],
)
def test_what_cannot_be_is_one_line(make, words):
    with pytest.raises(ValueError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)


# The recurrence


@all_models
def test_shapes_and_protocol(name):
    model, config = build(name), CONFIGS[name]
    last = settle(model, boards(name), 2)
    assert isinstance(model, Recurrence)
    assert last.output.shape == (3, 9, 4)
    assert answer(last.state).shape == (3, 9 + config.prefix, 16)
    assert isinstance(last.state, Latents) is (config.latents == 2)
    assert [part.shape for part in model.halting(last.state)] == [(3,), (3,)]


@all_models
def test_a_cycle_yields_every_latent_and_ends_where_the_step_ends(name):
    model = build(name)
    state, context = model.start(boards(name))
    states = list(model.cycle(state, context))
    assert len(states) == CONFIGS[name].refinements + 1
    assert torch.equal(latent(states[-1]), latent(model.step(state, context)))
    if CONFIGS[name].latents == 2:
        assert all(torch.equal(one.y, state.y) for one in states[:-1])
        assert torch.equal(states[-1].z, states[-2].z)


def test_the_input_is_added_to_the_answer_first():
    model = build("rotary")
    (y, z), context = model.start(boards("rotary"))
    y, z = y + torch.randn(y.shape), z + torch.randn(z.shape)
    right = model.nets[0](z + (y + context.x), context.biases[0])
    other = model.nets[0]((z + y) + context.x, context.biases[0])
    assert torch.equal(model.refine_z(Latents(y, z), context).z, right)
    assert not torch.equal(right, other)


@pytest.mark.parametrize("kind", ["rotary", "two nets"])
def test_which_network_plays_which_role(kind):
    model = build(kind)
    (y, z), context = model.start(boards(kind))
    assert len(model.nets) == (2 if kind == "two nets" else 1)
    new = model.nets[-1](y + z, context.biases[-1])
    assert torch.equal(model.refine_y(Latents(y, z), context).y, new)


def test_two_networks_with_the_same_weights_are_one():
    one, two = build("rotary"), TRM(replace(TINY, layers=(2, 2)))
    weights = one.state_dict()
    weights |= {name.replace("nets.0", "nets.1"): value for name, value in weights.items() if "nets" in name}
    two.load_state_dict(weights)
    assert torch.equal(settle(one, boards("rotary"), 3).output, settle(two, boards("rotary"), 3).output)


@all_models
@given(seed=seeds, first=st.integers(0, 3), more=st.integers(0, 3))
def test_resuming_equals_running_through(name, seed, first, more):
    model, inputs = build(name, seed), boards(name, seed)
    begun = settle(model, inputs, first)
    through, resumed = settle(model, inputs, first + more), settle(model, inputs, more, resume=begun)
    assert torch.equal(latent(through.state), latent(resumed.state))
    assert torch.equal(through.output, resumed.output)


def gradients(model, state):
    loss = model.read(state).square().sum() + model.halting(state).halt.sum()
    return torch.autograd.grad(loss, list(model.parameters()), materialize_grads=True)


@all_models
@given(seed=seeds)
def test_the_gradient_of_the_last_cycle_equals_detaching_by_hand(name, seed):
    model, inputs = build(name, seed), boards(name, seed)
    state, context = model.start(inputs)
    for _ in range(2):
        state = map_state(torch.Tensor.detach, model.step(state, context))
    by_hand = gradients(model, model.step(state, context))
    truncated = gradients(model, settle(model, inputs, 3, grad_steps=1).state)
    full = gradients(model, settle(model, inputs, 3).state)
    assert all(torch.equal(a, b) for a, b in zip(by_hand, truncated, strict=True))
    # with the one-step gradient, the full gradient reaches no further back either
    same = all(torch.allclose(a, b) for a, b in zip(truncated, full, strict=True))
    assert same is (CONFIGS[name].gradient == "last")


@given(seed=seeds)
def test_one_step_gradient_equals_detaching_by_hand(seed):
    model, inputs = build("one step", seed), boards("one step", seed)
    (y, z), context = model.start(inputs)
    for cycle in range(2):
        y, z = y.detach(), z.detach()
        z = model.refine_z(Latents(y, z), context).z.detach()
        z = model.refine_z(Latents(y, z), context).z
        y = model.refine_y(Latents(y, z), context).y
        if cycle == 0:
            assert z.requires_grad
    by_hand, found = gradients(model, Latents(y, z)), gradients(model, settle(model, inputs, 2).state)
    assert all(torch.equal(a, b) for a, b in zip(by_hand, found, strict=True))


@all_models
@given(seed=seeds)
def test_boards_do_not_see_each_other(name, seed):
    model, inputs = build(name, seed), boards(name, seed, count=4)
    order = torch.randperm(4, generator=torch.Generator().manual_seed(seed))
    one, other = settle(model, inputs, 2), settle(model, inputs[order], 2)
    assert torch.allclose(one.output[order], other.output, atol=1e-4)


@all_models
def test_thinking_is_the_derivations(name):
    """`derived` gives the same answers with the same weights (the parity command compares all numbers)."""
    config = CONFIGS[name]
    if name == "two nets" or config.gradient == "last":
        return  # compared in test_hrm
    model, inputs = build(name), boards(name)
    sized = derived.configuration(
        vocab_size=5,
        pos_encodings={"rotary": "rope"}.get(config.mixer, "none"),
        mlp_t=config.mixer == "tokens",
    )
    sized |= {"puzzle_emb_ndim": (config.puzzle_width or 16) if config.puzzles else 0}
    sized |= {"puzzle_emb_len": config.prefix, "L_cycles": 2, "H_cycles": 1}
    sized |= {"pos_encodings": "learned"} if config.learned_positions else {}
    from recurse_lab.parity.golden import official_name

    w = {official_name(key): value.detach() for key, value in model.state_dict().items()}
    rows = model.puzzles.weight[inputs[:, 0]] if config.puzzles else torch.zeros(3, 0)
    x = derived.embed(w, sized, inputs[:, -9:], rows)
    begun = (None, w["L_init"].expand_as(x)) if config.latents == 1 else derived.first(w, x)
    *_, (_, expected) = derived.think(w, sized, x, *begun)
    assert torch.allclose(answer(settle(model, inputs, 1).state), expected, atol=1e-4)


# Losses and training


@given(seed=seeds)
def test_stablemax_by_hand(seed):
    logits = 5 * torch.randn(4, 6, generator=torch.Generator().manual_seed(seed))
    x = logits.double()
    s = torch.where(x < 0, 1 / (1 - x), x + 1)
    found = log_stablemax(logits)
    assert found.dtype == torch.float64
    assert torch.allclose(found.exp(), s / s.sum(-1, keepdim=True), rtol=1e-12)
    assert torch.allclose(log_softmax(logits).exp(), logits.softmax(-1))


def test_stablemax_is_smooth_at_zero_and_one():
    logits = torch.tensor([[0.0, 1.0, -1.0]], requires_grad=True)
    log_stablemax(logits)[0, 0].backward()
    s = torch.tensor([1.0, 2.0, 0.5])
    slope = torch.tensor([1.0, 1.0, 0.25]) / s.sum()
    assert torch.allclose(logits.grad[0], torch.tensor([1.0, 0.0, 0.0]) - slope)


def test_ten_of_eleven_classes():
    logits = torch.zeros(1, 11)
    logits[0, 0] = 10
    assert log_stablemax(logits)[0, 0].exp().item() == pytest.approx(0.524, abs=1e-3)
    assert log_softmax(logits)[0, 0].exp().item() == pytest.approx(0.9995, abs=1e-4)


def test_answer_loss_is_a_mean_over_each_boards_own_cells():
    log_p = torch.log(torch.tensor([[[0.5, 0.5], [0.25, 0.75]], [[0.1, 0.9], [0.2, 0.8]]]))
    loss = answer_loss(log_p, torch.tensor([[0, 0], [1, IGNORE]]))
    assert torch.allclose(loss, -torch.tensor([(math.log(0.5) + math.log(0.25)) / 2, math.log(0.9)]))
    assert answer_loss(log_p, torch.full((2, 2), IGNORE)).tolist() == [0, 0]


def test_halting_losses_by_hand():
    q, right = torch.tensor([0.5, -2.0]), torch.tensor([True, False])
    p = q.sigmoid()
    assert torch.allclose(halting_loss(q, right), -torch.stack((p[0].log(), (1 - p[1]).log())))
    following = torch.tensor([0.3, 0.3]), torch.tensor([0.7, 0.7])
    target = go_on_target(following, torch.tensor([True, False]))
    assert torch.allclose(target, torch.tensor([0.3, 0.7]).sigmoid())


def ask(objective, model, batch, carry=None, seed=0):
    return objective(model, CLASSES, batch, carry, 0.0, torch.Generator().manual_seed(seed))


@all_models
@pytest.mark.parametrize("loss", ["stablemax", "softmax"])
def test_the_loss_of_a_supervision_step_by_hand(name, loss):
    model, batch = build(name), Batch(boards(name), targets())
    outcome = ask(HaltingSupervision(cycles=2, loss=loss), model, batch)
    last = settle(model, batch.inputs, 2)
    log_p = (log_stablemax if loss == "stablemax" else log_softmax)(last.output)
    right = (last.output.argmax(-1) == batch.targets).all(1)
    losses = answer_loss(log_p, batch.targets) + 0.5 * halting_loss(model.halting(last.state).halt, right)
    assert outcome.loss.item() == pytest.approx(losses.mean().item(), rel=1e-5)
    assert outcome.carry.slots.age.tolist() == [1, 1, 1]
    assert not latent(outcome.carry.slots.state).requires_grad


def with_bias(model, bias):
    """Set the head to give every state the same logits."""
    with torch.no_grad():
        model.halt.weight.zero_()
        model.halt.bias.copy_(torch.tensor(bias))
    return model


def test_slots_go_on_until_they_halt_or_are_too_old():
    model, objective = (
        with_bias(build("rotary"), [-1.0, 0.0]),
        HaltingSupervision(cycles=1, max_age=3, explore=0.0),
    )
    first, fresh = Batch(boards("rotary"), targets()), Batch(boards("rotary", 1), targets(seed=1))
    carry, seen = None, []
    for step in range(5):
        outcome = ask(objective, model, first if step == 0 else fresh, carry)
        carry = outcome.carry
        seen.append(
            (carry.slots.age.tolist(), carry.halted.tolist(), torch.equal(outcome.targets, first.targets))
        )
    yes, no = [True] * 3, [False] * 3
    assert seen[:4] == [([1] * 3, no, True), ([2] * 3, no, True), ([3] * 3, yes, True), ([1] * 3, no, False)]
    held = settle(model, first.inputs, 3)
    assert torch.allclose(
        latent(ask(objective, model, first).carry.slots.state), latent(settle(model, first.inputs, 1).state)
    )
    third = carry_after(objective, model, first, 3)
    assert torch.allclose(latent(third.slots.state), latent(held.state), atol=1e-5)


def carry_after(objective, model, batch, steps):
    carry = None
    for _ in range(steps):
        carry = ask(objective, model, batch, carry).carry
    return carry


def test_only_halted_slots_take_a_fresh_board():
    model, objective = with_bias(build("rotary"), [-1.0, 0.0]), HaltingSupervision(cycles=1, explore=0.0)
    old, new = Batch(boards("rotary"), targets()), Batch(boards("rotary", 1), targets(seed=1))
    carry = ask(objective, model, old).carry._replace(halted=torch.tensor([True, False, False]))
    after = ask(objective, model, new, carry)
    assert torch.equal(after.targets, torch.cat((new.targets[:1], old.targets[1:])))
    assert after.carry.slots.age.tolist() == [1, 2, 2]
    mixed = latent(after.carry.slots.state)
    assert torch.allclose(mixed[:1], latent(settle(model, new.inputs, 1).state)[:1], atol=1e-5)
    assert torch.allclose(mixed[1:], latent(settle(model, old.inputs, 2).state)[1:], atol=1e-5)


def test_a_confident_head_halts_unless_the_slot_explores():
    model, batch = with_bias(build("rotary"), [1.0, 2.0]), Batch(boards("rotary"), targets())
    assert ask(HaltingSupervision(cycles=1, explore=0.0), model, batch).carry.halted.all()
    assert not ask(HaltingSupervision(cycles=1, explore=1.0), model, batch).carry.halted.any()
    assert not ask(HaltingSupervision(cycles=1, explore=0.0, go_on=True), model, batch).carry.halted.any()
    assert ask(HaltingSupervision(cycles=1, explore=1.0, max_age=1), model, batch).carry.halted.all()
    objective = HaltingSupervision(explore=0.1, max_age=5)
    drawn = objective.minimum(torch.zeros(20_000, dtype=torch.int64), torch.Generator().manual_seed(0))
    shares = torch.bincount(drawn, minlength=6) / len(drawn)
    assert shares.tolist() == pytest.approx([0, 0.9, 0.025, 0.025, 0.025, 0.025], abs=0.005)


def test_solved_and_old_slots_are_refilled_whatever_the_head_says():
    """Slot 0 is solved; slot 1 is not; slot 2 is not, and has reached its largest age."""
    model = build("rotary")
    inputs = boards("rotary")
    given = settle(model, inputs, 1).output.argmax(-1)
    wanted = given.clone()
    wanted[1, 4] = (wanted[1, 4] + 1) % 4
    wanted[2, 8] = (wanted[2, 8] + 1) % 4
    state, _ = model.start(inputs)
    begun = InProgress(Slots(Batch(inputs, wanted), state, torch.tensor([0, 0, 2])), torch.zeros(3) > 0)
    halted = {}
    for (word, head), refill in product({"stop": 1.0, "on": -1.0}.items(), ("head", "solved")):
        objective = HaltingSupervision(cycles=1, max_age=3, explore=0.0, refill=refill)
        outcome = ask(objective, with_bias(model, [head, 0.0]), begun.slots.batch, begun)
        halted[refill, word] = outcome.carry.halted.tolist()
    assert halted["solved", "stop"] == halted["solved", "on"] == [True, False, True]
    assert halted["head", "stop"] == [True, True, True]
    assert halted["head", "on"] == [False, False, True]

    objective = HaltingSupervision(cycles=1, max_age=3, explore=0.0, refill="solved")
    carry = ask(objective, model, begun.slots.batch, begun).carry
    fresh = Batch(boards("rotary", 1), targets(seed=1))
    after = ask(objective, model, fresh, carry).carry.slots
    assert after.age.tolist() == [1, 2, 1]
    assert torch.equal(after.batch.inputs, torch.stack((fresh.inputs[0], inputs[1], fresh.inputs[2])))
    assert torch.equal(after.batch.targets, torch.stack((fresh.targets[0], wanted[1], fresh.targets[2])))


def test_a_solved_slot_that_explores_goes_on_and_the_default_asks_the_head():
    model, inputs = with_bias(build("rotary"), [-1.0, 0.0]), boards("rotary")
    batch = Batch(inputs, settle(model, inputs, 1).output.argmax(-1))
    assert HaltingSupervision().refill == "head"
    assert ask(HaltingSupervision(cycles=1, explore=0.0, refill="solved"), model, batch).carry.halted.all()
    assert not ask(
        HaltingSupervision(cycles=1, explore=1.0, refill="solved"), model, batch
    ).carry.halted.any()
    assert not ask(HaltingSupervision(cycles=1, explore=0.0), model, batch).carry.halted.any()
    losses = [
        ask(HaltingSupervision(cycles=1, refill=word), model, batch).loss for word in ("head", "solved")
    ]
    assert torch.equal(*losses)


def test_learning_to_go_on_adds_its_loss_and_looks_ahead_without_gradient():
    model, batch = build("rotary"), Batch(boards("rotary"), targets())
    plain, more = (
        ask(HaltingSupervision(cycles=1, go_on=go_on), model, batch).loss for go_on in (False, True)
    )
    now, later = (model.halting(settle(model, batch.inputs, steps).state) for steps in (1, 2))
    target = torch.maximum(later.halt, later.go_on).sigmoid()
    added = torch.nn.functional.binary_cross_entropy_with_logits(now.go_on, target)
    assert (more - plain).item() == pytest.approx(0.5 * added.item(), rel=1e-4)


def test_the_table_moves_by_signs_of_summed_gradients_where_it_was_used():
    table = torch.nn.Parameter(torch.tensor([[1.0, -1.0], [2.0, 2.0], [3.0, 3.0]]))
    (table[torch.tensor([0, 0, 2])] * torch.tensor([[1.0, -5.0], [-3.0, 1.0], [0.0, 2.0]])).sum().backward()
    sign_step(table, torch.tensor([0, 0, 2]), rate=0.1, decay=0.5)
    assert torch.allclose(table.detach(), torch.tensor([[1.05, -0.85], [2.0, 2.0], [2.85, 2.75]]))


def test_the_average_is_slow_and_can_be_put_in_place():
    model = build("puzzles")
    average = Average(model, 0.9)
    own = {name: value.detach().clone() for name, value in model.named_parameters()}
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(1.0)
    average.update()
    assert "puzzles.weight" not in average.slow
    with average.in_place():
        for name, weight in model.named_parameters():
            moved = 1.0 if name == "puzzles.weight" else 0.1
            assert torch.allclose(weight, own[name] + moved, atol=1e-6)
    assert all(torch.equal(weight, own[name] + 1.0) for name, weight in model.named_parameters())


def test_a_stepper_moves_weights_and_table_and_keeps_the_first_vectors():
    model, batch = build("puzzles"), Batch(boards("puzzles"), targets())
    before = {name: value.clone() for name, value in model.state_dict().items()}
    stepper = Stepper(
        model, Plan(steps=12, rate=1e-2, warmup=0, decay_last=0.0, weight_decay=1.0, table_rate=1e-2)
    )
    losses = []
    for _ in range(12):
        outcome = ask(HaltingSupervision(cycles=1, explore=0.0), model, batch)
        stepper.step(outcome.loss, batch.inputs)
        losses.append(outcome.loss.item())
    assert losses[-1] < 0.8 * losses[0]
    used = batch.inputs[:, 0].unique()
    for name, value in model.state_dict().items():
        same = value == before[name]
        assert same.all() if "init" in name else not same.all()
    unused = [row for row in range(3) if row not in used]
    assert torch.equal(model.puzzles.weight[unused], before["puzzles.weight"][unused])


@all_models
def test_the_books_own_loop_and_objectives_train_it(name):
    source = InTurn(CLASSES, [Batch(boards(name), targets())])
    for objective in (DeepSupervision(steps=1), HaltingSupervision(cycles=2)):
        model = build(name)
        run = fit(
            model, source, objective, Plan(steps=15, warmup=2, rate=5e-3), torch.Generator().manual_seed(0)
        )
        assert run.loss[-1] < run.loss[0]


# Evaluation


@all_models
def test_answers_without_early_exit_are_those_of_thinking(name):
    model, inputs = build(name), boards(name)
    found = answers(model, inputs, cycles=2, steps=3)
    assert found.steps.tolist() == [3, 3, 3]
    assert torch.allclose(found.logits, settle(model, inputs, 6).output, atol=1e-5)


def undecided(model):
    """Set the head's bias to zero: about half of the states halt."""
    torch.nn.init.zeros_(model.halt.bias)
    return model


@all_models
@given(seed=seeds)
def test_early_exit_gives_each_boards_answer_at_its_own_first_halt(name, seed):
    model, inputs = undecided(build(name, seed)), boards(name, seed, count=5)
    thoughts = [t for t in think(model, inputs, 6, read=True) if t.step in (2, 4, 6)]
    halts = torch.stack([model.halting(t.state).halt for t in thoughts])
    if halts.abs().min() < 1e-3:
        return  # too close to call in float32
    stops = halts > 0
    stops[-1] = True
    steps = stops.int().argmax(0)
    found = answers(model, inputs, cycles=2, steps=3, early_exit=True)
    assert torch.equal(found.steps, steps + 1)
    expected = torch.stack([thoughts[step].output[row] for row, step in enumerate(steps)])
    assert torch.allclose(found.logits, expected, atol=1e-4)


def test_a_carry_may_be_made_by_hand():
    model, inputs = build("single"), boards("single")
    begun = settle(model, inputs, 2)
    slots = Slots(Batch(inputs, targets()), begun.state, torch.ones(3, dtype=torch.int64))
    outcome = ask(HaltingSupervision(cycles=1), model, slots.batch, InProgress(slots, torch.zeros(3) > 0))
    assert torch.allclose(
        outcome.output, settle(model, inputs, 1, resume=Thought(0, begun.state, None)).output
    )
