"""The arms of an experiment on self-training: a net, a few labeled boards, boards without labels, and a verifier."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from recurse_lab.models.noisy import NoisyConfig
from recurse_lab.tasks.completions import Completions
from recurse_lab.tasks.four_sudoku import FourSudoku
from recurse_lab.tasks.map_coloring import MapColoring
from recurse_lab.tasks.queens import Queens
from recurse_lab.train.objectives.halting_supervision import HaltingSupervision
from recurse_lab.train.optimizer import Plan

JUDGED = 16  # cycles after which a net is judged
Keep = Literal[
    "nothing",  # both halves of a batch are labeled boards
    "masked labels",  # no answer of the net: labeled boards with as few givens as the others, from the first step on
    "everything",  # one random draw of every board
    "random",  # one random draw of random boards
    "rules",  # right by the task's exact verifier
    "noisy rules",  # the same verifier; it passes some of the wrong draws
    "probability",  # likeliest by the net itself
    "head",  # likeliest right by the net's halting head
    "agreement",  # most often drawn
    "boards of probability",  # the boards of `probability`, each with a random draw
    "boards of rules",  # the boards of `rules`, each with a random draw
    "truth",  # the board's own target
]


@dataclass(frozen=True, kw_only=True)
class Boards:
    """The boards: labeled ones to begin with, those without labels, and the test."""

    task: Literal["sudoku", "coloring", "queens"] = "sudoku"
    labeled: int = 40
    labeled_givens: tuple[int, int] = (15, 15)
    labeled_solutions: tuple[int, int] = (1, 10_000)  # fewest and most
    pool: int = 150  # boards without labels
    pool_givens: tuple[int, int] = (4, 14)
    problems: int = 256  # test boards of unseen kinds
    givens: tuple[int, int] = (4, 6)  # of the test
    solutions: tuple[int, int] = (1, 1)  # fewest and most, of the same
    facts: bool = False  # only the board's own target is right, though the rules allow others

    @property
    def completions(self) -> Completions:
        """The task."""
        return {"sudoku": FourSudoku, "coloring": MapColoring, "queens": Queens}[self.task]()


@dataclass(frozen=True, kw_only=True)
class SelfTrainingArm:
    """A net trained on labeled boards, then in rounds on answers of its own."""

    label: str
    keep: Keep
    model: NoisyConfig
    boards: Boards = field(default_factory=Boards)
    base: Plan  # of the training on labeled boards
    plan: Plan  # of each round
    rounds: int = 3
    draws: int = 8  # of each board without label, in each round
    noise: float = 0.2  # deviation before each cycle of a draw
    cycles: int = 8  # of a draw
    share: float = 0.4  # of the boards without labels that is kept in a round
    passed: float = 0.3  # share of the wrong draws that noisy rules pass
    batch: int = 32

    @property
    def kept(self) -> int:
        """Most boards kept in a round."""
        return self.boards.pool if self.keep == "everything" else max(1, round(self.share * self.boards.pool))

    @property
    def learns_own(self) -> bool:
        """Whether the net learns from answers of its own."""
        return self.keep not in ("nothing", "masked labels")

    @property
    def objective(self) -> HaltingSupervision:
        """Deep supervision with a halting head, as in chapter 03."""
        return HaltingSupervision(cycles=1, max_age=8, loss="softmax", halt_weight=0.1, refill="solved")


def plan(steps: int, rate: float = 4e-3) -> Plan:
    """The plan that all arms share: that of the tiny recursive model of chapter 03."""
    return Plan(
        steps=steps, rate=rate, warmup=20, decay_last=0.2, weight_decay=0.1, betas=(0.9, 0.95), average=0.99
    )


SMALL = NoisyConfig(
    symbols=5, classes=5, cells=16, width=32, heads=4, refinements=2, mixer="attention", prefix=1, multiple=1
)


def at_profile(arms: Mapping[str, SelfTrainingArm], profile: str) -> dict[str, SelfTrainingArm]:
    """The arms unchanged in `quick` and `full`; in `smoke`, a few steps and boards."""
    if profile != "smoke":
        return dict(arms)
    return {name: _smoke(arm) for name, arm in arms.items()}


def _smoke(arm: SelfTrainingArm) -> SelfTrainingArm:
    boards = replace(arm.boards, labeled=12, pool=10, problems=12)
    plans: dict[str, Any] = {"base": replace(arm.base, steps=6), "plan": replace(arm.plan, steps=2)}
    return replace(arm, boards=boards, draws=2, rounds=min(2, arm.rounds), **plans)
