"""Kinds of errors in a computation graph whose every node is answered: local, propagated, or restored.

Dziri et al. 2023, "Faith and Fate" (arXiv:2305.18654), section 3.2.3, on the program's own graph: node d_i has the
parents x_i and d_(i+1), node t_i (item i taken) has x_i, d_(i+1) and t_(i-1). The steps along the longest path to
d_i are C - i + 1, to t_i C + i.

Shape letters: B batch, C items, Q questions (taken, gain), N nodes = 2 C in the order d_C ... d_1 t_1 ... t_C.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from recurse_lab.tasks.dynamic_program import Program

KINDS = ("correct", "restored", "propagated", "local")


class Nodes(NamedTuple):
    """Every node of each list, in an order in which parents come first."""

    right: Bool[Tensor, "B N"]  # the value is the exact one
    consistent: Bool[Tensor, "B N"]  # the value follows from the answers for its parents
    clean: Bool[Tensor, "B N"]  # all nodes that it depends on are right


def nodes(
    inputs_BC: Int[Tensor, "B C"], answers_BQC: Int[Tensor, "B Q C"], targets_BQC: Int[Tensor, "B Q C"]
) -> Nodes:
    """What is said of each node; the lists' numbers are 1 and more (`low` 1)."""
    number_BC, (taken_BC, gain_BC) = inputs_BC + Program().low, answers_BQC.unbind(1)
    zero_B1 = torch.zeros_like(gain_BC[:, :1])
    after_BC = torch.cat((gain_BC[:, 1:], zero_B1), dim=1)
    before_BC = torch.cat((zero_B1, taken_BC[:, :-1]), dim=1)
    follows_gain = gain_BC == (number_BC - after_BC).clamp(min=0)
    follows_taken = taken_BC == ((number_BC >= after_BC) & (before_BC == 0)).long()
    right_BQC = answers_BQC == targets_BQC
    right_BN = torch.cat((right_BQC[:, 1].flip(1), right_BQC[:, 0]), dim=1)
    consistent_BN = torch.cat((follows_gain.flip(1), follows_taken), dim=1)
    return Nodes(right_BN, consistent_BN, _ancestors_right(right_BN))


def _ancestors_right(right_BN: Bool[Tensor, "B N"]) -> Bool[Tensor, "B N"]:
    # d_i depends on d_C ... d_(i+1); t_i on d_C ... d_2 and t_1 ... t_(i-1), but not on d_1
    without_d1 = right_BN.clone()
    without_d1[:, right_BN.shape[1] // 2 - 1] = True
    so_far_BN = without_d1.cummin(1).values
    return torch.cat((torch.ones_like(right_BN[:, :1]), so_far_BN[:, :-1]), dim=1)


def kinds(found: Nodes) -> dict[str, Bool[Tensor, "B N"]]:
    """Kind -> the nodes of this kind; each node has exactly one.

    correct: right, and so is all it depends on; restored: right, though something it depends on is wrong;
    propagated: wrong, and just what follows from the answers for its parents; local: wrong, and not even that.
    """
    right, consistent, clean = found
    return {
        "correct": right & clean,
        "restored": right & ~clean,
        "propagated": ~right & consistent,
        "local": ~right & ~consistent,
    }
