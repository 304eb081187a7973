"""Search for learning rates of nets for text, on validation windows; the rule is that of prefix products."""

from typing import Any

from torch import Tensor

from recurse_lab.experiments.text.arm import TextArm
from recurse_lab.experiments.text.scores import accuracy
from recurse_lab.experiments.text.trial import train

RATES = (2e-3, 4e-3, 8e-3)
SEEDS = (100,)


def validate(arm: TextArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Train one net; return bits per validation byte, and the score: minus the bits."""
    model, run = train(arm, seed)
    found = accuracy(arm, model, seed, "validation")
    kept = {name: found[name] for name in ("bits", "cells")}
    return kept | {"score": -found["bits"], "rate": arm.plan.rate, "train_seconds": run.seconds}, {}
