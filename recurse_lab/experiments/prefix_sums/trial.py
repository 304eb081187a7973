"""Train one net on prefix sums of at most 16 bits, and measure it on strings up to 512 bits."""

from typing import Any, NamedTuple

from torch import Tensor

from recurse_lab.experiments.prefix_sums.arm import PrefixSumArm
from recurse_lab.experiments.prefix_sums.halting import compare_rules
from recurse_lab.experiments.prefix_sums.scores import accuracy, cost, late
from recurse_lab.models.deep_thinking import DeepThinking
from recurse_lab.records.record import kept, loaded
from recurse_lab.tasks.prefix_sums import PrefixSums
from recurse_lab.train.loop import After, Run, Step, fit, seeded
from recurse_lab.train.sources import Curriculum

HALTING_LENGTHS = 4  # halting rules are compared on the four shortest lengths, 16 to 128 bits
EVERY = 10  # optimizer steps a recorded point of the learning curve


def trial(arm: PrefixSumArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train, then measure accuracy by length and iteration.

    Cost: 14 to 36 CPU-seconds for the arms of chapter 02. Expected: the looped arm answers all 512-bit
    strings after 600 iterations on at least 9 seeds of 10; the feed-forward arms answer 16-bit strings and
    almost none of 32 bits.
    """
    model, run, bits = train(arm, seed)
    values = cost(arm, model, run, bits) | accuracy(arm, model, seed)
    values["curve"] = run.points(EVERY) | {"bits": [float(number) for number in bits[::EVERY]]}
    if arm.halting:
        values["halting"] = compare_rules(model, arm.lengths[:HALTING_LENGTHS], late, seed=seed)
    return values, kept(model)


class Trained(NamedTuple):
    """The net, its learning curve, and the length of the strings at each optimizer step."""

    model: DeepThinking
    run: Run
    bits: list[int]


def train(arm: PrefixSumArm, seed: int, after: After | None = None) -> Trained:
    """Train a net; `after` is called with every step."""
    with seeded(seed) as generator:
        model = build(arm)
    source = Curriculum(PrefixSums(), arm.batch, arm.first_bits, arm.train_bits, generator)
    bits: list[int] = []

    def note(step: Step) -> bool | None:
        bits.append(source.size)
        return after(step) if after else None

    return Trained(model, fit(model, source, arm.objective, arm.plan, generator, note), bits)


def build(arm: PrefixSumArm) -> DeepThinking:
    """An untrained net of the arm."""
    return DeepThinking(arm.model)


def restore(arm: PrefixSumArm, weights: dict[str, Tensor]) -> DeepThinking:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(build(arm), weights, arm.label)
