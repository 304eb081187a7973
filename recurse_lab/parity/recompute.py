"""Every number of a golden file, computed again by this library from the file's weights and inputs.

Each function yields (name in the file, tensor). The same functions in float64 show the effect of rounding
alone.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

import torch
from torch import Generator, Tensor

from recurse_lab.models.trm import TRM, Context, State, answer
from recurse_lab.parity.golden import Golden, load_model, model_config, official_name
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import CLASSES, IGNORE
from recurse_lab.train.loop import training
from recurse_lab.train.objectives.base import Outcome
from recurse_lab.train.objectives.halting_supervision import (
    HaltingSupervision,
    answer_loss,
    halting_loss,
    log_stablemax,
)
from recurse_lab.train.objectives.slots import InProgress, Slots
from recurse_lab.train.optimizer import Plan
from recurse_lab.train.sources import InTurn

Numbers: TypeAlias = Iterator[tuple[str, Tensor]]

CPU = torch.device("cpu")


def numbers(golden: Golden, dtype: torch.dtype = torch.float32, device: torch.device = CPU) -> Numbers:
    """All numbers of a file: of optimizer steps if it has first weights (`w0/`), else of supervision steps."""
    return (trained if golden.weights("w0/") else supervised)(golden, dtype, device)


def supervised(golden: Golden, dtype: torch.dtype, device: torch.device) -> Numbers:
    """Every number of some supervision steps about one batch; each step continues from the one before."""
    config, weights = model_config(golden), golden.weights("w/")
    batch = batch_of(golden, "in/", CPU)
    if config.puzzles:
        # give each slot its own row of the table: then the gradient of a row is that of one slot
        rows = batch.inputs[:, 0].clone()
        batch.inputs[:, 0] = torch.arange(len(rows))
        weights["puzzle_emb.weights"] = weights["puzzle_emb.weights"][rows.numpy()]
        config = replace(config, puzzles=len(rows))
    model = load_model(golden, config, weights).to(device, dtype)
    batch, cycles = Batch(*(part.to(device) for part in batch)), golden.config["H_cycles"]
    state, context = model.start(batch.inputs)
    yield "out/x_embedding", context.x
    objective = HaltingSupervision(cycles=cycles)
    ages = torch.zeros(len(batch.inputs), dtype=torch.int64, device=device)
    slots, nobody = Slots(batch, state, ages), ages > 0
    steps = {int(found[1]) for name in golden.arrays if (found := re.search(r"step(\d+)/", name))}
    for step in sorted(steps):
        for name, value in latents(model, slots.state, context, cycles):
            yield f"step{step}/{name}", value
        # in the files, every slot goes on, whatever its halting head answers
        outcome = objective(model, CLASSES, batch, InProgress(slots, nobody), 0.0, Generator())
        slots = outcome.carry.slots
        for name, value in judged(model, outcome):
            yield f"step{step}/{name}", value


@torch.no_grad()
def latents(model: TRM, state: State, context: Context, cycles: int) -> Numbers:
    """The latent after each application of a network."""
    for cycle in range(cycles):
        for number, refined in enumerate(model.cycle(state, context)):
            state = refined
            if number == model.config.refinements:
                yield f"cycle{cycle}/z_H", answer(state)
            else:
                yield f"cycle{cycle}/z_L{number}", state if isinstance(state, Tensor) else state.z


def judged(model: TRM, outcome: Outcome) -> Numbers:
    """The logits and halting logits after a supervision step, its losses, its latents and every gradient."""
    state, targets = outcome.carry.slots.state, outcome.targets
    halting, right = model.halting(state), CLASSES.right(outcome.output, targets).all(1)
    yield "logits", outcome.output
    yield "q_halt", halting.halt
    yield "q_continue", halting.go_on
    yield "lm_loss_sum", answer_loss(log_stablemax(outcome.output), targets).sum()
    yield "q_halt_loss_sum", halting_loss(halting.halt, right).sum()
    yield "loss", outcome.loss
    yield "carry_z_H", answer(state)
    yield "carry_z_L", state if isinstance(state, Tensor) else state.z
    model.zero_grad()
    outcome.loss.backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None
        official = official_name(name).replace("puzzle_emb.weights", "puzzle_emb.local_weights")
        yield f"grad/{official}", weight.grad


def trained(golden: Golden, dtype: torch.dtype, device: torch.device) -> Numbers:
    """Losses and slots of some optimizer steps, and the weights, the table and the slow average after them.

    Raises:
        ValueError: the file explores at random, which cannot be compared.
    """
    told, config = golden.told, golden.config
    if config["halt_exploration_prob"]:
        raise ValueError(f"{golden.path}: exploration is drawn at random, and cannot be compared")
    model = load_model(golden, model_config(golden), golden.weights("w0/")).to(device, dtype)
    adam, sign = told["optimizer"]["AdamW"], told["optimizer"]["puzzle_emb_signSGD"]
    batches = len({name for name in golden.arrays if name.endswith("in/inputs")})
    plan = Plan(
        steps=batches,
        rate=adam["lr"],
        warmup=0,
        decay_last=0.0,
        betas=tuple(adam["betas"]),
        weight_decay=adam["weight_decay"],
        clip=None,
        table_rate=sign["lr"],
        table_decay=sign["weight_decay"],
        average=told["ema"],
    )
    objective = HaltingSupervision(cycles=config["H_cycles"], max_age=config["halt_max_steps"], explore=0.0)
    source = InTurn(CLASSES, [batch_of(golden, f"step{step}/in/", device) for step in range(batches)])
    for step in training(model, source, objective, plan, Generator()):
        yield f"step{step.number}/loss", step.outcome.loss
        yield f"step{step.number}/steps", step.outcome.carry.slots.age
        yield f"step{step.number}/halted", step.outcome.carry.halted
        yield f"step{step.number}/used_labels", step.outcome.targets
    for name, value in model.state_dict().items():
        yield f"w_end/{official_name(name)}", value
    for name, value in step.stepper.average.slow.items():
        yield f"ema_end/{official_name(name)}", value


def batch_of(golden: Golden, prefix: str, device: torch.device) -> Batch:
    """Inputs (B, L) and targets (B, L); if there is a table, the puzzle's row comes first: inputs (B, 1 + L).

    Raises:
        ValueError: a shape differs from the configuration, or a number is out of range.
    """
    config, names = golden.config, ("inputs", "labels", "puzzle_identifiers")
    tokens, targets, rows = (torch.from_numpy(golden.arrays[prefix + name]).long() for name in names)
    wanted = (len(tokens), config["seq_len"])
    limits = (config["vocab_size"], config["vocab_size"], config.get("num_puzzle_identifiers", 1))
    for name, part, shape, limit in zip(
        names, (tokens, targets, rows), (wanted, wanted, wanted[:1]), limits, strict=True
    ):
        if part.shape != shape:
            raise ValueError(f"{golden.path}: {prefix}{name} is {tuple(part.shape)}, not {shape}")
        if not ((part >= 0) & (part < limit) | (part == IGNORE) & (name == "labels")).all():
            raise ValueError(f"{golden.path}: {prefix}{name} holds numbers outside 0 to {limit - 1}")
    has_table = config.get("puzzle_emb_ndim", 0) > 0
    inputs = torch.cat((rows[:, None], tokens), dim=1) if has_table else tokens
    return Batch(inputs.to(device), targets.to(device))
