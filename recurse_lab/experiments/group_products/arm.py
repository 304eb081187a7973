"""The arms of an experiment on prefix products: a net, a plan, and the length of the rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from recurse_lab.models.gru import GRUConfig
from recurse_lab.models.mobile_llm import MobileLLMConfig, sized
from recurse_lab.train.objectives.last_step import LastStep
from recurse_lab.train.optimizer import Plan

STEPS = 1000  # optimizer steps of every arm whose label names no other number
WEIGHTS = 198_000  # of every shape, to within 1 %
LENGTH = 8  # T, elements of a row, in training and test
ELEMENTS = 6  # of S3, the symbols and answers of the task


@dataclass(frozen=True, kw_only=True)
class GroupArm:
    """A net and its training; all arms see rows of the same length, and 32 fresh ones at each optimizer step."""

    label: str
    model: MobileLLMConfig | GRUConfig
    plan: Plan
    batch: int = 32
    elements: int = LENGTH
    points: int = 3  # the group is S_3
    test: int = 512  # test rows; each seed draws its own

    @property
    def objective(self) -> LastStep:
        """The answer after the last application of a block is asked for, at all cells."""
        return LastStep(steps=self.model.applications)


def plan(rate: float, steps: int = STEPS) -> Plan:
    """The plan that all arms share: a tenth of the rate in the last fifth; betas and decay of a first trial."""
    return Plan(steps=steps, rate=rate, warmup=50, weight_decay=0.01, betas=(0.9, 0.98))


def shape(depth: int, width: int, rate: float) -> GroupArm:
    """`depth` different blocks of a width, with the inner width that makes about 198,000 weights."""
    config = MobileLLMConfig(symbols=ELEMENTS, width=width, depth=depth, positions=LENGTH)
    blocks = "1 block" if depth == 1 else f"{depth} blocks"
    return GroupArm(label=f"{blocks} of width {width}", model=sized(config, WEIGHTS), plan=plan(rate))


def longer(arm: GroupArm, factor: float, rate: float) -> GroupArm:
    """The same net, trained for `factor` times the steps."""
    steps = round(factor * arm.plan.steps)
    return replace(arm, label=f"{arm.label}, {steps:,} steps", plan=plan(rate, steps))


def repeated(arm: GroupArm, rate: float, **changed: object) -> GroupArm:
    """The same net with each block applied twice, in a row unless `order` says otherwise."""
    model = replace(arm.model, repeats=2, **changed)  # type: ignore[arg-type]
    how = "all twice over" if changed.get("order") == "over" else "each twice"
    return replace(arm, label=f"{arm.label}, {how}", model=model, plan=plan(rate, arm.plan.steps))


def at_profile(arms: Mapping[str, GroupArm], profile: str) -> dict[str, GroupArm]:
    """The arms unchanged in `quick` and `full`; in `smoke`, 8 steps on rows of 4 elements."""
    if profile != "smoke":
        return dict(arms)
    return {
        name: replace(arm, plan=replace(arm.plan, steps=8, warmup=2), elements=4, test=16)
        for name, arm in arms.items()
    }
