"""Look inside nets on iterates: progress toward the solution, eigenvalues and spectral radius of their step.

Shape letters: B batch, N numbers of the system.
"""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float
from torch import Generator, Tensor

from recurse_lab.experiments.iterates.arm import JUDGED, READ, TRAINED
from recurse_lab.experiments.iterates.problems import iterates
from recurse_lab.experiments.iterates.scores import WITHIN
from recurse_lab.measure.jacobian import eigenvalues, spectral_radius
from recurse_lab.recurrence import Recurrence, settle, think
from recurse_lab.tasks.linear_systems import LinearSystems, relative_error


@torch.no_grad()
def progress(
    nets: Mapping[str, Recurrence], problems: Float[Tensor, "B N N+1"], title: str, steps: int = READ[-1]
) -> list[tuple[str, np.ndarray, dict[str, np.ndarray]]]:
    """For each problem: its title, and the progress <x_k, x*> / |x*|^2 of the method and each net at k = 1, 2, ..."""
    solution = torch.linalg.solve(problems[:, :, :-1], problems[:, :, -1])

    def along(answers: Tensor) -> np.ndarray:
        return ((answers * solution[:, None]).sum(2) / solution.square().sum(1)[:, None]).numpy()

    true = along(iterates(problems, steps)[:, 1:])
    found = {}
    for name, net in nets.items():
        thoughts = think(net, problems, steps, read=range(1, steps + 1))
        found[name] = along(torch.stack([one.output for one in thoughts if one.output is not None], 1))
    return [
        (f"{title} {number + 1}", true[number], {name: curve[number] for name, curve in found.items()})
        for number in range(len(problems))
    ]


def step_eigenvalues(
    nets: Mapping[str, Recurrence], problems: Float[Tensor, "B N N+1"]
) -> dict[str, list[np.ndarray]]:
    """Net -> eigenvalues of its step on each problem, at the state after the trained steps."""
    return {
        name: [
            eigenvalues(net, problem[None], settle(net, problem[None], TRAINED).state) for problem in problems
        ]
        for name, net in nets.items()
    }


def radii(
    nets: Mapping[str, Recurrence], problems: Float[Tensor, "B N N+1"], seed: int
) -> dict[str, dict[str, float]]:
    """Net -> median spectral radius of its step, and the share of problems on which it is below 1."""
    rows = {}
    for name, net in nets.items():
        state = settle(net, problems, TRAINED).state
        radius = spectral_radius(net, problems, state, generator=Generator().manual_seed(seed))
        rows[name] = {
            "median spectral radius": radius.median().item(),
            "share of problems below 1": (radius < 1).float().mean().item(),
        }
    return rows


@torch.no_grad()
def right_at(net: Recurrence, problems: Float[Tensor, "B N N+1"], step: int = JUDGED) -> float:
    """Share of problems whose iterate `step` a net meets within 10 %."""
    output = settle(net, problems, step).output
    assert output is not None
    return (relative_error(output, iterates(problems, step)[:, step]) <= WITHIN).float().mean().item()


def ignoring_the_matrix(seed: int) -> dict[str, float]:
    """The family test of the best linear map x_8 = C b, fitted and tested on 1,024 fresh systems each."""
    task, generator = LinearSystems(), Generator().manual_seed(seed)
    train, test = (task.systems(1024, split, generator) for split in ("train", "test"))
    fitted = torch.linalg.lstsq(train[:, :, -1], iterates(train, TRAINED)[:, -1]).solution
    moved = test.clone()
    direction = torch.randn(1024, test.shape[1], generator=generator)
    moved[:, :, -1] += direction / direction.norm(dim=1, keepdim=True)
    truth, after = (iterates(systems, TRAINED)[:, -1] for systems in (test, moved))
    change = (moved[:, :, -1] - test[:, :, -1]) @ fitted
    ratio = (change * (after - truth)).sum(1) / (after - truth).square().sum(1)
    error = relative_error(test[:, :, -1] @ fitted, truth).median().item()
    return {
        "error inside the families": error,
        "error on unseen problems": error,
        "response ratio, unseen": ratio.median().item(),
        "moves followed, unseen": (relative_error(change, after - truth) <= WITHIN).float().mean().item(),
    }
