"""The arms of an experiment on expressions: a net, an objective and a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from recurse_lab.models.bidirectional_gru import BidirectionalGRUConfig
from recurse_lab.models.data_router import DataRouterConfig
from recurse_lab.models.tree_gru import TreeGRUConfig
from recurse_lab.train.objectives.every_step import EveryStep
from recurse_lab.train.objectives.sized_steps import SizedSteps
from recurse_lab.train.optimizer import Plan

SYMBOLS, CLASSES = 13, 8  # eight values, four operators, padding; every answer is a value
TRAINED = (1, 2, 3)  # depths of training; a step at depth 4 costs four times as much
TESTED = (3, 4, 5, 6)
BEYOND = (5, 6)  # the depths of the claim


@dataclass(frozen=True, kw_only=True)
class ExpressionArm:
    """A net and its training; every seed draws its own operators, training and test expressions."""

    label: str
    model: DataRouterConfig | BidirectionalGRUConfig | TreeGRUConfig
    plan: Plan
    late: int = 0  # most steps of a late start; 0: none
    least: int = 2  # fewest steps of a loop beyond the depth of the expressions, in training
    most: int = 4  # most of them
    root_only: bool = False  # ask for the value of the root alone, not of every node
    batch: int = 64  # fresh expressions at each optimizer step, all of one depth
    growing: float = 0.3  # share of the training in which deeper expressions come in
    problems: int = 256  # test expressions of each depth; each seed draws its own

    @property
    def looped(self) -> bool:
        """Whether all steps share their blocks."""
        return isinstance(self.model, DataRouterConfig) and self.model.depth == 1

    @property
    def tree(self) -> bool:
        """Whether the net sees the parser's relations, and not the symbols alone."""
        model = self.model
        if isinstance(model, DataRouterConfig):
            return model.places == "tree"
        return isinstance(model, TreeGRUConfig) or model.tree

    @property
    def objective(self) -> SizedSteps | EveryStep:
        """Loops are asked after depth + 2 to 4 steps; other nets after each of their blocks."""
        if self.looped:
            return SizedSteps(least=self.least, most=self.most, late=self.late)
        return EveryStep(steps=self.model.depth)

    def steps(self, depth: int) -> int:
        """Steps of `think` for an answer to expressions of a depth: of a loop, twice the depth and 4."""
        return 2 * depth + 4 if self.looped else self.model.depth


def plan(rate: float, steps: int) -> Plan:
    """The plan that all arms share: a tenth of the rate in the last 30 %."""
    return Plan(steps=steps, rate=rate, warmup=50, decay_last=0.3, weight_decay=0.01, betas=(0.9, 0.95))


# What the transformers of this experiment have in common; recall: all of them see the input again.
TREE = DataRouterConfig(
    symbols=SYMBOLS, classes=CLASSES, places="tree", width=32, hidden=64, gate=False, recall=True
)


def arm(
    label: str, rate: float, steps: int, options: Mapping[str, Any] | None = None, **model: Any
) -> ExpressionArm:
    """A transformer that differs from `TREE` in `model`; `options` are those of the arm."""
    return ExpressionArm(label=label, model=replace(TREE, **model), plan=plan(rate, steps), **(options or {}))


def gru(label: str, rate: float, steps: int, **model: Any) -> ExpressionArm:
    """A bidirectional GRU with the options `model` of `BidirectionalGRUConfig`."""
    deepest = max(TRAINED)
    farthest = 2**deepest  # to a right child, behind a full tree on the left
    config = BidirectionalGRUConfig(
        symbols=SYMBOLS, classes=CLASSES, deepest=deepest, farthest=farthest, **model
    )
    return ExpressionArm(label=label, model=config, plan=plan(rate, steps))


def tree_gru(label: str, rate: float, steps: int, width: int) -> ExpressionArm:
    """A recurrence along the tree, whose order of evaluation is given."""
    config = TreeGRUConfig(symbols=SYMBOLS, classes=CLASSES, width=width)
    return ExpressionArm(label=label, model=config, plan=plan(rate, steps))


def at_profile(arms: Mapping[str, ExpressionArm], profile: str) -> dict[str, ExpressionArm]:
    """The arms unchanged in `quick` and `full`; in `smoke`, 8 steps and 8 test expressions of each depth."""
    if profile != "smoke":
        return dict(arms)
    short = {name: replace(arm.plan, steps=8, warmup=2) for name, arm in arms.items()}
    return {name: replace(arm, plan=short[name], problems=8) for name, arm in arms.items()}
