"""Speed: FLOPs by hand, medians without the warm-up step, kinds of work, and bad options refused."""

import time
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch.profiler import record_function

from recurse_lab.__main__ import main
from recurse_lab.experiments.sudoku import speed as recipe
from recurse_lab.experiments.sudoku.arm import RECURSIVE, Puzzles
from recurse_lab.experiments.sudoku.speed import cases, chapter, published
from recurse_lab.measure import speed as module
from recurse_lab.measure.speed import (
    ATTENTION,
    ELEMENTWISE,
    OPTIMIZER,
    PRODUCTS,
    REST,
    WHERE,
    Speed,
    matrix_rate,
    speed,
    threads,
    where,
)
from recurse_lab.models.trm import TRMConfig
from recurse_lab.nn.mlp import hidden_width
from recurse_lab.train.objectives.halting_supervision import HaltingSupervision

pytestmark = pytest.mark.timing

HEAD = ("CPU ms", "wall ms", "GFLOP", "GFLOP/s", "share")
SMALL = replace(
    RECURSIVE,
    batch=4,
    model=replace(RECURSIVE.model, cells=16, symbols=5, classes=5, width=8, heads=2),
    puzzles=Puzzles(side=4, train_givens=(7, 10), test_givens=(4, 5)),
)


def repeated(work):
    """A training run whose steps each call `work`."""

    def run(steps, mark):
        for _ in range(steps):
            work()
            mark()

    return run


def one_evaluation(config, batch):
    """FLOPs of a net's blocks, counted by hand."""
    C, D = config.prefix + config.cells, config.width
    inner = hidden_width(D, config.expansion, config.multiple)
    block = 2 * batch * C * D * (4 * D + 3 * inner) + 2 * 2 * batch * C * C * D
    return sum(config.layers) * block


@pytest.mark.parametrize("prefix", [1, 16])
def test_flops_of_a_published_step_by_hand(prefix):
    config = TRMConfig(width=64, heads=1, prefix=prefix)
    head = 2 * 2 * 81 * 64 * 11
    # T = 3 cycles of n + 1 = 7 evaluations, the last cycle with its backward pass
    wanted = (2 * 7 + 3 * 7) * one_evaluation(config, 2) + 3 * head
    assert published(64, prefix, 2).flops == wanted


def test_flops_of_the_chapters_step_by_hand():
    config, batch = RECURSIVE.model, 32
    relations = 2 * 2 * config.heads * 4 * 37 * 37  # biases of two blocks, once for the batch
    wanted = 3 * (3 * one_evaluation(config, batch) + relations + 2 * batch * 36 * 32 * 7)
    assert chapter(RECURSIVE).flops == wanted


def test_share_is_achieved_over_peak():
    found = Speed(cpu_ms=50.0, wall_ms=70.0, flops=2e9)
    assert found.rate == 4e10
    assert found.share(1e11) == pytest.approx(0.4)


def test_the_rate_of_matrix_products_is_the_best_of_all(monkeypatch):
    clock = iter([0.0, 2.0, 5.0, 5.5, 10.0, 11.0, 20.0, 24.0])
    monkeypatch.setattr(module, "process_time", lambda: next(clock))
    assert matrix_rate(sizes=(4, 6), repeats=2) == max(2 * 4**3 / 0.5, 2 * 6**3 / 1.0)


def test_medians_leave_out_the_step_that_warms_up(monkeypatch):
    clock = iter([9.0, 10.0, 12.0, 13.0])
    monkeypatch.setattr(module, "process_time", lambda: next(clock))
    counted = []
    found = speed(repeated(lambda: counted.append(1)), 5.0, steps=3)
    assert (found.cpu_ms, found.flops, len(counted)) == (1000.0, 5.0, 4)


def test_waiting_costs_no_processor_time():
    found = speed(repeated(lambda: time.sleep(0.03)), 1.0, steps=2)
    assert found.cpu_ms < 15 < 30 <= found.wall_ms


def optimizer():
    weight = torch.nn.Parameter(torch.zeros(500, 500))
    weight.grad = torch.ones(500, 500)
    adam = torch.optim.AdamW([weight])
    return lambda: (torch.nn.utils.clip_grad_norm_([weight], 1.0), adam.step())


def averaged():
    with record_function(OPTIMIZER):
        SQUARE.mul(0.5).add(SQUARE)


SQUARE = torch.ones(500, 500)
HEADS = torch.ones(1, 4, 200, 100)


