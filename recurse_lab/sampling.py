"""Many answers to each input: by the draws of a model, by its output's probabilities, or one cell after another.

Shape letters: S samples, B inputs, L cells, V classes (0 is blank and never drawn), C chosen cells.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from recurse_lab.recurrence import Recurrence, Thought, settle
from recurse_lab.state import State, map_state


@torch.no_grad()
def draws(
    model: Recurrence, inputs_BL: Int[Tensor, "B L"], steps: int, count: int, generator: Generator
) -> Int[Tensor, "S B L"]:
    """The likeliest answers of `count` thoughts of `steps` refinements each; the model draws its own noise.

    Givens stay as they are, here and below.

    Raises:
        ValueError: `count` is below 1.
    """
    _at_least_one(count)
    output = settle(model, inputs_BL.repeat(count, 1), steps, generator=generator).output
    assert output is not None
    answers_SBL = (output[..., 1:].argmax(-1) + 1).view(count, *inputs_BL.shape)
    return torch.where(inputs_BL > 0, inputs_BL, answers_SBL)


@torch.no_grad()
def cell_by_itself(
    model: Recurrence,
    inputs_BL: Int[Tensor, "B L"],
    steps: int,
    count: int,
    generator: Generator,
    temperature: float = 1.0,
) -> Int[Tensor, "S B L"]:
    """One thought, then `count` answers in which every cell is drawn from its own probabilities.

    Raises:
        ValueError: `count` is below 1, or the temperature below 0.
    """
    _at_least_one(count)
    output = settle(model, inputs_BL, steps).output
    assert output is not None
    p_BLV = _probabilities(output, temperature)
    drawn = torch.multinomial(p_BLV.flatten(0, 1), count, replacement=True, generator=generator)
    return torch.where(inputs_BL > 0, inputs_BL, drawn.T.reshape(count, *inputs_BL.shape) + 1)


class Filled(NamedTuple):
    """Boards filled step by step, and the number of thoughts that each took."""

    answers: Int[Tensor, "S B L"]
    thoughts: Int[Tensor, "S B"]


@torch.no_grad()
def cell_after_cell(
    model: Recurrence,
    inputs_BL: Int[Tensor, "B L"],
    steps: int,
    count: int,
    generator: Generator,
    *,
    temperature: float = 1.0,
    at_once: int = 1,
    certain: float | None = None,
    carry: bool = False,
) -> Filled:
    """Draw blank cells in random order: think, draw the next cells, put them into the input, think again.

    This samples from the model's joint distribution in any order (Uria et al. 2014, arXiv:1310.1757), with any
    net that completes boards.

    Args:
        steps: refinements before each draw.
        at_once: cells drawn after each thought; above 1, they are drawn independently.
        certain: besides these, draw every blank cell whose likeliest class has at least this probability: such cells
            hardly depend on each other, and fewer thoughts are needed. None: do not.
        carry: continue from the last state instead of a fresh one.

    Raises:
        ValueError: `count`, `steps` or `at_once` is below 1, the temperature below 0, or `certain` not from 0 to 1.
    """
    _at_least_one(count)
    if certain is not None and not 0 <= certain <= 1:
        raise ValueError(f"certain must be a probability, not {certain}")
    if steps < 1 or at_once < 1:
        raise ValueError(f"steps and at_once must be 1 or more, not {steps} and {at_once}")
    board = inputs_BL.repeat(count, 1)
    thoughts = torch.zeros(len(board), dtype=torch.int64)
    state: State = None
    open_A = (board == 0).any(1).nonzero()[:, 0]  # numbers of the boards with a blank cell
    while len(open_A):
        before = Thought(0, state) if carry and state is not None else None
        last = settle(model, board[open_A], steps, resume=before)
        assert last.output is not None
        board[open_A] = _filled(board[open_A], last.output, generator, temperature, at_once, certain)
        thoughts[open_A] += 1
        blank_A = (board[open_A] == 0).any(1)
        state, open_A = map_state(lambda part: part[blank_A], last.state), open_A[blank_A]  # noqa: B023
    return Filled(board.view(count, *inputs_BL.shape), thoughts.view(count, -1))


def _filled(
    board_BL: Int[Tensor, "B L"],
    output: Float[Tensor, "B L V"],
    generator: Generator,
    temperature: float,
    at_once: int,
    certain: float | None,
) -> Int[Tensor, "B L"]:
    """The boards with the next cells drawn: all certain ones, and some of the others."""
    p_BLV = _probabilities(output, temperature)
    drawn_BL = torch.multinomial(p_BLV.flatten(0, 1), 1, generator=generator).view_as(board_BL) + 1
    blank_BL = board_BL == 0
    sure_BL = blank_BL & (p_BLV.amax(2) >= certain) if certain is not None else torch.zeros_like(blank_BL)
    return torch.where(sure_BL | _chosen(blank_BL & ~sure_BL, at_once, generator), drawn_BL, board_BL)


def _chosen(blank_BL: Bool[Tensor, "B L"], number: int, generator: Generator) -> Bool[Tensor, "B L"]:
    """Up to `number` blank cells of each board, at random."""
    order_BL = torch.where(blank_BL, torch.rand(blank_BL.shape, generator=generator), -1.0)
    last = order_BL.topk(min(number, order_BL.shape[1]), dim=1).values[:, -1:]
    return blank_BL & (order_BL >= last)


def _probabilities(output: Float[Tensor, "B L V"], temperature: float) -> Float[Tensor, "B L _"]:
    """Probabilities of all classes but blank; at temperature 0, all on the likeliest."""
    if temperature < 0:
        raise ValueError(f"temperature must be 0 or more, not {temperature}")
    if temperature == 0:
        return torch.nn.functional.one_hot(output[..., 1:].argmax(-1), output.shape[-1] - 1).float()
    return (output[..., 1:] / temperature).softmax(-1)


def _at_least_one(count: int) -> None:
    if count < 1:
        raise ValueError(f"count must be 1 sample or more, not {count}")
