"""Chapter 07: what surrounds the reader's own draw and divergence: checks, a small training, and what it shows.

Shape letters: B boards, C tokens, L cells, N numbers drawn per token.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from recurse_lab.experiments.completions.arm import LATENT, STEPS
from recurse_lab.kernels import fused
from recurse_lab.models.gram import GRAM, Context, GRAMConfig, Normal, divergence
from recurse_lab.recurrence import settle
from recurse_lab.state import detached
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.four_sudoku import FourSudoku
from recurse_lab.train.loop import seeded

Draw = Callable[[Tensor, Tensor, Tensor], Any]  # (mean, log variance, noise), (B, C, N) each -> (B, C, N)
Step = Callable[
    ..., Any
]  # (net, optimizer, boards with answers, answers, state, generator) -> the next state
Divergence = Callable[..., Any]  # (q mean, q log variance, p mean, p log variance) -> (B,)

TASK = FourSudoku()


def some_normals(seed: int = 5) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Means and log variances of q and p, and noise, (2, 3, 4) each; always the same."""
    generator = Generator().manual_seed(seed)
    q_mean, q_log, p_mean, p_log, noise = torch.randn(5, 2, 3, 4, generator=generator).unbind(0)
    return q_mean, q_log / 2, p_mean, p_log / 2, noise


def one_number(result: Any) -> Any:
    """A weighted sum of a tensor, so that one number tells results apart; None and ... stay."""
    if result is None or result is ...:
        return result
    flat = torch.as_tensor(result, dtype=torch.float64).flatten()
    return float((flat * torch.arange(1, len(flat) + 1)).sum())


def draw_expected() -> tuple[float, dict[str, float]]:
    """The right result of a draw as one number, and mistake -> its number."""
    mean, log_variance, _, _, noise = some_normals()
    wrong = {
        "the deviation is exp(log variance / 2); this is the variance": mean + log_variance.exp() * noise,
        "this multiplies the noise by the log variance itself": mean + log_variance * noise,
        "the mean alone: nothing is drawn": mean,
        "noise without mean": (log_variance / 2).exp() * noise,
        "the deviation is missing: all draws have deviation 1": mean + noise,
    }
    right = Normal(mean, log_variance).mean + (log_variance / 2).exp() * noise
    return one_number(right), {reason: one_number(result) for reason, result in wrong.items()}


def divergence_expected() -> tuple[float, dict[str, float]]:
    """The right KL divergences as one number, and mistake -> its number."""
    q_mean, q_log, p_mean, p_log, _ = some_normals()
    q, p = Normal(q_mean, q_log), Normal(p_mean, p_log)
    right = divergence(q, p)
    each = (q_log - p_log).exp() + (q_mean - p_mean).square() / p_log.exp() - 1 - (q_log - p_log)
    swapped = (q_log - p_log).exp() + (q_mean - p_mean).square() / q_log.exp() - 1 - (q_log - p_log)
    wrong = {
        "KL(p || q): the two distributions are exchanged": divergence(p, q),
        "the factor 1/2 is missing": 2 * right,
        "averaged over tokens and numbers: add them, so that a nat is a nat": each.flatten(1).mean(1) / 2,
        "added over the boards too: one number for each board": right.sum().expand(2),
        "the distance of the means is divided by the variance of p, not of q": swapped.flatten(1).sum(1) / 2,
        "the logarithms have the wrong sign": (each + 2 * (q_log - p_log)).flatten(1).sum(1) / 2,
    }
    return one_number(right), {reason: one_number(result) for reason, result in wrong.items()}


