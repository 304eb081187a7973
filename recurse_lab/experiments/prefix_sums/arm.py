"""The arms of an experiment on prefix sums: a net, an objective and a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from recurse_lab.models.deep_thinking import DeepThinkingConfig
from recurse_lab.train.objectives.last_step import LastStep
from recurse_lab.train.objectives.progressive import Progressive
from recurse_lab.train.optimizer import Plan


@dataclass(frozen=True, kw_only=True)
class PrefixSumArm:
    """A net and its training; all arms share optimizer steps, batch size and strings."""

    label: str
    model: DeepThinkingConfig
    objective: LastStep | Progressive
    plan: Plan
    batch: int = 32
    first_bits: int = 4  # length of the strings at the start of the curriculum
    train_bits: int = 16  # greatest length of the strings in training
    lengths: tuple[int, ...] = (16, 32, 64, 128, 256, 512)
    strings: int = 64  # test strings of each length up to 128 bits; an eighth of this for longer ones
    halting: bool = False  # whether the trial also compares halting rules
    own_test: bool = False  # each seed draws its own test strings; False: the same ones for all

    @property
    def loops(self) -> bool:
        """Whether the net can be iterated any number of times."""
        return self.model.depth == 1


STEPS = 900  # optimizer steps of every arm

# Dilations of the feed-forward nets. A block of five convolutions with dilation d reaches 5d cells to each
# side, the embedding and the head together 4 more. In both nets, an answer bit can depend on the 511 bits
# before it, so 512 bits are within reach.
FOUR_BLOCKS = (1, 4, 16, 81)
SIX_BLOCKS = (1, 2, 4, 16, 32, 64)  # as many training FLOPs as the looped net's average step

LOOPED = PrefixSumArm(
    label="looped, one block",
    model=DeepThinkingConfig(),
    objective=Progressive(with_gradient=8, without_gradient=30, late_start_from=0.4, late_start_share=0.5),
    plan=Plan(steps=STEPS, rate=2e-3),
    halting=True,
)


def feed_forward(
    label: str, dilations: tuple[int, ...], width: int, groups: int, rate: float
) -> PrefixSumArm:
    """Different blocks, each applied once; `rate` comes from the search in `chapters/ch02_looping/rates.py`."""
    return PrefixSumArm(
        label=label,
        model=DeepThinkingConfig(dilations=dilations, width=width, groups=groups),
        objective=LastStep(steps=len(dilations)),
        plan=Plan(steps=STEPS, rate=rate),
    )


UNTIED = feed_forward("6 blocks, same training compute", SIX_BLOCKS, 32, 4, 4e-3)


def at_profile(arms: Mapping[str, PrefixSumArm], profile: str) -> dict[str, PrefixSumArm]:
    """The arms unchanged in `quick` and `full`; in `smoke`, 12 steps and two short lengths."""
    if profile != "smoke":
        return dict(arms)
    return {
        name: replace(
            arm, plan=replace(arm.plan, steps=12, warmup=4), lengths=(16, 32), strings=8, train_bits=6
        )
        for name, arm in arms.items()
    }
