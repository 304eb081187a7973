"""Parity: compute every number of a golden file again from its weights and inputs, and say how far apart we are.

The error of a tensor is rms(ours - theirs) / (unit + rms(theirs)): the unit is 1 for forward numbers, which have
size 1, and 0 for the rest. Forward numbers must agree to 1e-5, gradients and what optimiser steps make of them to
1e-4. Single numbers are shown and not judged, because recursion amplifies rounding: after 42 evaluations the single
latent that float32 gives differs by 3e-5 at its worst place from the one that exact arithmetic gives.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from torch import Generator, Tensor

from recurse_lab.evidence.compact import sketch
from recurse_lab.evidence.golden import Golden, load_model, model_config, official_name, read_golden
from recurse_lab.models.trm import TRM, Context, State, answer
from recurse_lab.tasks.base import Batch
from recurse_lab.train.objectives import Outcome, Slots, right_cells
from recurse_lab.train.optimise import Optimiser, Stepper
from recurse_lab.train.supervision import (
    HaltingSupervision,
    InProgress,
    answer_loss,
    halting_loss,
    log_stablemax,
)

FORWARD, BACKWARD = (1e-5, 1.0), (1e-4, 0.0)  # tolerance, unit
GROUPS = {  # name -> which tensors, tolerance and unit
    "embedding": (r"out/x_embedding", FORWARD),
    "latents": (r"step\d+/(cycle\d+/.*|carry_.*)", FORWARD),
    "logits": (r"step\d+/logits", FORWARD),
    "halting": (r"step\d+/q_(halt|continue)", FORWARD),
    "losses": (r"step\d+/(.*_loss_sum|loss)", FORWARD),
    "gradients": (r"step\d+/grad/.*", BACKWARD),
    "slots": (r"step\d+/(steps|halted|used_labels)", FORWARD),
    "trained weights": (r"w_end/(?!puzzle_emb).*", BACKWARD),
    "trained table": (r"w_end/puzzle_emb.*", BACKWARD),
    "slow average": (r"ema_end/.*", BACKWARD),
}
TINY = 1e-12  # a tensor of zeros must be zeros
Numbers: TypeAlias = Iterator[tuple[str, Tensor]]


class Error(NamedTuple):
    """The error of a whole tensor, which is judged, and that of its worst number, which is shown."""

    tensor: float
    number: float


def errors(path: Path) -> dict[str, Error]:
    """Largest errors in each group of a golden file's tensors."""
    golden = read_golden(path)
    waiting = {name for name in golden.arrays if not re.match(r"w0?/|(step\d+/)?in/", name)}
    found: dict[str, Error] = {}
    try:
        for name, ours in (trained if golden.weights("w0/") else supervised)(golden):
            kept, numbers = name, ours.detach().numpy()
            if f"sketch/{name}" in waiting:
                kept, numbers = f"sketch/{name}", sketch(numbers)
            if kept in waiting:
                waiting.remove(kept)
                group = next(key for key, (pattern, _) in GROUPS.items() if re.fullmatch(pattern, name))
                error = distance(golden, kept, numbers, GROUPS[group][1][1])
                found[group] = Error(*map(max, error, found.get(group, error)))
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError(f"{path}: cannot be computed, {type(error).__name__}: {error}") from error
    if waiting or not found:
        raise ValueError(f"{path}: no way to compute {min(waiting, default='anything')}")
    return {group: found[group] for group in GROUPS if group in found}


def tolerance(group: str) -> float:
    """Largest error that a group may have."""
    return GROUPS[group][1][0]


def agree(found: dict[str, Error]) -> bool:
    """Whether every group is within its tolerance; an error that is no number is not."""
    return all(error.tensor <= tolerance(group) for group, error in found.items())


def distance(golden: Golden, name: str, ours: np.ndarray, unit: float) -> Error:
    """Errors of one tensor, in the form in which the file keeps it."""
    theirs = golden.arrays[name].astype(np.float64)
    if theirs.shape != ours.shape:
        raise ValueError(f"{golden.path}: {name} is {theirs.shape} in the file, but {ours.shape} here")
    apart = np.abs(ours - theirs)
    apart_rms, size = (float(np.sqrt(np.square(part).mean())) for part in (apart, theirs))
    worst = apart / np.maximum((unit or size) + np.abs(theirs), TINY)
    return Error(apart_rms / max(unit + size, TINY), float(worst.max()))


