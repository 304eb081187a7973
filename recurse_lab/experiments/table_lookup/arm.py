"""The arms of an experiment on table lookup: a net, an objective and a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from recurse_lab.models.data_router import DataRouterConfig
from recurse_lab.models.gru import GRUConfig
from recurse_lab.tasks.table_lookup import Order
from recurse_lab.train.objectives.every_step import EveryStep
from recurse_lab.train.objectives.sized_steps import SizedSteps
from recurse_lab.train.optimizer import Plan

SYMBOLS, CLASSES = 14, 8  # eight values and six functions; the answer is a value
TRAINED = (1, 2, 3, 4, 5)  # functions of a training row, as in Csordás et al. 2022
TESTED = (2, 3, 4, 5, 6, 7, 8, 9, 10)  # rows of one function are the tables, all in training
BEYOND = (6, 7, 8, 9, 10)  # of the tested, those longer than in training
EXTRA = 2  # steps of a loop beyond the number of functions


@dataclass(frozen=True, kw_only=True)
class TableArm:
    """A net and its training; every seed draws its own tables, training rows and test rows."""

    label: str
    model: DataRouterConfig | GRUConfig
    plan: Plan
    order: Order = "forward"  # in the order of application, or against it
    batch: int = 128  # fresh rows at each optimizer step, all of one length
    growing: float = 0.4  # share of the training in which longer rows come in, for all nets alike
    extra: int = EXTRA  # steps of a loop beyond the number of functions
    problems: int = 256  # test rows of each length; each seed draws its own

    @property
    def looped(self) -> bool:
        """Whether all steps share their blocks."""
        return isinstance(self.model, DataRouterConfig) and self.model.depth == 1

    @property
    def objective(self) -> SizedSteps | EveryStep:
        """Loops are asked after as many steps as functions and two; others after each of their blocks."""
        if self.looped:
            return SizedSteps(least=self.extra, most=self.extra)
        return EveryStep(steps=self.model.depth)

    def steps(self, functions: int) -> int:
        """Steps of `think` for an answer to rows of so many functions."""
        return functions + self.extra if self.looped else self.model.depth


def plan(rate: float, steps: int) -> Plan:
    """The plan that all arms share: a tenth of the rate in the last fifth."""
    return Plan(steps=steps, rate=rate, warmup=50, weight_decay=0.0, betas=(0.9, 0.98))


def arm(label: str, rate: float, steps: int, **model: Any) -> TableArm:
    """A transformer with the options `model` of `DataRouterConfig`."""
    config = DataRouterConfig(symbols=SYMBOLS, classes=CLASSES, **model)
    return TableArm(label=label, model=config, plan=plan(rate, steps))


def simple(label: str, rate: float, steps: int, **model: Any) -> TableArm:
    """A transformer without gate in the form in which it learns: relative places, SwiGLU, the input shown again.

    With the router's ReLU and layer norms, or without recall, loops without a gate did not learn two functions in
    2,000 steps; that would be no fair control.
    """
    own = {"places": "relative", "gate": False, "swiglu": True, "recall": True} | model
    return arm(label, rate, steps, **own)


def at_profile(arms: Mapping[str, TableArm], profile: str) -> dict[str, TableArm]:
    """The arms unchanged in `quick` and `full`; in `smoke`, 8 steps and 16 test rows of each length."""
    if profile != "smoke":
        return dict(arms)
    short = {name: replace(arm.plan, steps=8, warmup=2) for name, arm in arms.items()}
    return {name: replace(arm, plan=short[name], problems=16) for name, arm in arms.items()}
