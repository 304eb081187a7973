"""Chapter 00: arms for ten seconds of training on at most 8 bits, a looped net and a net of six different blocks."""

from dataclasses import replace

from recurse_lab.experiments.prefix_sums.arm import LOOPED, UNTIED, PrefixSumArm
from recurse_lab.experiments.prefix_sums.trial import train

__all__ = ["taste_arms", "train"]


def taste_arms(profile: str) -> dict[str, PrefixSumArm]:
    """The looped net and the six-block net of chapter 02, for 300 steps (smoke: 12) on at most 8 bits.

    Cost: 5 CPU-seconds each. Expected: the looped net answers all 64-bit strings on most seeds, the six-block
    net none.
    """
    steps = 12 if profile == "smoke" else 300
    return {
        name: replace(arm, plan=replace(arm.plan, steps=steps), train_bits=8)
        for name, arm in (("looped", LOOPED), ("untied", UNTIED))
    }
