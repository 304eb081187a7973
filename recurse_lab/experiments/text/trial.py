"""Train one net on the documentation of this Python, and measure it on documents that it has not seen."""

from typing import Any, NamedTuple

from torch import Tensor

from recurse_lab.experiments.text.arm import TextArm
from recurse_lab.experiments.text.scores import accuracy, cost
from recurse_lab.models.mobile_llm import MobileLLM
from recurse_lab.records.record import kept, loaded
from recurse_lab.tasks.text import Text, digest
from recurse_lab.train.loop import After, Run, fit, seeded
from recurse_lab.train.sources import Curriculum

EVERY = 20  # optimizer steps a recorded point of the learning curve


def trial(arm: TextArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train, then measure bits per byte and bytes predicted right, by number of applications.

    Cost: 8 CPU-seconds for one block of width 128, 18 for eight of width 48. Expected: 2.7 to 2.8 bits per byte
    for two, four and eight blocks, 2.9 for one block.
    """
    model, run = train(arm, seed)
    values = cost(arm, model, len(run.loss)) | accuracy(arm, model, seed)
    values |= {"train_seconds": run.seconds, "steps": len(run.loss), "curve": run.curve(EVERY)}
    return values | {"text": digest()}, kept(model)


class Trained(NamedTuple):
    """The net and its learning curve."""

    model: MobileLLM
    run: Run


def train(arm: TextArm, seed: int, after: After | None = None) -> Trained:
    """Train a net; `after` is called with every step."""
    with seeded(seed) as generator:
        model = build(arm)
    Text().text_of("train")  # collect the text before the clock starts
    source = Curriculum(Text(), arm.batch, arm.context, arm.context, generator)
    return Trained(model, fit(model, source, arm.objective, arm.plan, generator, after))


def build(arm: TextArm) -> MobileLLM:
    """An untrained net of the arm."""
    return MobileLLM(arm.model)


def restore(arm: TextArm, weights: dict[str, Tensor]) -> MobileLLM:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(build(arm), weights, arm.label)
