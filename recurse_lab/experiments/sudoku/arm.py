"""The arms of an experiment on Sudoku: a net, an objective, a plan, and the puzzles."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from recurse_lab.models.feed_forward import FeedForwardConfig
from recurse_lab.models.trm import TRMConfig
from recurse_lab.train.objectives.every_step import EveryStep
from recurse_lab.train.objectives.halting_supervision import HaltingSupervision
from recurse_lab.train.objectives.last_step import LastStep
from recurse_lab.train.optimizer import Plan

READS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)  # supervision steps after which a recursive net's answers are read
JUDGED = 16  # supervision steps after which a recursive net is judged, as in the papers; fixed before any run

Objective = HaltingSupervision | LastStep | EveryStep


@dataclass(frozen=True, kw_only=True)
class Puzzles:
    """The puzzles for training, validation and test: each seed draws its own, and of other kinds of solution."""

    side: int = 6
    train_givens: tuple[int, int] = (12, 20)
    test_givens: tuple[int, int] = (8, 11)
    train: int = 2_000  # puzzles in the pool; every draw relabels the digits
    test: int = 256
    validation: int = 200  # as hard as the test puzzles, with kinds of solution of their own


@dataclass(frozen=True, kw_only=True)
class SudokuArm:
    """A net, its training and its puzzles."""

    label: str
    model: TRMConfig | FeedForwardConfig
    objective: Objective
    plan: Plan
    batch: int = 32
    puzzles: Puzzles = field(default_factory=Puzzles)
    reads: tuple[int, ...] = READS  # supervision steps after which a recursive net is read
    draws: int = 0  # noisy runs of a recursive net among which its halting head chooses; 0: none
    noise: float = 0.1  # deviation of the noise that these runs add at every cycle

    @property
    def recursive(self) -> bool:
        """Whether the net can be iterated any number of times."""
        return isinstance(self.model, TRMConfig)

    @property
    def cycles(self) -> int:
        """Steps of `think` in a supervision step: the T of TRM; 1 for other objectives."""
        return self.objective.cycles if isinstance(self.objective, HaltingSupervision) else 1

    @property
    def judged(self) -> int:
        """Steps of `think` after which the net is judged: those of 16 supervision steps, or a plain net's depth."""
        return JUDGED * self.cycles if isinstance(self.model, TRMConfig) else self.model.depth


def plan(steps: int, rate: float, decay_last: float = 0.0) -> Plan:
    """The plan that all arms share: betas as in the papers; warm-up and slow average suited to small nets."""
    return Plan(
        steps=steps,
        rate=rate,
        warmup=20,
        decay_last=decay_last,
        weight_decay=0.1,
        betas=(0.9, 0.95),
        average=0.99,
    )


def smoke(arms: dict[str, SudokuArm]) -> dict[str, SudokuArm]:
    """The arms with a few steps on a few small boards, to check that every line runs."""
    small = Puzzles(side=4, train_givens=(7, 10), test_givens=(4, 6), train=64, test=24, validation=16)

    def shorter(arm: SudokuArm) -> SudokuArm:
        model = replace(arm.model, cells=16, symbols=5, classes=5)
        steps = min(8, arm.plan.steps)
        return replace(arm, model=model, plan=replace(arm.plan, steps=steps), puzzles=small)

    return {name: shorter(arm) for name, arm in arms.items()}


STEPS = 800  # optimizer steps of the recursive net
LONG = 2_000  # optimizer steps of a long run
DECAYED = 0.3  # share of a long run, at its end, that has a tenth of the rate

TINY = TRMConfig(
    symbols=7, classes=7, cells=36, width=32, heads=4, refinements=2, mixer="attention", prefix=1, multiple=1
)

CARRIED = HaltingSupervision(cycles=1, max_age=16, loss="softmax", halt_weight=0.1, refill="solved")

RECURSIVE = SudokuArm(
    label="two blocks, recursive", model=TINY, objective=CARRIED, plan=plan(STEPS, rate=4e-3)
)


def for_long(arm: SudokuArm, rate: float) -> SudokuArm:
    """The same arm, trained for long, at another rate that falls to a tenth at the end."""
    return replace(arm, plan=plan(LONG, rate, decay_last=DECAYED))


def at_profile(arms: Mapping[str, SudokuArm], profile: str) -> dict[str, SudokuArm]:
    """The arms unchanged in `quick` and `full`; in `smoke`, a few steps on small boards."""
    return smoke(dict(arms)) if profile == "smoke" else dict(arms)
