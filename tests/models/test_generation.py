"""Generation with a cache gives what whole passes give; drawn symbols have the model's probabilities."""

from dataclasses import replace

import pytest
import torch
from torch import Generator

from recurse_lab.models.generation import extended, generate
from recurse_lab.models.mobile_llm import MobileLLM, MobileLLMConfig
from recurse_lab.recurrence import settle
from recurse_lab.train.loop import seeded

SMALL = MobileLLMConfig(symbols=7, width=16, hidden=24, depth=2)
PROMPTS = torch.tensor([[1, 2, 3], [4, 5, 6], [6, 1, 1], [0, 0, 2]])


def net(**changed):
    with seeded(1):
        model = MobileLLM(replace(SMALL, **changed))
        for weight in model.parameters():
            torch.nn.init.normal_(weight, std=0.5)
    return model


VARIANTS = {
    "plain": {},
    "repeated": {"repeats": 2, "order": "over"},
    "all heads": {"groups": 4},
    "places": {"positions": 12},
    "own head": {"share_embedding": False},
}


@pytest.mark.parametrize("name", VARIANTS)
def test_greedy_generation_equals_whole_passes(name):
    model = net(**VARIANTS[name])
    found = generate(model, PROMPTS, 6, end=99)
    rows = PROMPTS
    for _ in range(6):
        output = settle(model, rows, model.config.applications).output
        rows = torch.cat((rows, output[:, -1:].argmax(-1)), dim=1)
    assert torch.equal(found, rows[:, 3:])


def test_cells_may_be_added_in_any_portions():
    model, row = net(), torch.tensor([[1, 2, 3, 4, 5, 6, 0]])
    whole = settle(model, row, model.config.applications).output
    cache, parts = (None,) * model.config.applications, []
    for portion in row.split((2, 1, 3, 1), dim=1):
        logits, cache = extended(model, portion, cache)
        parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole)


def test_after_the_end_only_ends_follow_and_all_ended_rows_stop():
    model = net()
    free = generate(model, PROMPTS, 6, end=99)
    end = int(free[0, 1])
    found = generate(model, PROMPTS, 6, end=end)
    for one, other in zip(found.tolist(), free.tolist(), strict=True):
        at = other.index(end) if end in other else len(one)
        assert one[:at] == other[:at][: len(one)]
        assert set(one[at:]) <= {end}
    assert generate(model, PROMPTS[:1], 6, end=int(free[0, 0])).shape == (1, 1)


def test_drawn_symbols_have_the_models_probabilities():
    model = net()
    rows = PROMPTS[:1].repeat(20_000, 1)
    for temperature in (0.5, 1.0):
        drawn = generate(model, rows, 1, 99, temperature, Generator().manual_seed(0))
        logits = settle(model, PROMPTS[:1], model.config.applications).output[0, -1]
        share = drawn[:, 0].bincount(minlength=7) / len(rows)
        torch.testing.assert_close(share, (logits / temperature).softmax(-1), atol=0.012, rtol=0)


@pytest.mark.parametrize(("most", "temperature"), [(0, 0.0), (3, -1.0), (3, 1.0)])
def test_impossible_requests_are_refused(most, temperature):
    with pytest.raises(ValueError, match=r"\Aneeds most of 1 or more[^\n]+\Z"):
        generate(net(), PROMPTS, most, 99, temperature)
