"""The loss of pairs equals the published formulas, and its gradient is the derived one; the reference stays."""

import math
import warnings
from copy import deepcopy
from random import Random
from types import SimpleNamespace

import pytest
import torch
from torch import Generator

from recurse_lab.models.mobile_llm import MobileLLM, MobileLLMConfig
from recurse_lab.recurrence import settle
from recurse_lab.tasks.base import IGNORE, Batch
from recurse_lab.tasks.function_calls import VOCABULARY, FunctionCalls, pair_rows, right_rows, taught_pairs
from recurse_lab.train.by_length import ByLength, lengths, trimmed
from recurse_lab.train.loop import fit, seeded
from recurse_lab.train.objectives.preference import Preference, dpo, ipo, margin, row_log_probs
from recurse_lab.train.optimizer import Plan

GIVEN = torch.randn(4, 6, generator=Generator().manual_seed(0), dtype=torch.float64) * 4 - 9
TASK = FunctionCalls()
PAIRS = pair_rows(taught_pairs(TASK.problems(24, "train", Random(0)), Random(1)))


def published(right, wrong, reference_right, reference_wrong, beta, guard=0.0):
    """Equation 7 of the DPO paper, with the penalty of DPOP, pair by pair in plain numbers (as in TRL's trainer)."""
    total = 0.0
    for r, w, fr, fw in zip(
        *(g.tolist() for g in (right, wrong, reference_right, reference_wrong)), strict=True
    ):
        policy, reference = r - w, fr - fw
        logits = policy - reference - guard * max(0.0, fr - r)
        total += math.log1p(math.exp(-beta * logits))
    return total / len(right)


@pytest.mark.parametrize("beta", [0.1, 0.5])
@pytest.mark.parametrize("guard", [0.0, 5.0])
def test_the_loss_is_the_published_one(beta, guard):
    assert dpo(*GIVEN, beta, guard).item() == pytest.approx(published(*GIVEN, beta, guard))


def test_the_squared_form_is_the_published_one():
    r, w, fr, fw = GIVEN.tolist()
    each = [(a - b - c + d - 1 / 0.6) ** 2 for a, b, c, d in zip(r, w, fr, fw, strict=True)]
    assert ipo(*GIVEN, 0.3).item() == pytest.approx(sum(each) / 6)


@pytest.mark.parametrize(("form", "ours"), [("sigmoid", dpo), ("ipo", ipo)])
def test_the_loss_is_that_of_trl(form, ours):
    trl = pytest.importorskip("trl", reason="trl is an optional oracle")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its imports
        trainer = trl.DPOTrainer.__new__(trl.DPOTrainer)
    if not hasattr(trainer, "dpo_loss"):
        pytest.skip("this version of trl has no loss of its own to call")
    trainer.beta, trainer.loss_type, trainer.label_smoothing = 0.3, form, 0.0
    trainer.reference_free, trainer.f_divergence_type = False, "reverse_kl"
    trainer.accelerator = SimpleNamespace(device="cpu")
    losses, *_ = trainer.dpo_loss(*GIVEN)
    assert losses.mean().item() == pytest.approx(ours(*GIVEN, 0.3).item())


@pytest.mark.parametrize("loss", [dpo, lambda *g: dpo(*g, 0.4, 5.0), lambda *g: ipo(*g, 0.2)])
def test_gradients_agree_with_differences(loss):
    right, wrong = (part.clone().requires_grad_() for part in GIVEN[:2])
    assert torch.autograd.gradcheck(lambda r, w: loss(r, w, *GIVEN[2:]), (right, wrong))


def test_the_gradient_is_beta_times_the_chance_to_be_wrong():
    right, wrong = (part.clone().requires_grad_() for part in GIVEN[:2])
    dpo(right, wrong, *GIVEN[2:], 0.3).backward()
    weight = 0.3 * torch.sigmoid(-0.3 * margin(*GIVEN)) / 6
    torch.testing.assert_close(right.grad, -weight)
    torch.testing.assert_close(wrong.grad, weight)


def test_log_probabilities_are_sums_over_cells_that_count():
    output = torch.randn(2, 3, 5, generator=Generator().manual_seed(1))
    targets = torch.tensor([[IGNORE, 2, 4], [1, IGNORE, IGNORE]])
    p = output.softmax(-1)
    wanted = [math.log(p[0, 1, 2] * p[0, 2, 4]), math.log(p[1, 0, 1])]
    assert row_log_probs(output, targets).tolist() == pytest.approx(wanted)


def nets():
    with seeded(0):
        model = MobileLLM(MobileLLMConfig(symbols=len(VOCABULARY), width=16, hidden=24, depth=1))
    return model, deepcopy(model).requires_grad_(False)


