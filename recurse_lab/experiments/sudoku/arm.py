"""What may vary in an experiment on Sudoku: a net, an objective and a plan, on easy puzzles, tested on hard ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from recurse_lab.models.feed_forward import FeedForwardConfig
from recurse_lab.models.trm import TRMConfig
from recurse_lab.train.objectives.every_step import EveryStep
from recurse_lab.train.objectives.halting_supervision import HaltingSupervision
from recurse_lab.train.objectives.last_step import LastStep
from recurse_lab.train.optimizer import Plan
from recurse_lab.train.plateau import Plateau

READS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)  # supervision steps after which a recursive net is read
JUDGED = 16  # supervision steps at which it is judged, as in the papers; fixed before any run

Objective = HaltingSupervision | LastStep | EveryStep


@dataclass(frozen=True, kw_only=True)
class Puzzles:
    """Which puzzles a net is trained on and tested on."""

    side: int = 6
    train_givens: tuple[int, int] = (12, 20)
    test_givens: tuple[int, int] = (8, 11)
    train: int = 2_000  # puzzles to draw from; their digits are relabeled whenever they are drawn
    test: int = 256
    validation: int = 200  # as hard as the test's, of a third set of kinds


@dataclass(frozen=True, kw_only=True)
class SudokuArm:
    """One way of spending optimizer steps on the same puzzles."""

    label: str
    model: TRMConfig | FeedForwardConfig
    objective: Objective
    plan: Plan
    batch: int = 32
    puzzles: Puzzles = field(default_factory=Puzzles)
    plateau: Plateau | None = None  # stop by validation instead of after all of the plan's steps
    own_test: bool = False  # each seed draws its own test puzzles; False: the same ones for all

    @property
    def recursive(self) -> bool:
        """Whether the net may think for as long as one likes."""
        return isinstance(self.model, TRMConfig)

    @property
    def cycles(self) -> int:
        """Refinements in a supervision step."""
        return self.objective.cycles if isinstance(self.objective, HaltingSupervision) else 1

    @property
    def judged(self) -> int:
        """Refinements after which the net is judged: 16 supervision steps, or a plain net's depth."""
        return JUDGED * self.cycles if isinstance(self.model, TRMConfig) else self.model.depth


def plan(steps: int, rate: float) -> Plan:
    """What all arms share: betas and slow average as in the papers, warm-up and decay as small nets need them."""
    return Plan(
        steps=steps, rate=rate, warmup=20, decay_last=0.0, weight_decay=0.1, betas=(0.9, 0.95), average=0.99
    )


def in_other_norm(arm: SudokuArm, rate: float) -> SudokuArm:
    """A plain arm with its norms in the other place, at the rate that was best for that."""
    config = cast(FeedForwardConfig, arm.model)
    norm: Literal["post", "pre"] = "pre" if config.norm == "post" else "post"
    label = f"{arm.label}, {norm}-norm"
    return replace(arm, label=label, model=replace(config, norm=norm), plan=replace(arm.plan, rate=rate))


def smoke(arms: dict[str, SudokuArm]) -> dict[str, SudokuArm]:
    """The arms for a few steps on a few small boards, to see that every line runs."""
    small = Puzzles(side=4, train_givens=(7, 10), test_givens=(4, 6), train=64, test=24, validation=16)

    def shorter(arm: SudokuArm) -> SudokuArm:
        model = replace(arm.model, cells=16, symbols=5, classes=5)
        steps = min(8, arm.plan.steps)
        return replace(arm, model=model, plan=replace(arm.plan, steps=steps), puzzles=small, plateau=None)

    return {name: shorter(arm) for name, arm in arms.items()}


STEPS = 800  # optimizer steps of every live arm
LONGEST = 4_500  # of an arm trained to a plateau that has not reached it by then
RULE = Plateau(every=250, patience=750, rise=0.005)

TINY = TRMConfig(
    symbols=7, classes=7, cells=36, width=32, heads=4, refinements=2, mixer="attention", prefix=1, multiple=1
)

CARRIED = HaltingSupervision(cycles=1, max_age=16, loss="softmax", halt_weight=0.1, refill="solved")

RECURSIVE = SudokuArm(
    label="two blocks, recursive", model=TINY, objective=CARRIED, plan=plan(STEPS, rate=4e-3)
)


def to_plateau(arm: SudokuArm) -> SudokuArm:
    """The same arm, trained until its validation score stops rising."""
    return replace(arm, plan=replace(arm.plan, steps=LONGEST), plateau=RULE)


def at_profile(arms: Mapping[str, SudokuArm], profile: str) -> dict[str, SudokuArm]:
    """The arms as they are in `quick` and `full`; in `smoke`, a few steps on small boards."""
    return smoke(dict(arms)) if profile == "smoke" else dict(arms)
