"""Chapter 08: what surrounds the reader's own preference loss: its checks.

Shape letters: B pairs, T tokens of an answer, padded.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Generator, Tensor

from recurse_lab.models.mobile_llm import MobileLLM
from recurse_lab.recurrence import settle
from recurse_lab.tasks.base import IGNORE
from recurse_lab.train.objectives.preference import dpo

Loss = Callable[..., Any]  # (right, wrong, reference right, reference wrong: (B, T) each, beta) -> a number
BETA = 0.3  # of the exercise


def some_tokens(seed: int = 8) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Log probabilities (B, T) of the tokens of right and wrong calls, by net and reference; always the same.

    Tokens after the end have log probability 0.
    """
    drawn = -torch.rand(4, 5, 7, generator=Generator().manual_seed(seed), dtype=torch.float64) * 2
    ends = torch.tensor([[7, 5, 6, 4, 7], [6, 7, 5, 7, 4]]).repeat(2, 1)
    right, wrong, before_right, before_wrong = drawn * (torch.arange(7) < ends[..., None])
    return right, wrong, before_right, before_wrong


def loss_expected() -> tuple[float, dict[str, float]]:
    """The right loss of `some_tokens`, and mistake -> its number."""
    tokens = some_tokens()
    r, w, fr, fw = (part.sum(1) for part in tokens)
    means = [part.sum(1) / (part != 0).sum(1) for part in tokens]
    found = {
        "the reference is missing: log pi(right) - log pi(wrong) alone": _loss(BETA * (r - w)),
        "the sign is turned: this pushes the wrong call up": _loss(-BETA * (r - fr - w + fw)),
        "means over tokens: log probabilities of calls are sums": _loss(
            BETA * (means[0] - means[2] - means[1] + means[3])
        ),
        "means over tokens and padding: log probabilities of calls are sums": _loss(
            BETA * sum(sign * part.mean(1) for sign, part in zip((1, -1, -1, 1), tokens, strict=True))
        ),
        "beta is missing": _loss(r - fr - w + fw),
        "beta belongs inside the sigmoid": BETA * _loss(r - fr - w + fw),
        "the references are added, not subtracted": _loss(BETA * (r + fr - w - fw)),
        "the sigmoid without its logarithm": -torch.sigmoid(BETA * (r - fr - w + fw)).mean(),
        "the minus before the logarithm is missing": -_loss(BETA * (r - fr - w + fw)),
        "a sum over pairs: take the mean": 5 * _loss(BETA * (r - fr - w + fw)),
    }  # fmt: skip
    return dpo(r, w, fr, fw, BETA).item(), {why: float(value) for why, value in found.items()}


def _loss(margins: Any) -> Tensor:
    return -F.logsigmoid(margins).mean()


def gradient(loss: Loss) -> Any:
    """One number for the gradient of a loss with respect to all four inputs, at other tokens than the value's."""
    given = [part.clone().requires_grad_() for part in some_tokens(11)]
    found = loss(*given, BETA)
    if found is None or found is ...:
        return found
    parts = torch.autograd.grad(found, given, allow_unused=True)
    return _told(parts, [True] * 4)


def gradient_expected() -> tuple[float, dict[str, float]]:
    """The right gradient as one number, and mistake -> its number."""
    given = [part.clone().requires_grad_() for part in some_tokens(11)]
    r, w, fr, fw = (part.sum(1) for part in given)
    parts = torch.autograd.grad(dpo(r, w, fr, fw, BETA), given)
    halves = {
        "the gradient flows through the reference too: detach it": [True] * 4,
        "the gradient of the wrong half is missing": [True, False, False, False],
        "the gradient of the right half is missing": [False, True, False, False],
        "no gradient reaches the net": [False] * 4,
    }
    mistakes = {why: _told(parts, which) for why, which in halves.items()}
    return _told(parts, [True, True, False, False]), mistakes


def _told(parts: Any, which: list[bool]) -> float:
    total = 0.0
    for number, (part, counts) in enumerate(zip(parts, which, strict=True), start=1):
        if part is not None and counts:
            weights = torch.arange(1.0, part.numel() + 1, dtype=part.dtype) * number**2
            total += float((part.flatten() * weights).sum())
    return total


def checked(loss: Loss) -> Loss:
    """The reader's loss where value and gradient are right, else the book's."""
    try:
        value, slope = float(loss(*some_tokens(), BETA)), gradient(loss)
        good = abs(value - loss_expected()[0]) < 1e-6 and abs(slope - gradient_expected()[0]) < 1e-6
    except Exception:  # the reader's function may do anything
        return book_loss
    return loss if good else book_loss


def book_loss(
    right: Tensor, wrong: Tensor, before_right: Tensor, before_wrong: Tensor, beta: float
) -> Tensor:
    """DPO from log probabilities of tokens."""
    before = before_right.detach().sum(1), before_wrong.detach().sum(1)
    return dpo(right.sum(1), wrong.sum(1), before[0], before[1], beta)


def token_log_probs(net: MobileLLM, batch: Any) -> tuple[Float[Tensor, "B T"], Float[Tensor, "B T"]]:
    """Log probabilities of the tokens of right and of wrong calls; 0 where nothing is asked for."""
    inputs, targets = (part.flatten(0, 1) for part in batch)
    output = settle(net, inputs, net.config.applications).output
    assert output is not None
    each = -F.cross_entropy(output.flatten(0, 1), targets.flatten(), ignore_index=IGNORE, reduction="none")
    right, wrong = each.view(*batch.inputs.shape).unbind(1)
    return right, wrong
