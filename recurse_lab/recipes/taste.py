"""Chapter 00: ten seconds of training on at most 8 bits, a looped net beside six different blocks."""

from dataclasses import replace

from torch import Generator

from recurse_lab.measure.latents import Trace, trace
from recurse_lab.models.deep_thinking import DeepThinking
from recurse_lab.recipes.looping import LIVE
from recurse_lab.recipes.prefix_sums import Arm, train
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.prefix_sums import PrefixSums

__all__ = ["one_string", "taste_arms", "train"]


def taste_arms(profile: str) -> dict[str, Arm]:
    """The looped net and the six-block net of chapter 02, for 300 steps (smoke: 12) on at most 8 bits.

    Cost: 5 CPU-seconds each. Expected: the looped net answers all 64-bit strings on most seeds, the other none.
    """
    steps = 12 if profile == "smoke" else 300
    return {
        name: replace(LIVE[arm], plan=replace(LIVE[arm].plan, steps=steps), train_bits=8)
        for name, arm in (("looped", "looped"), ("untied", "same_compute"))
    }


def one_string(net: DeepThinking, bits: int, steps: int, seed: int) -> tuple[Batch, Trace]:
    """One test string and the net's thoughts about it."""
    batch = PrefixSums().sample(1, bits, "test", Generator().manual_seed(seed))
    return batch, trace(net, batch.inputs, steps)
