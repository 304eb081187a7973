"""The arms of an experiment on products: a net, a plan, and the digits of the factors."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from recurse_lab.models.data_router import DataRouterConfig
from recurse_lab.tasks.multiplication import Multiplication
from recurse_lab.train.objectives.every_step import EveryStep
from recurse_lab.train.objectives.last_step import LastStep
from recurse_lab.train.optimizer import Plan

STEPS = 1500  # about 60 CPU-seconds for the plain net: what a reader's machine allows, far from what the task needs


@dataclass(frozen=True, kw_only=True)
class ProductArm:
    """A net and its training on fresh products of factors of the same numbers of digits."""

    label: str
    model: DataRouterConfig
    plan: Plan
    signal: EveryStep | LastStep
    first: int = 2  # digits of the factors
    second: int = 2
    reversed: bool = True  # last digit of the product first
    batch: int = 64
    test: int = 512  # test products; each seed draws its own

    @property
    def task(self) -> Multiplication:
        """Products of the arm's digits."""
        return Multiplication(self.first, self.second, self.reversed)

    @property
    def digits(self) -> int:
        """Digits of the product."""
        return self.first + self.second


def plan(rate: float, steps: int = STEPS) -> Plan:
    """The plan that both arms share: that of the lists."""
    return Plan(steps=steps, rate=rate, warmup=50, decay_last=0.3, weight_decay=0.0, betas=(0.9, 0.98))


def plain(rate: float, depth: int = 4, width: int = 64, **options: int) -> ProductArm:
    """Distinct blocks, asked after each."""
    model = _net(width, gate=False, depth=depth)
    label = f"{depth} blocks of width {width}"
    return ProductArm(label=label, model=model, plan=plan(rate), signal=EveryStep(steps=depth), **options)  # type: ignore[arg-type]


def loop(rate: float, steps: int = 6, width: int = 64, **options: int) -> ProductArm:
    """One block with copy gate, applied `steps` times."""
    model = _net(width, gate=True, depth=1)
    label = f"loop of width {width}, {steps} steps"
    return ProductArm(label=label, model=model, plan=plan(rate), signal=LastStep(steps=steps), **options)  # type: ignore[arg-type]


def _net(width: int, gate: bool, depth: int) -> DataRouterConfig:
    return DataRouterConfig(
        symbols=12,
        classes=10,
        width=width,
        hidden=2 * width,
        places="relative",
        gate=gate,
        depth=depth,
    )


def at_profile(arms: Mapping[str, ProductArm], profile: str) -> dict[str, ProductArm]:
    """The arms unchanged in `quick` and `full`; in `smoke`, 4 steps and 16 test products."""
    if profile != "smoke":
        return dict(arms)
    return {
        name: replace(arm, plan=replace(arm.plan, steps=4, warmup=2), batch=16, test=16)
        for name, arm in arms.items()
    }