@pytest.mark.parametrize(
    ("kind", "work"),
    [
        (PRODUCTS, lambda: SQUARE @ SQUARE),
        (ATTENTION, lambda: (HEADS @ HEADS.mT).softmax(-1)),
        (ATTENTION, lambda: F.scaled_dot_product_attention(HEADS, HEADS, HEADS)),
        (ELEMENTWISE, lambda: SQUARE.exp()),
        (ELEMENTWISE, lambda: SQUARE.log_softmax(-1)),
        (OPTIMIZER, averaged),
        (OPTIMIZER, optimizer()),
    ],
)
def test_kinds_of_work_are_told_apart(kind, work):
    shares = where(repeated(work), 5)
    assert tuple(shares) == WHERE
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares.values()) >= 0
    # time that another process takes in between counts as rest
    assert shares[kind] > 0.5 * (1 - shares[REST])


def test_what_torch_does_not_do_is_the_rest():
    assert where(repeated(lambda: time.sleep(0.01)), 2)[REST] > 0.99


def noted(monkeypatch):
    """For each training step from now on: the carry before it, the carry after it, and the weights before it."""
    steps, ask = [], HaltingSupervision.__call__

    def note(self, model, task, batch, carry, progress, generator):
        weights = {name: value.detach().clone() for name, value in model.named_parameters()}
        outcome = ask(self, model, task, batch, carry, progress, generator)
        steps.append((carry, outcome.carry, weights))
        return outcome

    monkeypatch.setattr(HaltingSupervision, "__call__", note)
    return steps


@pytest.mark.parametrize("make", [lambda: chapter(SMALL), lambda: published(64, 1, 1)])
def test_what_is_measured_trains_from_step_to_step(make, monkeypatch):
    case, steps, marks = make(), noted(monkeypatch), []
    case.run(3, lambda: marks.append(len(steps)))
    assert marks == [1, 2, 3]
    assert steps[0][0] is None
    for (_, given, before), (carry, _, after) in pairwise(steps):
        assert carry is given
        assert not [name for name in before if torch.equal(before[name], after[name])]
    assert min(where(case.run, 2).values()) > 0  # the step has work of every kind


def test_threads_are_put_back(monkeypatch):
    asked = []
    monkeypatch.setattr(torch, "get_num_threads", lambda: 7)
    monkeypatch.setattr(torch, "set_num_threads", asked.append)

    def fail():
        with threads(1):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert asked == [1, 7]


def test_every_width_comes_with_both_prefixes():
    names = [case.name for case in cases((64,), 1)]
    assert names == ["width 64, batch 1, 1 prefix token", "width 64, batch 1, 16 prefix tokens"]


def test_the_table_begins_with_the_chapter():
    assert next(cases()).name == "chapter 03: width 32, batch 32, 6x6"


def test_the_command_prints_a_row_for_each_case(monkeypatch, capsys):
    plain, asked, made = chapter(SMALL), [], []

    def run(steps, mark):
        made.append(steps)
        plain.run(steps, mark)

    small = replace(plain, run=run, times=2)
    monkeypatch.setattr(recipe, "cases", lambda *options: asked.append(options) or iter([small, small]))
    monkeypatch.setattr(module, "matrix_rate", lambda: 1e9)
    assert main(["speed", "--width", "64", "128", "--batch", "4", "--steps", "1"]) == 0
    assert asked == [([64, 128], 4)]
    assert made == 2 * [1 + 1 * 2, 1, 2]
    first, _, head, *rows = capsys.readouterr().out.splitlines()
    assert "1.0 GFLOP/s" in first
    assert [head.index(name) for name in HEAD] == sorted(head.index(name) for name in HEAD)
    assert len(rows) == 4
    for row, shares in zip(rows[::2], rows[1::2], strict=True):
        cpu_ms, _, flops, rate, share = row.removeprefix(f"  {small.name}").split()
        assert float(flops) == pytest.approx(small.flops / 1e9, rel=1e-3)
        assert float(rate) == pytest.approx(small.flops / 1e6 / float(cpu_ms), abs=0.06)
        assert float(share.rstrip("%")) == pytest.approx(100 * float(rate), abs=6)
        assert [part.rsplit(" ", 1)[0].strip() for part in shares.split(",")] == list(WHERE)
        told = [int(part.rsplit(" ", 1)[1].rstrip("%")) for part in shares.split(",")]
        assert sum(told) == pytest.approx(100, abs=3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--width 96", "width must be a multiple of 64, not 96"),
        ("--width 64 0", "width must be a multiple of 64, not 0"),
        ("--width wide", "invalid int value: 'wide'"),
        ("--batch 0", "batch must be a whole number from 1 on, not 0"),
        ("--steps 0", "steps must be a whole number from 1 on, not 0"),
        ("--threads 0", "threads must be from 1 to "),
        ("--threads 100000", "the cores of this machine, not 100000"),
    ],
)
def test_bad_options_are_one_line_and_a_code(capsys, arguments, words):
    try:
        code = main(["speed", *arguments.split()])
    except SystemExit as left:
        code = left.code
    streams = capsys.readouterr()
    assert code == 2
    assert words in streams.err
    assert streams.err.startswith("recurse-lab: ")
    assert streams.err.count("\n") == 1
    assert not streams.out
