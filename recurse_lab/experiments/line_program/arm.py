"""The arms of an experiment on the dynamic program on lists: a net, a plan, and what it is asked for in training."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from recurse_lab.experiments.line_program.memorizer import MemorizerConfig
from recurse_lab.models.bidirectional_gru import BidirectionalGRUConfig
from recurse_lab.models.data_router import DataRouterConfig
from recurse_lab.tasks.dynamic_program import Program
from recurse_lab.tasks.scratchpad import Scratchpad
from recurse_lab.train.objectives.every_step import EveryStep
from recurse_lab.train.objectives.last_step import LastStep
from recurse_lab.train.objectives.sized_steps import SizedSteps
from recurse_lab.train.optimizer import Plan

FARTHEST = (
    5  # largest distance between items in training; larger ones count as this, or they would be untrained
)
STEPS = 1200  # optimizer steps of every arm whose label names no other number
SIZES = (2, 3, 4, 5, 6)  # items of the lists in training; one list in eight of each size is kept for the test
TESTED = (6, 8, 12, 15, 16, 24)  # items of the test lists; 15 and 24 are 2.5 and 4 times the largest trained
NOVEL = 6  # items of the test lists that have a triple of neighbors training never shows
HARD = 16  # items of the test lists of the numbers 3 to 5, whose chains of dependence are the longest

Model = DataRouterConfig | BidirectionalGRUConfig | MemorizerConfig
Signal = SizedSteps | EveryStep | LastStep
Form = Literal["labels", "scratchpad", "coupled"]


@dataclass(frozen=True, kw_only=True)
class LineArm:
    """A net and its training; all arms see fresh lists of 2 to 6 items, one size a batch."""

    label: str
    model: Model
    plan: Plan
    signal: Signal  # when the net is asked; a loop thinks longer on longer lists
    questions: int = 2  # 2: also asked for the gain of every item
    form: Form = "labels"  # all answers at once, or written out token by token, if so with coupled ids
    batch: int = 128
    sizes: tuple[int, ...] = SIZES
    tested: tuple[int, ...] = TESTED
    test: int = 256  # test lists of each size; each seed draws its own

    @property
    def task(self) -> Program | Scratchpad:
        """The program, with the arm's number of questions, or its scratchpad."""
        if self.form == "labels":
            return Program(questions=self.questions)
        return Scratchpad(coupled=self.form == "coupled")

    def steps_at(self, size: int) -> int:
        """Steps after which a list of `size` items is answered."""
        return size + self.signal.least if isinstance(self.signal, SizedSteps) else self.signal.steps


def plan(rate: float, steps: int = STEPS) -> Plan:
    """The plan that all arms share: betas and decay of the first trials, a tenth of the rate in the last 30 %."""
    return Plan(steps=steps, rate=rate, warmup=50, decay_last=0.3, weight_decay=0.0, betas=(0.9, 0.98))


def loop(label: str, rate: float, questions: int = 2, **options: object) -> LineArm:
    """One block applied n + 2 times to n items, up to 2 times more in training, asked at the end.

    The random extra steps teach it to hold an answer (first trials: then more steps at test do no harm).
    """
    classes = Program(questions=questions).classes
    model = DataRouterConfig(symbols=5, classes=classes, questions=questions, **options)  # type: ignore[arg-type]
    signal = SizedSteps(least=2, most=4)
    return LineArm(label=label, model=model, plan=plan(rate), signal=signal, questions=questions)


def plain(label: str, rate: float, depth: int, width: int, steps: int = STEPS) -> LineArm:
    """`depth` different blocks with relative places, asked after each of them.

    Distances beyond five are untrained. To count them as five was worse (first trials, all three sizes).
    """
    model = DataRouterConfig(
        symbols=5,
        classes=6,
        questions=2,
        width=width,
        hidden=2 * width,
        places="relative",
        gate=False,
        depth=depth,
    )
    return LineArm(label=label, model=model, plan=plan(rate, steps), signal=EveryStep(steps=depth))


def usual(arm: LineArm) -> LineArm:
    """The same plain net, asked once, after its last block, and for "taken or not" alone."""
    assert isinstance(arm.model, DataRouterConfig)
    model = replace(arm.model, questions=1, classes=Program(questions=1).classes)
    signal = LastStep(steps=arm.model.depth)
    return replace(arm, label=f"{arm.label}, asked once", model=model, signal=signal, questions=1)


def at_rate(arm: LineArm, rate: float) -> LineArm:
    """The same arm with another learning rate."""
    return replace(arm, plan=replace(arm.plan, rate=rate))


def gru(label: str, rate: float, width: int, order: str = "both") -> LineArm:
    """Two layers of a GRU: in both directions each, or the first from the end and the second from the start."""
    model = BidirectionalGRUConfig(
        symbols=5,
        classes=6,
        questions=2,
        width=width,
        order=order,  # type: ignore[arg-type]
    )
    return LineArm(label=label, model=model, plan=plan(rate), signal=LastStep(steps=model.depth))


def scratchpad(label: str, rate: float, coupled: bool, depth: int = 4, width: int = 64) -> LineArm:
    """A causal net that writes gains and answers one after the other; `coupled`: it knows each token's item."""
    model = DataRouterConfig(
        symbols=Scratchpad().symbols,
        classes=Scratchpad().classes,
        width=width,
        hidden=2 * width,
        places="coupled" if coupled else "relative",
        clip=2 if coupled else 16,
        gate=False,
        depth=depth,
        causal=True,
    )
    form: Form = "coupled" if coupled else "scratchpad"
    signal = EveryStep(steps=depth)
    return LineArm(label=label, model=model, plan=plan(rate), signal=signal, questions=1, form=form)


def memorizer(reach: int = 5) -> LineArm:
    """No net: the answers seen in training for the item and its neighbors."""
    signal = LastStep(steps=1)
    return LineArm(
        label="memorizer of windows",
        model=MemorizerConfig(reach=reach),
        plan=plan(0.0),
        signal=signal,
        questions=1,
    )


def at_profile(arms: Mapping[str, LineArm], profile: str) -> dict[str, LineArm]:
    """The arms unchanged in `quick` and `full`; in `smoke`, 4 steps and 16 lists of two sizes."""
    if profile != "smoke":
        return dict(arms)
    return {
        name: replace(arm, plan=replace(arm.plan, steps=4, warmup=2), batch=16, tested=(6, 8), test=16)
        for name, arm in arms.items()
    }
