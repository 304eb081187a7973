"""What the search for the rate of the rounds measures, on validation boards; on seeds from 100 on."""

from typing import Any

from torch import Tensor

from recurse_lab.experiments.self_training.arm import SelfTrainingArm
from recurse_lab.experiments.self_training.trial import train
from recurse_lab.kernels import fused

RATES = (2e-3, 4e-3, 8e-3)
SEEDS = (100, 101)


@fused()
def validate(arm: SelfTrainingArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Train one net; the score is the share of validation boards solved after the last round."""
    _, run, history = train(arm, seed, "validation")
    solved = [scores["test"]["right"] for scores in history]
    return {
        "score": solved[-1],
        "solved": solved,
        "rate": arm.plan.rate,
        "base_rate": arm.base.rate,
        "train_seconds": run.seconds,
    }, {}
