"""Chapter 08: what surrounds the reader's own preference loss: checks, a small training, and what it shows.

Shape letters: B pairs, T tokens of an answer, padded.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Generator, Tensor

from recurse_lab.experiments.function_calls.problems import RIGHT, answers, judged
from recurse_lab.models.mobile_llm import MobileLLM
from recurse_lab.recurrence import settle
from recurse_lab.tasks.base import IGNORE
from recurse_lab.tasks.function_calls import FunctionCalls, Pair, Problem, pair_rows
from recurse_lab.tasks.function_calls_table import NOT_JSON
from recurse_lab.train.by_length import ByLength
from recurse_lab.train.objectives.preference import dpo

Loss = Callable[..., Any]  # (right, wrong, reference right, reference wrong: (B, T) each, beta) -> a number
Step = Callable[..., Any]  # (net, reference, optimizer, batch, beta) -> the loss
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


class Watched(NamedTuple):
    """Requests kept out of training, and the pairs whose log probabilities are followed."""

    problems: list[Problem]
    pairs: list[Pair]


class Followed(NamedTuple):
    """What was measured during a small training."""

    steps: list[int]
    right: list[Tensor]  # log probabilities of the right calls of each pair, in nats
    wrong: list[Tensor]
    exact: list[float]  # share of requests done right

    def rows(self) -> dict[str, dict[str, float]]:
        """Step -> what a table shows."""
        return {
            f"{step} steps": {
                "right call likelier": (right > wrong).float().mean().item(),
                "log p(right), nats": right.mean().item(),
                "log p(wrong), nats": wrong.mean().item(),
                "requests done right": exact,
            }
            for step, right, wrong, exact in zip(*self, strict=True)
        }


def follow(
    step: Step,
    taught: MobileLLM,
    pairs: list[Pair],
    watched: Watched,
    rate: float,
    updates: int,
    beta: float = 0.1,
) -> Followed:
    """Run the reader's training step on a copy of a taught net; measure it at first and after each sixth of the way."""
    found, every = Followed([], [], [], []), max(1, updates // 6)
    for number, net in _training(step, taught, pairs, rate, updates, beta):
        if number % every == 0:
            measure(net, watched, number, found)
    return found


def after_training(
    step: Step, taught: MobileLLM, pairs: list[Pair], watched: Watched, rate: float, updates: int
) -> dict[str, float]:
    """The shares of a net after a small training."""
    for _, net in _training(step, taught, pairs, rate, updates, beta=0.1):
        last = net
    return shares(last, watched)


def shares(net: MobileLLM, watched: Watched) -> dict[str, float]:
    """Shares of the watched requests: done right, no JSON, and other calls."""
    words = said(net, watched)
    right, broken = (words.count(word) / len(words) for word in (RIGHT, NOT_JSON))
    return {"right": right, "no JSON": broken, "other calls": 1 - right - broken}


def said(net: MobileLLM, watched: Watched) -> list[str]:
    """What the net's answers to the watched requests are: right, or the kind of their error."""
    found = answers(net, watched.problems)
    return [judged(tokens, one) for tokens, one in zip(found, watched.problems, strict=True)]


def _training(
    step: Step, taught: MobileLLM, pairs: list[Pair], rate: float, updates: int, beta: float
) -> Iterator[tuple[int, MobileLLM]]:
    """The net before the first step and after each."""
    net, reference = deepcopy(taught), deepcopy(taught).requires_grad_(False)
    optimizer = torch.optim.AdamW(net.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
    source = ByLength(FunctionCalls(), pair_rows(pairs), 16, Generator().manual_seed(0))
    yield 0, net
    for number in range(1, updates + 1):
        step(net, reference, optimizer, source.draw(), beta)
        yield number, net


@torch.no_grad()
def measure(net: MobileLLM, watched: Watched, step: int, found: Followed) -> None:
    """Add one measurement."""
    right, wrong = token_log_probs(net, pair_rows(watched.pairs))
    words = said(net, watched)
    found.steps.append(step)
    found.right.append(right.sum(1))
    found.wrong.append(wrong.sum(1))
    found.exact.append(words.count(RIGHT) / len(words))


def guarded_step(guard: float) -> Step:
    """A training step as in the notebook, with the guard of DPOP in the loss."""

    def step(net: MobileLLM, reference: MobileLLM, optimizer: Any, batch: Any, beta: float) -> float:
        optimizer.zero_grad()
        right, wrong = token_log_probs(net, batch)
        with torch.no_grad():
            right_before, wrong_before = token_log_probs(reference, batch)
        sums = (part.sum(1) for part in (right, wrong, right_before, wrong_before))
        r, w, fr, fw = sums
        loss = dpo(r, w, fr, fw, beta, guard)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
