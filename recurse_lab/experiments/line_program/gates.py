"""How far the copy gates of a loop stand open, before and after a cell's gain is final.

Shape letters: B lists, C items, T steps.
"""

from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from recurse_lab.experiments.line_program.arm import LineArm
from recurse_lab.experiments.line_program.scores import lists
from recurse_lab.recurrence import think
from recurse_lab.state import latent

TIMES = ("earlier steps", "step of the final answer", "two steps after", "later steps")


@torch.no_grad()
def gate_openness(arm: LineArm, net: Any, seed: int, size: int = 12) -> dict[str, float]:
    """Mean openness of the gates, 0 to 1, over all cells of the test lists and 2 n steps, by time.

    The openness of step t is that of the gate through which the state after t - 1 steps becomes the next.

    Raises:
        ValueError: the net has no gate.
    """
    inputs, steps = lists(arm, str(size), "test", seed).inputs, 2 * size
    states, answers = [], []
    for thought in think(net, inputs, steps, read=True):
        assert thought.output is not None
        states.append(latent(thought.state).reshape(*inputs.shape, -1))
        answers.append(thought.output[:, 1].argmax(-1))
    open_TBC = torch.stack([net.blocks[0].openness(state) for state in states[:-1]])
    return {name: _mean(open_TBC, which) for name, which in zip(TIMES, times(answers), strict=True)}


def times(answers: list[Tensor]) -> tuple[Bool[Tensor, "T B C"], ...]:
    """For each of `TIMES`, which steps of which cells belong to it; `answers` has T + 1 entries (B, C)."""
    answers_TBC = torch.stack(answers)
    number_T = torch.arange(1, len(answers))[:, None, None]
    final_BC = ((answers_TBC[1:] != answers_TBC[:-1]) * number_T).amax(0)
    since_TBC = number_T - final_BC
    return since_TBC < 0, since_TBC == 0, (since_TBC > 0) & (since_TBC <= 2), since_TBC > 2


def _mean(values_TBC: Float[Tensor, "T B C"], which_TBC: Bool[Tensor, "T B C"]) -> float:
    return values_TBC[which_TBC].mean().item()
