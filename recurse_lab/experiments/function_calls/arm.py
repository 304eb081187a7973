"""The arms of an experiment on function calls: a net taught by demonstrations, and ways to tune it further."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from recurse_lab.models.mobile_llm import MobileLLMConfig
from recurse_lab.tasks.function_calls import VOCABULARY
from recurse_lab.train.optimizer import Plan

ROWS = 32  # rows of a batch of demonstrations
PAIRS = 16  # pairs of a batch: as many rows
SAMPLES = 4  # calls drawn for each new request, where a net's own wrong calls are wanted
Signal = Literal["demos", "right", "both", "pairs"]


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a taught net is tuned; `right` are the right halves of the pairs, `both` these and the demonstrations."""

    label: str
    signal: Signal
    plan: Plan
    after: str = ""  # the way whose net is tuned; empty: the taught net
    # wrong halves: the net's own samples, the teacher's twins, or right calls of other requests
    rejects: Literal["own", "taught", "others"] = "own"
    beta: float = 0.1
    form: Literal["sigmoid", "squared"] = "sigmoid"  # DPO, or IPO
    guard: float = 0.0  # lambda of DPOP
    likelihood: float = 0.0  # weight of the cross-entropy of right halves
    repeat: Literal["", "demos", "both"] = ""  # rows repeated beside the pairs, one a pair
    weight: float = 1.0  # of the cross-entropy of repeated rows
    rounds: int = 1  # sample and tune again, with other requests and a new reference
    path: bool = False  # whether the way is measured every `EVERY` steps

    def __post_init__(self) -> None:
        """Check the rounds."""
        if self.rounds < 1 or self.plan.steps % self.rounds:
            raise ValueError(f"rounds must divide the {self.plan.steps} steps, not {self.rounds}")

    @property
    def step_passes(self) -> int:
        """The cost of an optimizer step in forward passes over a row: a row with gradient costs three.

        The reference sees the pairs, without gradient.
        """
        if self.signal != "pairs":
            return 3 * ROWS
        return 3 * PAIRS * (3 if self.repeat else 2) + 2 * PAIRS

    def sampled(self, new: int) -> int:
        """The cost of drawing calls for `new` requests: with a cache, a call costs one pass over its row."""
        return SAMPLES * new if self.signal == "pairs" and self.rejects == "own" else 0

    def passes(self, new: int) -> int:
        """The cost of the way, with `new` new requests, in forward passes over a row."""
        return self.plan.steps * self.step_passes + self.sampled(new)


@dataclass(frozen=True, kw_only=True)
class CallArm:
    """A net, the demonstrations that teach it, and ways to tune it; every seed draws its own requests."""

    label: str
    model: MobileLLMConfig
    plan: Plan
    ways: Mapping[str, Way] = field(default_factory=dict)  # name -> way; no two arms share a name
    demos: int = 1500  # requests with right calls
    new: int = 1000  # new requests, each with a right call, for the ways
    whole: bool = False  # whether the net is taught by the new requests too
    test: int = 1000  # requests of validation and of test


def net(width: int, depth: int = 2) -> MobileLLMConfig:
    """A decoder for the vocabulary of requests and calls."""
    return MobileLLMConfig(symbols=len(VOCABULARY), width=width, hidden=3 * width, depth=depth)


def plan(steps: int, rate: float) -> Plan:
    """The plan that all arms and ways share."""
    return Plan(
        steps=steps,
        rate=rate,
        warmup=min(50, steps // 5),
        decay_last=0.2,
        weight_decay=0.01,
        betas=(0.9, 0.98),
    )


def way(label: str, signal: Signal, rate: float, passes: int, new: int = 1000, **options: Any) -> Way:
    """A way with as many optimizer steps as `passes` forward passes over a row can pay; `options` are its fields."""
    bare = Way(label=label, signal=signal, plan=plan(options.get("rounds", 1), rate), **options)
    rounds = bare.rounds
    steps = (passes - bare.sampled(new)) // bare.step_passes // rounds * rounds
    return replace(bare, plan=plan(steps, rate))


def at_profile(arms: Mapping[str, CallArm], profile: str) -> dict[str, CallArm]:
    """The arms unchanged in `quick` and `full`; in `smoke`, 4 steps and a few requests."""
    if profile != "smoke":
        return dict(arms)
    return {
        name: replace(
            arm,
            plan=plan(4, arm.plan.rate),
            ways={key: replace(one, plan=plan(4, one.plan.rate)) for key, one in arm.ways.items()},
            demos=40,
            new=16,
            test=16,
        )
        for name, arm in arms.items()
    }