def supervised(golden: Golden) -> Numbers:
    """Every number of some supervision steps about one batch, each going on from the one before."""
    config, weights = model_config(golden), golden.weights("w/")
    batch = batch_of(golden, "in/")
    if config.puzzles:
        # a row of the table for every slot, so that its gradient is the slot's
        rows = batch.inputs[:, 0].clone()
        batch.inputs[:, 0] = torch.arange(len(rows))
        weights["puzzle_emb.weights"] = weights["puzzle_emb.weights"][rows.numpy()]
        config = replace(config, puzzles=len(rows))
    model, cycles = load_model(golden, config, weights), golden.config["H_cycles"]
    state, context = model.start(batch.inputs)
    yield "out/x_embedding", context.x
    objective = HaltingSupervision(cycles=cycles)
    slots, nobody = Slots(batch, state, torch.zeros(len(batch.inputs))), torch.zeros(len(batch.inputs)) > 0
    steps = {int(found[1]) for name in golden.arrays if (found := re.search(r"step(\d+)/", name))}
    for step in sorted(steps):
        for name, value in latents(model, slots.state, context, cycles):
            yield f"step{step}/{name}", value
        # the files' slots go on whatever their halting heads say
        outcome = objective(model, batch, InProgress(slots, nobody), 0.0, Generator())
        slots = outcome.carry.slots
        for name, value in judged(model, outcome):
            yield f"step{step}/{name}", value


@torch.no_grad()
def latents(model: TRM, state: State, context: Context, cycles: int) -> Numbers:
    """Each latent, as each application of a network leaves it."""
    for cycle in range(cycles):
        for number, refined in enumerate(model.cycle(state, context)):
            state = refined
            if number == model.config.refinements:
                yield f"cycle{cycle}/z_H", answer(state)
            else:
                yield f"cycle{cycle}/z_L{number}", state if isinstance(state, Tensor) else state.z


def judged(model: TRM, outcome: Outcome) -> Numbers:
    """What is read off the state after a supervision step, its losses, and every gradient."""
    state, targets = outcome.carry.slots.state, outcome.targets
    halting, right = model.halting(state), right_cells(outcome.logits, targets).all(1)
    yield "logits", outcome.logits
    yield "q_halt", halting.halt
    yield "q_continue", halting.go_on
    yield "lm_loss_sum", answer_loss(log_stablemax(outcome.logits), targets).sum()
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


def trained(golden: Golden) -> Numbers:
    """Losses and slots of some optimiser steps, and the weights, the table and the average at their end."""
    told, config = golden.told, golden.config
    if config["halt_exploration_prob"]:
        raise ValueError(f"{golden.path}: exploration is drawn at random, and cannot be compared")
    model = load_model(golden, model_config(golden), golden.weights("w0/"))
    adam, sign = told["optimizer"]["AdamW"], told["optimizer"]["puzzle_emb_signSGD"]
    options = Optimiser(
        rate=adam["lr"],
        betas=tuple(adam["betas"]),
        weight_decay=adam["weight_decay"],
        table_rate=sign["lr"],
        table_decay=sign["weight_decay"],
        average=told["ema"],
    )
    objective = HaltingSupervision(cycles=config["H_cycles"], max_age=config["halt_max_steps"], explore=0.0)
    stepper, carry = Stepper(model, options), None
    for step in range(len({name for name in golden.arrays if name.endswith("in/inputs")})):
        outcome = objective(model, batch_of(golden, f"step{step}/in/"), carry, 0.0, Generator())
        carry = outcome.carry
        stepper.step(outcome.loss, carry.slots.batch.inputs[:, 0] if config["puzzle_emb_ndim"] else None)
        yield f"step{step}/loss", outcome.loss
        yield f"step{step}/steps", carry.slots.age
        yield f"step{step}/halted", carry.halted
        yield f"step{step}/used_labels", outcome.targets
    for name, value in model.state_dict().items():
        yield f"w_end/{official_name(name)}", value
    for name, value in stepper.average.slow.items():
        yield f"ema_end/{official_name(name)}", value


def batch_of(golden: Golden, prefix: str) -> Batch:
    """Inputs and targets; the puzzle's row stands before the board where there is a table."""
    tokens, targets, rows = (
        torch.from_numpy(golden.arrays[prefix + name]).long()
        for name in ("inputs", "labels", "puzzle_identifiers")
    )
    has_table = golden.config.get("puzzle_emb_ndim", 0) > 0
    return Batch(torch.cat((rows[:, None], tokens), dim=1) if has_table else tokens, targets)
