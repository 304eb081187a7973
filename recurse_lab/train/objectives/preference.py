"""Learn from pairs of a right and a wrong answer: direct preference optimization (DPO) and its relatives.

The functions take log probabilities of whole answers (sums over their cells), of the trained net and of a frozen
reference. `Preference` computes these and holds the reference.

Rafailov et al. 2023, "Direct Preference Optimization" (arXiv:2305.18290), eq. 7; the guard: Pal et al. 2024, "Smaug"
(arXiv:2402.13228), DPO-Positive; the squared form: Azar et al. 2023 (arXiv:2310.12036), IPO from pairs; the likelihood
term: Pang et al. 2024, "Iterative Reasoning Preference Optimization" (arXiv:2404.19733), section 2.

Shape letters: B pairs, K rows of a pair (right, wrong, then rows to repeat), R rows, C cells, V symbols.
"""

from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Generator, Tensor

from recurse_lab.recurrence import Recurrence, settle
from recurse_lab.tasks.base import IGNORE, Batch
from recurse_lab.tasks.judging import Judge
from recurse_lab.train.objectives.base import Outcome

FORMS = ("sigmoid", "squared")


def row_log_probs(output: Float[Tensor, "R C V"], targets: Int[Tensor, "R C"]) -> Float[Tensor, " R"]:
    """Log probability of each row's answer, in nats: a sum over the cells with a target other than -100."""
    each = F.cross_entropy(output.flatten(0, 1), targets.flatten(), ignore_index=IGNORE, reduction="none")
    return -each.view(targets.shape).sum(1)


def margin(
    right: Float[Tensor, " B"],
    wrong: Float[Tensor, " B"],
    reference_right: Float[Tensor, " B"],
    reference_wrong: Float[Tensor, " B"],
) -> Float[Tensor, " B"]:
    """log pi(right) / ref(right) - log pi(wrong) / ref(wrong): above 0, the right is preferred more than before."""
    return (right - reference_right) - (wrong - reference_wrong)


def dpo(
    right: Float[Tensor, " B"],
    wrong: Float[Tensor, " B"],
    reference_right: Float[Tensor, " B"],
    reference_wrong: Float[Tensor, " B"],
    beta: float = 0.1,
    guard: float = 0.0,
) -> Float[Tensor, ""]:
    """-log sigmoid(beta (margin - guard max(0, log ref(right) / pi(right)))), mean over pairs; guard 0 is plain DPO."""
    fallen = (reference_right - right).clamp_min(0)
    apart = margin(right, wrong, reference_right, reference_wrong)
    return -F.logsigmoid(beta * (apart - guard * fallen)).mean()


def ipo(
    right: Float[Tensor, " B"],
    wrong: Float[Tensor, " B"],
    reference_right: Float[Tensor, " B"],
    reference_wrong: Float[Tensor, " B"],
    beta: float = 0.1,
) -> Float[Tensor, ""]:
    """(margin - 1 / (2 beta))^2, mean over pairs."""
    return (margin(right, wrong, reference_right, reference_wrong) - 1 / (2 * beta)).square().mean()


@dataclass(frozen=True, kw_only=True)
class Preference:
    """The loss of pairs, plus cross-entropy of right answers and of repeated rows; batches are (B, K, C), K 2 or more.

    Raises:
        ValueError: a number is out of its range, or the form is unknown.
    """

    reference: Any  # the frozen net: a `Recurrence`, which is not trained
    steps: int  # refinements of both nets
    beta: float = 0.1
    form: Literal["sigmoid", "squared"] = "sigmoid"
    guard: float = 0.0  # lambda of DPOP; with the sigmoid only
    likelihood: float = 0.0  # weight of the cross-entropy of right answers, mean over their cells
    repeat: float = 1.0  # weight of the cross-entropy of the rows after the pair, mean over their cells

    def __post_init__(self) -> None:
        """Check all numbers."""
        if self.beta <= 0 or min(self.guard, self.likelihood, self.repeat) < 0:
            raise ValueError(
                "beta must be above 0, and guard, likelihood and repeat 0 or more, "
                f"not {self.beta}, {self.guard}, {self.likelihood} and {self.repeat}"
            )
        if self.form not in FORMS or (self.form == "squared" and self.guard):
            raise ValueError(f"form must be {' or '.join(FORMS)}, a guard needs sigmoid, not {self.form!r}")

    def __call__(
        self, model: Recurrence, task: Judge, batch: Batch, carry: Any, progress: float, generator: Generator
    ) -> Outcome:
        """The loss of one optimizer step; its output is that of all rows."""
        B, K = batch.inputs.shape[:2]
        if K < 2:
            raise ValueError(f"a pair has a right and a wrong row, not {K} row")
        targets = batch.targets.flatten(0, 1)
        output = settle(model, batch.inputs.flatten(0, 1), self.steps).output
        assert output is not None
        pairs = [part[:, :2].flatten(0, 1) for part in batch]
        with torch.no_grad():
            before = settle(self.reference, pairs[0], self.steps).output
        assert before is not None
        rows = row_log_probs(output, targets).view(B, K)
        right, wrong = rows[:, 0], rows[:, 1]
        right_before, wrong_before = row_log_probs(before, pairs[1]).view(B, 2).unbind(1)
        if self.form == "squared":
            loss = ipo(right, wrong, right_before, wrong_before, self.beta)
        else:
            loss = dpo(right, wrong, right_before, wrong_before, self.beta, self.guard)
        if self.likelihood:
            loss = loss + self.likelihood * -right.sum() / _cells(batch.targets[:, 0])
        if K > 2 and self.repeat:
            loss = loss + self.repeat * -rows[:, 2:].sum() / _cells(batch.targets[:, 2:])
        return Outcome(loss, output, targets, batch.inputs, B)


def _cells(targets: Tensor) -> Tensor:
    return (targets != IGNORE).sum().clamp_min(1)
