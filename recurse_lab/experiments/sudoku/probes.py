"""What linear maps can read off the latents y and z of blank cells.

Shape letters: B puzzles, L cells, D width, S symbols, N blank cells.
"""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from recurse_lab.experiments.sudoku.arm import SudokuArm
from recurse_lab.experiments.sudoku.inside import in_parts
from recurse_lab.experiments.sudoku.problems import puzzles
from recurse_lab.kernels import fused
from recurse_lab.models.trm import TRM, Latents
from recurse_lab.recurrence import think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.sudoku import Sudoku

READINGS = (
    "answer, by the net's own head",
    "answer, by a linear probe",
    "digits that the rules leave, by a probe",
)


@torch.no_grad()
def probes(arm: SudokuArm, net: TRM, steps: Sequence[int], seed: int) -> dict[str, dict[str, Any]]:
    """Test accuracy of maps from y and from z to a blank cell's answer and candidates; one row a step and latent.

    Linear maps are fitted on 500 training puzzles and tested on the test puzzles. They predict the answer's
    digit, and for each digit whether the units of the cell leave it. The score of the latter is the share of
    yes-no questions answered right; the last row answers no to all. The net's own head reads each latent too.
    """
    taught, asked = puzzles(arm, "train", seed), puzzles(arm, "test", seed)
    taught = Batch(*(part[:500] for part in taught))
    rows: dict[str, dict[str, Any]] = {}
    by_step = [_states(net, batch, steps) for batch in (taught, asked)]
    for step in steps:
        states = [found[step] for found in by_step]
        for name in ("y", "z"):
            features = [_cells(net, getattr(state, name)) for state in states]
            own = net.head(features[1]).argmax(-1) == asked.targets
            digit, rules = _fitted(arm, (taught, asked), features)
            rows[f"step {step}, {name}"] = dict(
                zip(READINGS, (own[asked.inputs == 0].float().mean().item(), digit, rules), strict=True)
            )
    left_BLS = _candidates(arm.puzzles.side, asked)[asked.inputs == 0]
    rows["no to all"] = dict(zip(READINGS, ("–", "–", 1 - left_BLS.float().mean().item()), strict=True))
    return rows


@fused()
@torch.inference_mode()
def _states(net: TRM, batch: Batch, steps: Sequence[int]) -> dict[int, Latents]:
    """Step -> y and z of all boards."""
    found: dict[int, list[Latents]] = {step: [] for step in steps}
    for part in in_parts(batch):
        for thought in think(net, part.inputs, max(steps)):
            if thought.step in found:
                found[thought.step].append(thought.state)
    return {step: Latents(*map(torch.cat, zip(*states, strict=True))) for step, states in found.items()}


def _cells(net: TRM, latent: Tensor) -> Float[Tensor, "B L D"]:
    return latent[:, net.config.prefix :]


def _fitted(arm: SudokuArm, batches: tuple[Batch, Batch], features: list[Tensor]) -> tuple[float, float]:
    """Test accuracy of least-squares maps from a cell's latent to its digit, and to its candidates."""
    side = arm.puzzles.side
    blank = [batch.inputs == 0 for batch in batches]
    x_train, x_test = (_with_one(part[cells]) for part, cells in zip(features, blank, strict=True))
    digits = [batch.targets[cells] - 1 for batch, cells in zip(batches, blank, strict=True)]
    left = [_candidates(side, batch)[cells] for batch, cells in zip(batches, blank, strict=True)]
    wanted = torch.cat((torch.nn.functional.one_hot(digits[0], side).float(), left[0].float()), dim=1)
    found = (
        x_test @ torch.linalg.lstsq(x_train, wanted, driver="gelsd").solution
    )  # gelsd: features may be linearly dependent
    digit = (found[:, :side].argmax(1) == digits[1]).float().mean().item()
    return digit, ((found[:, side:] > 0.5) == left[1]).float().mean().item()


def _with_one(x_ND: Float[Tensor, "N D"]) -> Float[Tensor, "N D1"]:
    return torch.cat((x_ND, torch.ones_like(x_ND[:, :1])), dim=1)


def _candidates(side: int, batch: Batch) -> Bool[Tensor, "B L S"]:
    rules = Sudoku(side).rules
    sets = torch.tensor([rules.candidates(board) for board in batch.inputs.tolist()])
    return (sets[..., None] >> torch.arange(side) & 1).bool()
