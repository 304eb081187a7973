"""The arms of an experiment on iterates: a net, an objective and a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from recurse_lab.models.learned_step import LearnedStepConfig
from recurse_lab.models.told_steps import ToldStepsConfig
from recurse_lab.train.objectives.every_step import EveryStep
from recurse_lab.train.objectives.last_step import LastStep
from recurse_lab.train.optimizer import Plan

TRAINED = 8  # steps of the method that training shows
READ = (1, 2, 4, 8, 16, 32, 64, 128)  # steps at which answers are read
JUDGED = 32  # steps at which claims judge: four times the trained range
CONDITIONS = (10, 30, 100, 300, 1000)  # condition numbers of the second axis


@dataclass(frozen=True, kw_only=True)
class IterateArm:
    """A net and its training on the iterates of gradient descent from x = 0 with rate 1."""

    label: str
    model: LearnedStepConfig | ToldStepsConfig
    plan: Plan
    objective: EveryStep | LastStep
    batch: int = 128  # fresh problems an optimizer step
    condition: tuple[float, float] = (10.0, 100.0)  # range of kappa in training and in the claims' test
    problems: int = 1024  # test problems, drawn anew by each seed
    prototypes: int | None = None  # train on this many problems and their neighbors only; None: fresh ones


STEPS = 1500  # optimizer steps of every arm
EVERY_STEP, END_ONLY = EveryStep(steps=TRAINED), LastStep(steps=TRAINED)  # the two training signals


def arm(
    label: str,
    model: LearnedStepConfig | ToldStepsConfig,
    rate: float,
    signal: EveryStep | LastStep = EVERY_STEP,
) -> IterateArm:
    """An arm with the plan of all; `rate` comes from the search in `chapters/ch01_iterate/rates.py`."""
    return IterateArm(
        label=label, model=model, objective=signal, plan=Plan(steps=STEPS, rate=rate, weight_decay=0.0)
    )


def at_profile(arms: Mapping[str, IterateArm], profile: str) -> dict[str, IterateArm]:
    """The arms unchanged in `quick` and `full`; in `smoke`, 12 steps and few problems."""
    if profile != "smoke":
        return dict(arms)
    return {
        name: replace(arm, plan=replace(arm.plan, steps=12, warmup=4), batch=8, problems=64)
        for name, arm in arms.items()
    }
