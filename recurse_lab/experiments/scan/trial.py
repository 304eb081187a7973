"""Train one net on a split of SCAN, and measure it on commands that the split keeps for the test."""

from typing import Any, NamedTuple

from torch import Tensor

from recurse_lab.experiments.scan.arm import ScanArm
from recurse_lab.experiments.scan.scores import Model, accuracy, cost
from recurse_lab.experiments.scan.sources import Windows
from recurse_lab.models.encoder_decoder import EncoderDecoder
from recurse_lab.models.gru_encoder_decoder import GRUEncoderDecoder, GRUEncoderDecoderConfig
from recurse_lab.records.record import kept, loaded
from recurse_lab.train.loop import After, Run, fit, seeded

EVERY = 50  # optimizer steps a recorded point of the learning curve


def trial(arm: ScanArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train, then measure the share of commands wholly right.

    Cost: 25 CPU-seconds on the small grammar (episodes 60), 75 on the whole one. Expected on longer commands: GRU
    with attention .85 to .98, relative places .72 to .75 (small grammar); on commands with "jump" at most .05, with
    episodes too, whose net does not learn to look meanings up in this budget.
    """
    model, run = train(arm, seed)
    values = cost(arm, model, len(run.loss)) | accuracy(arm, model, seed)
    values |= {"train_seconds": run.seconds, "steps": len(run.loss), "curve": run.curve(EVERY)}
    return values, kept(model)


class Trained(NamedTuple):
    """The net and its learning curve."""

    model: Model
    run: Run


def train(arm: ScanArm, seed: int, after: After | None = None) -> Trained:
    """Train a net; `after` is called with every step."""
    with seeded(seed) as generator:
        model = build(arm)
    return Trained(model, fit(model, Windows(arm, generator), arm.objective, arm.plan, generator, after))


def build(arm: ScanArm) -> Model:
    """An untrained net of the arm's kind."""
    if isinstance(arm.model, GRUEncoderDecoderConfig):
        return GRUEncoderDecoder(arm.model)
    return EncoderDecoder(arm.model)


def restore(arm: ScanArm, weights: dict[str, Tensor]) -> Model:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(build(arm), weights, arm.label)
