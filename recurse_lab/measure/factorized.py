"""What an output can do whose cells are drawn independently, computed exactly from the list of solutions.

Shape letters: B inputs, K finished boards, L cells, V symbols without blank.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from recurse_lab.tasks.completions import Completions


def marginals(task: Completions, solutions_BK: Bool[Tensor, "B K"]) -> Float[Tensor, "B L V"]:
    """Share of the solutions of each input in which a cell holds a symbol.

    Cell by cell, cross-entropy is least here: these are the outputs of a perfectly trained net that draws nothing.
    """
    boards_KLV = torch.nn.functional.one_hot(task.finished - 1, task.symbols - 1).double()
    share_BK = solutions_BK.double() / solutions_BK.sum(1, keepdim=True)
    return torch.einsum("bk,klv->blv", share_BK, boards_KLV)


def chance_of(task: Completions, p_BLV: Float[Tensor, "B L V"]) -> Float[Tensor, "B K"]:
    """Chance of each finished board if every cell is drawn by itself: the product of its cells' chances."""
    index_BKL = (task.finished - 1).expand(len(p_BLV), -1, -1)
    log_BLV = p_BLV.clamp_min(1e-12).log()
    return log_BLV.gather(2, index_BKL.mT).sum(1).exp()


class Floor(NamedTuple):
    """Means over inputs."""

    validity: float  # chance that a sample is a solution
    coverage: float  # expected share of the solutions among the samples
    passed: float  # chance that one of the samples is a solution


def floor(
    task: Completions, solutions_BK: Bool[Tensor, "B K"], p_BLV: Float[Tensor, "B L V"], count: int
) -> Floor:
    """Exact expectations for `count` samples whose cells are drawn independently from `p_BLV`."""
    chance_BK = chance_of(task, p_BLV) * solutions_BK
    return Floor(
        chance_BK.sum(1).mean().item(),
        _covered(chance_BK, solutions_BK, count).mean().item(),
        (1 - (1 - chance_BK.sum(1)) ** count).mean().item(),
    )


def at_temperature(p_BLV: Float[Tensor, "B L V"], temperature: float) -> Float[Tensor, "B L V"]:
    """p^(1/t), normalized; ValueError if the temperature is not above 0."""
    if temperature <= 0:
        raise ValueError(f"temperature must be above 0, not {temperature}")
    return (p_BLV.log() / temperature).softmax(-1)


def widest(
    task: Completions,
    solutions_BK: Bool[Tensor, "B K"],
    count: int,
    *,
    starts: int = 6,
    steps: int = 100,
    seed: int = 0,
) -> Float[Tensor, "B L V"]:
    """Independent cells with the highest expected coverage that Adam finds from `starts` starts about the marginals.

    No net has to reach these chances: they know the list of solutions. The search is local, so better ones may exist.
    """
    B = len(solutions_BK)
    many = solutions_BK.repeat(starts, 1)
    start = marginals(task, many).clamp_min(1e-4).log()
    noise = torch.randn(start.shape, generator=torch.Generator().manual_seed(seed), dtype=start.dtype)
    logits = (start + noise).requires_grad_()
    adam = torch.optim.Adam([logits], lr=0.2)
    for _ in range(steps):
        adam.zero_grad()
        (-_covered(chance_of(task, logits.softmax(-1)) * many, many, count).sum()).backward()
        adam.step()
    p_BLV = logits.detach().softmax(-1)
    best_B = _covered(chance_of(task, p_BLV) * many, many, count).view(starts, B).argmax(0)
    return p_BLV.unflatten(0, (starts, B))[best_B, torch.arange(B)]


class Nats(NamedTuple):
    """Means over inputs, in nats."""

    apart: float  # sum of the entropies of the cells
    together: float  # log of the number of solutions: the entropy of the whole board

    @property
    def missing(self) -> float:
        """Total correlation: what the cells must know of each other."""
        return self.apart - self.together


def entropies(task: Completions, solutions_BK: Bool[Tensor, "B K"]) -> Nats:
    """Entropy of the cells one by one, and of the board as a whole, if all solutions are equally likely."""
    p_BLV = marginals(task, solutions_BK)
    apart_B = torch.special.entr(p_BLV).sum((1, 2))
    return Nats(apart_B.mean().item(), solutions_BK.sum(1).double().log().mean().item())


def _covered(chance_BK: Tensor, solutions_BK: Tensor, count: int) -> Float[Tensor, " B"]:
    hit_BK = (1 - (1 - chance_BK) ** count) * solutions_BK
    return hit_BK.sum(1) / solutions_BK.sum(1)