def called(batch, model, reference, **options):
    return Preference(reference=reference, steps=1, **options)(model, TASK, batch, None, 0.0, Generator())


def log_probs(model, batch):
    return row_log_probs(
        settle(model, batch.inputs.flatten(0, 1), 1).output, batch.targets.flatten(0, 1)
    ).view(24, -1)


def test_the_objective_is_the_function_of_both_nets():
    model, reference = nets()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.02 * torch.randn(weight.shape, generator=Generator().manual_seed(3)))
    given = (*log_probs(model, PAIRS).unbind(1), *log_probs(reference, PAIRS).unbind(1))
    for options, wanted in (
        ({}, dpo(*given)),
        ({"beta": 0.4, "guard": 2.0}, dpo(*given, 0.4, 2.0)),
        ({"beta": 0.4, "form": "squared"}, ipo(*given, 0.4)),
    ):
        outcome = called(PAIRS, model, reference, **options)
        torch.testing.assert_close(outcome.loss, wanted)
        assert outcome.fresh == 24
    likely = called(PAIRS, model, reference, likelihood=2.0).loss - dpo(*given)
    cells = (PAIRS.targets[:, 0] != IGNORE).sum()
    torch.testing.assert_close(likely, -2 * given[0].sum() / cells)


def test_before_the_first_step_the_loss_is_log_two_and_pulls_the_halves_apart():
    model, reference = nets()
    outcome = called(PAIRS, model, reference)
    assert outcome.loss.item() == pytest.approx(math.log(2))
    outcome.loss.backward()
    assert all(weight.grad is None for weight in reference.parameters())
    assert any(weight.grad.abs().max() > 0 for weight in model.parameters())


def widened(part, most, fill):
    return torch.nn.functional.pad(part, (0, most - part.shape[-1]), value=fill)


def test_rows_after_the_pair_are_repeated_by_cross_entropy():
    model, reference = nets()
    more = right_rows(TASK.problems(24, "train", Random(9)))
    most = max(PAIRS.inputs.shape[-1], more.inputs.shape[-1])
    wide = [
        torch.cat([widened(pair, most, fill), widened(other[:, None], most, fill)], 1)
        for pair, other, fill in zip(PAIRS, more, (0, IGNORE), strict=True)
    ]
    loss = called(Batch(*wide), model, reference, repeat=0.5).loss
    plain = TASK.loss(settle(model, more.inputs, 1).output, more.targets)
    torch.testing.assert_close(loss, called(PAIRS, model, reference).loss + 0.5 * plain)


def test_training_widens_the_margin_and_leaves_the_reference():
    model, reference = nets()
    before = [weight.clone() for weight in reference.parameters()]
    source = ByLength(TASK, PAIRS, 8, Generator().manual_seed(0))
    plan = Plan(steps=30, rate=3e-3, warmup=5)
    fit(model, source, Preference(reference=reference, steps=1), plan, Generator())
    with torch.no_grad():
        given = (*log_probs(model, PAIRS).unbind(1), *log_probs(reference, PAIRS).unbind(1))
    assert margin(*given).mean() > 1
    assert all(torch.equal(a, b) for a, b in zip(before, reference.parameters(), strict=True))


@pytest.mark.parametrize("options", [{"beta": 0.0}, {"guard": -1.0}, {"form": "squared", "guard": 1.0}])
def test_impossible_options_are_refused(options):
    with pytest.raises(ValueError, match=r"\A(beta|form) must be [^\n]+\Z"):
        Preference(reference=None, steps=1, **options)


def test_a_row_alone_is_no_pair():
    model, reference = nets()
    with pytest.raises(ValueError, match="not 1 row"):
        called(Batch(*(part[:, :1] for part in PAIRS)), model, reference)


def test_batches_by_length_are_cut_and_hold_rows_of_the_pool():
    rows = right_rows(TASK.problems(60, "train", Random(4)))
    source = ByLength(TASK, rows, 8, Generator().manual_seed(0), ahead=4)
    pool = {tuple(row) for row in rows.inputs.tolist()}
    widths = []
    for _ in range(8):
        batch = source.draw()
        widths.append(batch.inputs.shape[1])
        assert batch.inputs.shape == batch.targets.shape == (8, int(lengths(batch.targets).max()))
        assert all(
            tuple(row + [0] * (rows.inputs.shape[1] - len(row))) in pool for row in batch.inputs.tolist()
        )
    assert len(set(widths)) > 2
    assert sum(widths) / 8 < rows.inputs.shape[1] - 4
    assert trimmed(rows).inputs.shape == rows.inputs.shape
    with pytest.raises(ValueError, match="needs 1 problem or more"):
        ByLength(TASK, Batch(*(part[:0] for part in rows)), 8, Generator())