class Own(GRAM):
    """The variational loop with the reader's draw and divergence, or with the book's where they fail."""

    def __init__(self, config: GRAMConfig, draw: Draw, kl: Divergence) -> None:
        super().__init__(config, TASK.relations())
        self.own_draw, self.own_kl = checked(draw, kl)

    def draw(self, u_BCD: Tensor, context: Context) -> tuple[Tensor, Tensor | None]:
        """As in `GRAM`, by way of the two functions."""
        prior = self.normal(self.to_prior(u_BCD))
        if context.target is None:
            return prior.draw(context.generator), None
        posterior = self.normal(self.to_posterior(torch.cat((u_BCD, context.target), dim=-1)))
        noise = torch.randn(posterior.mean.shape, generator=context.generator)
        return self.own_draw(*posterior, noise), self.own_kl(*posterior, *prior)


def book_draw(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """mean + deviation x noise."""
    return mean + (log_variance / 2).exp() * noise


def book_divergence(q_mean: Tensor, q_log: Tensor, p_mean: Tensor, p_log: Tensor) -> Tensor:
    """KL(q || p) in nats."""
    return divergence(Normal(q_mean, q_log), Normal(p_mean, p_log))


def checked(draw: Draw, kl: Divergence) -> tuple[Draw, Divergence]:
    """The reader's functions where they give the right numbers, else the book's."""
    q_mean, q_log, p_mean, p_log, noise = some_normals()
    return (
        draw if _agrees(lambda: draw(q_mean, q_log, noise), draw_expected()[0]) else book_draw,
        kl
        if _agrees(lambda: kl(q_mean, q_log, p_mean, p_log), divergence_expected()[0])
        else book_divergence,
    )


def _agrees(call: Callable[[], Any], expected: float) -> bool:
    try:
        found = one_number(call())
        return isinstance(found, float) and abs(found - expected) < 1e-3 * abs(expected)
    except Exception:  # the reader's function may do anything
        return False


class Shown(NamedTuple):
    """Shares of test boards, and nats."""

    posterior: float  # whose given answer the net returns when it sees that answer
    prior: float  # for which a draw from the prior is a solution
    nats: float  # KL divergence, all cycles together


def untrained(draw: Draw, kl: Divergence, seed: int, place: Any = "inside", beta: float = 1.0) -> Own:
    """A net of the chapter's size."""
    with seeded(seed):
        return Own(GRAMConfig(**(vars(LATENT) | {"place": place, "beta": beta})), draw, kl)


def training_boards(seed: int, count: int = 8_000) -> Batch:
    """Boards with two to five givens, each with one of its solutions."""
    return TASK.pool(count, (2, 5), "train", Generator().manual_seed(seed))


@fused()  # only faster
def practice(step: Step, net: GRAM, seed: int, updates: int) -> Shown:
    """Train a small net with a training step, six cycles on each batch of boards; what its draws reach then."""
    pool, generator = training_boards(seed), Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(net.parameters(), lr=4e-3, betas=(0.9, 0.95), weight_decay=0.1)
    for number in range(updates):
        if number % STEPS == 0:  # fresh boards, and the first state
            chosen = torch.randint(len(pool.inputs), (32,), generator=generator)
            seeing, answers = torch.stack(pool, dim=1)[chosen], pool.targets[chosen]
            state = net.start(seeing)[0]
        state = detached(step(net, optimizer, seeing, answers, state, generator))
    return shown(net, seed)


@torch.no_grad()
def shown(net: GRAM, seed: int) -> Shown:
    """What the posterior and the prior reach on 128 test boards with several solutions."""
    batch = TASK.pool(128, (2, 5), "test", Generator().manual_seed(seed + 1), (2, 400))
    generator = Generator().manual_seed(seed)
    seeing = settle(net, torch.stack(batch, dim=1), STEPS, generator=generator)
    prior = settle(net, batch.inputs, STEPS, generator=generator)
    assert seeing.output is not None
    assert prior.output is not None
    right = (seeing.output.argmax(-1) == batch.targets).all(1)
    valid = TASK.verify(batch.inputs, prior.output.argmax(-1))
    nats = seeing.terms["kl"].mean().item() * net.config.cells / net.options.beta
    return Shown(right.float().mean().item(), valid.float().mean().item(), nats)
