"""The arms of an experiment on learned solvers: how many preconditioners, of which form, trained by which signal."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from recurse_lab.train.objectives.every_step import EveryStep
from recurse_lab.train.objectives.last_step import LastStep
from recurse_lab.train.optimizer import Plan

TRAINED = 8  # steps in training
READ = (1, 2, 4, 8, 16, 32, 64)  # steps at which answers are read
STEPS = 300  # optimizer steps of every trained arm


@dataclass(frozen=True, kw_only=True)
class SolverArm:
    """A solver and its training on systems that share an ill-conditioned part C."""

    label: str
    objective: (
        LastStep | EveryStep | None
    )  # None: no training; the best of many single rates on training systems
    plan: Plan
    depth: int = 1  # distinct preconditioners; the last one repeats
    form: Literal["full", "scalar"] = "full"
    first: float = 0.15  # the first P is this times I; A's eigenvalues are below 8.3, so the loop contracts
    condition: float = 30.0  # condition number of C, of which each seed draws a basis of its own
    batch: int = 64
    pool: int = 2048  # training systems
    problems: int = 512  # test systems of each kind


LAST, EVERY_STEP = LastStep(steps=TRAINED), EveryStep(steps=TRAINED)


def trained(
    label: str,
    objective: LastStep | EveryStep,
    rate: float,
    depth: int = 1,
    form: Literal["full", "scalar"] = "full",
) -> SolverArm:
    """An arm with the plan of all. `rate` did best on validation systems of seeds 100 to 102 (0.01 to 0.4 tried)."""
    plan = Plan(steps=STEPS, rate=rate, warmup=20, weight_decay=0.0)
    return SolverArm(label=label, objective=objective, plan=plan, depth=depth, form=form)


SOLVERS = {
    "tied": trained("one P, loss on all 8 steps", EVERY_STEP, 2e-1),
    "tied_last": trained("one P, loss on step 8", LAST, 2e-1),
    "untied": trained("8 different P, loss on all 8 steps", EVERY_STEP, 1e-1, depth=TRAINED),
    "untied_last": trained("8 different P, loss on step 8", LAST, 3e-2, depth=TRAINED),
    "rate": trained("one learned rate, loss on step 8", LAST, 3e-2, form="scalar"),
    "descent": SolverArm(
        label="gradient descent, best single rate", objective=None, plan=Plan(steps=0), form="scalar"
    ),
}


def at_profile(arms: Mapping[str, SolverArm], profile: str) -> dict[str, SolverArm]:
    """The arms unchanged in `quick` and `full`; in `smoke`, 12 steps and few systems."""
    if profile != "smoke":
        return dict(arms)
    return {
        name: replace(
            arm, plan=replace(arm.plan, steps=min(12, arm.plan.steps), warmup=4), pool=64, problems=64
        )
        for name, arm in arms.items()
    }
