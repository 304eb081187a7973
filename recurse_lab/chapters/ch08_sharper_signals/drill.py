"""Chapter 08: a small training with the reader's own step, and what is followed during it.

Shape letter: B pairs.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from recurse_lab.chapters.ch08_sharper_signals.practice import token_log_probs
from recurse_lab.experiments.function_calls.problems import RIGHT, answers, judged
from recurse_lab.models.mobile_llm import MobileLLM
from recurse_lab.tasks.function_calls import FunctionCalls, Pair, Problem, pair_rows
from recurse_lab.tasks.function_calls_table import NOT_JSON
from recurse_lab.train.by_length import ByLength
from recurse_lab.train.objectives.preference import dpo

Step = Callable[..., Any]  # (net, reference, optimizer, batch, beta) -> the loss


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
