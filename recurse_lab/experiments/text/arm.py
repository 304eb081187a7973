"""The arms of an experiment on text: a net, a plan, and the length of the windows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from recurse_lab.models.mobile_llm import MobileLLMConfig, sized
from recurse_lab.train.objectives.last_step import LastStep
from recurse_lab.train.optimizer import Plan

STEPS = 300  # optimizer steps of every arm
WEIGHTS = 198_000  # of every shape, with the table of 256 bytes, to within 1 %


@dataclass(frozen=True, kw_only=True)
class TextArm:
    """A net and its training; all arms see 16 windows at each optimizer step."""

    label: str
    model: MobileLLMConfig
    plan: Plan
    batch: int = 16
    context: int = 64  # C, bytes of a window, in training and test
    test: int = 256  # test windows; each seed draws its own

    @property
    def objective(self) -> LastStep:
        """The answer after the last application of a block is asked for, at all bytes."""
        return LastStep(steps=self.model.applications)


def plan(rate: float, steps: int = STEPS) -> Plan:
    """The plan that all arms share, as on prefix products."""
    return Plan(steps=steps, rate=rate, warmup=50, weight_decay=0.01, betas=(0.9, 0.98))


def shape(depth: int, width: int, rate: float) -> TextArm:
    """`depth` different blocks of a width, with the inner width that makes about 198,000 weights in all."""
    config = MobileLLMConfig(width=width, depth=depth)
    blocks = "1 block" if depth == 1 else f"{depth} blocks"
    return TextArm(label=f"{blocks} of width {width}", model=sized(config, WEIGHTS), plan=plan(rate))


def at_profile(arms: Mapping[str, TextArm], profile: str) -> dict[str, TextArm]:
    """The arms unchanged in `quick` and `full`; in `smoke`, 4 steps on windows of 16 bytes."""
    if profile != "smoke":
        return dict(arms)
    return {
        name: replace(arm, plan=replace(arm.plan, steps=4, warmup=2), batch=4, context=16, test=8)
        for name, arm in arms.items()
    }
