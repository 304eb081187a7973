"""Views inside a loop that draws: paths of its state, the nats it spends, the cycle in which a draw is decided.

Shape letters: T1 thoughts (the start and T cycles), S samples, B boards, L cells, M numbers in a state.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from recurse_lab.experiments.completions.arm import SAMPLES, STEPS, CompletionArm
from recurse_lab.experiments.completions.problems import boards
from recurse_lab.kernels import fused
from recurse_lab.measure.latents import pca_path
from recurse_lab.measure.solution_sets import Samples
from recurse_lab.models.gram import GRAM
from recurse_lab.models.trm import answer
from recurse_lab.recurrence import think
from recurse_lab.sampling import draws

DRAW_SEED = 1_000_151


class Fan(NamedTuple):
    """Draws from one board."""

    board: np.ndarray  # (L,)
    solutions: np.ndarray  # (n, L)
    paths: np.ndarray  # (T1, S, 2) the answer latent in the plane of two principal components
    share: float  # of the variance in that plane
    reached: list[str]  # of each draw: the name of its solution, A, B, ..., or "none"


@torch.no_grad()
def fan(arm: CompletionArm, model: GRAM, seed: int, fewest: int = 4, most: int = 6) -> Fan:
    """Twenty draws from the first test board with `fewest` to `most` solutions.

    Raises:
        ValueError: no test board has so many solutions.
    """
    task, several = arm.boards, boards(arm, "test", seed).inputs
    count_B = task.solutions(several).sum(1)
    fitting = ((count_B >= fewest) & (count_B <= most)).nonzero()[:, 0]
    if not len(fitting):
        raise ValueError(f"no test board has {fewest} to {most} solutions")
    board = several[fitting[:1]]
    generator = Generator().manual_seed(DRAW_SEED + seed)
    thoughts = list(think(model, board.repeat(SAMPLES, 1), STEPS, read={STEPS}, generator=generator))
    states = torch.stack([answer(thought.state).flatten(1) for thought in thoughts])
    paths, shares = pca_path(states.numpy())
    last = thoughts[-1].output
    assert last is not None
    samples = Samples(task, board, (last[..., 1:].argmax(-1) + 1)[:, None])
    numbers = task.solutions(board)[0].nonzero()[:, 0].tolist()
    names = {number: chr(ord("A") + place) for place, number in enumerate(numbers)}
    reached = [names.get(int(number), "none") for number in samples.number[:, 0]]
    return Fan(board[0].numpy(), task.finished[numbers].numpy(), paths, float(shares.sum()), reached)


@fused()
@torch.no_grad()
def by_solutions(arm: CompletionArm, model: GRAM, seed: int) -> dict[str, dict[str, Any]]:
    """Number of solutions -> nats needed to name one, nats spent by the posterior, shares of valid draws and found."""
    batch, generator = boards(arm, "test", seed), Generator().manual_seed(DRAW_SEED + seed)
    task, rows = arm.boards, {}
    count_B = task.solutions(batch.inputs).sum(1)
    for last in think(model, torch.stack(batch, dim=1), STEPS, generator=generator):
        spent = last.terms
    nats_B = spent["kl"] * model.config.cells / model.options.beta
    found = Samples(task, batch.inputs, draws(model, batch.inputs, STEPS, SAMPLES, generator))
    coverage_B, valid_B, ideal_B = found.coverage(), found.valid.float().mean(0), found.ideal(SAMPLES)
    for low, high in ((2, 3), (4, 7), (8, 15), (16, 400)):
        chosen = (count_B >= low) & (count_B <= high)
        if chosen.any():
            rows[f"{low} to {min(high, int(count_B.max()))}"] = {
                "boards": int(chosen.sum()),
                "nats needed": count_B[chosen].log().mean().item(),
                "nats spent": nats_B[chosen].mean().item(),
                "draws valid": valid_B[chosen].mean().item(),
                "solutions found": coverage_B[chosen].mean().item(),
                "by ideal draws": ideal_B[chosen].mean().item(),
            }
    return rows


@fused()
@torch.no_grad()
def by_cycle(arm: CompletionArm, model: GRAM, seed: int) -> dict[str, dict[str, float]]:
    """Cycle -> nats spent in it, relative change of the state, draws that are valid, draws that no longer change."""
    batch, generator = boards(arm, "test", seed), Generator().manual_seed(DRAW_SEED + seed)
    seeing = [
        thought.terms for thought in think(model, torch.stack(batch, dim=1), STEPS, generator=generator)
    ]
    total = [terms["kl"].mean().item() for terms in seeing[1:]]
    nats = model.config.cells / model.options.beta
    thoughts = list(think(model, batch.inputs, STEPS, read=True, generator=generator))
    answers = [_digits(thought.output) for thought in thoughts]
    states = [answer(thought.state).flatten(1) for thought in thoughts]
    return {
        f"cycle {cycle}": {
            "nats": nats * (total[cycle - 1] - (total[cycle - 2] if cycle > 1 else 0.0)),
            "residual": _change(states[cycle], states[cycle - 1]),
            "draws valid": arm.boards.verify(batch.inputs, answers[cycle]).float().mean().item(),
            "as after the last cycle": (answers[cycle] == answers[-1]).all(1).float().mean().item(),
        }
        for cycle in range(1, STEPS + 1)
    }


def _digits(output: Tensor | None) -> Tensor:
    assert output is not None
    return output[..., 1:].argmax(-1) + 1


def _change(now: Tensor, before: Tensor) -> float:
    return ((now - before).norm(dim=1) / now.norm(dim=1)).median().item()
