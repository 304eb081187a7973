"""Answers of a net whose halting head may stop each board; no more steps are computed for a stopped board.

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
    """Logits (B, L, V) at the supervision step where each board stopped, and the number (B,) of that step."""

    logits: Any
    steps: Tensor


@torch.inference_mode()
def answers(
    model: Halts, inputs: Int[Tensor, "B L"], *, cycles: int, steps: int, early_exit: bool = False
) -> Answers:
    """Think `steps` supervision steps of `cycles` refinements about each board; `early_exit` lets the head stop it.

    The head stops a board when its first logit ("right, stop") is above zero, as in TRM's code. A stopped
    board keeps its logits.

    Raises:
        ValueError: fewer than one supervision step.
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
            thought = Thought(thought.step, state)  # no context: the old one still holds stopped boards
        if not len(active):
            break
    return Answers(logits, taken)
