"""Answers of a net whose halting head may stop each board: stopped boards cost nothing.

Shape letters: B boards, L cells, V classes.
"""

from typing import Any, NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor

from recurse_lab.recurrence import Thought, settle
from recurse_lab.state import map_state
from recurse_lab.train.objectives.halting_supervision import Halts


class Answers(NamedTuple):
    """Logits (B, L, V) at the step where each board stopped, and that supervision step's number (B,)."""

    logits: Any
    steps: Tensor


@torch.inference_mode()
def answers(
    model: Halts, inputs: Int[Tensor, "B L"], *, cycles: int, steps: int, early_exit: bool = False
) -> Answers:
    """Think `steps` supervision steps about each board, or until its head says stop; stopped boards cost nothing.

    The head says stop where its first logit is above zero, as in TRM's code.
    """
    if steps < 1:
        raise ValueError(f"steps must be 1 supervision step or more, not {steps}")
    taken = torch.full((len(inputs),), steps, device=inputs.device)
    active = torch.arange(len(inputs), device=inputs.device)
    logits, thought = None, None
    for number in range(1, steps + 1):
        thought = settle(model, inputs[active], cycles, resume=thought)
        assert thought.output is not None
        logits = thought.output.clone() if logits is None else logits.index_copy(0, active, thought.output)
        if early_exit:
            stops = model.halting(thought.state)[0] > 0
            taken[active[stops]] = number
            active, keep = active[~stops], ~stops
            state = map_state(lambda part, keep=keep: part[keep], thought.state)
            thought = Thought(thought.step, state)  # without a context, which is that of all boards
        if not len(active):
            break
    return Answers(logits, taken)
