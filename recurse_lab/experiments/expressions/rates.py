"""What the search for learning rates measures: problems that are larger than in training, of the validation split.

The search trains on seeds from 100 on, which no claim uses, as long as the arms are trained.
"""

from typing import Any

from torch import Tensor

from recurse_lab.experiments.expressions.arm import ExpressionArm
from recurse_lab.experiments.expressions.scores import accuracy
from recurse_lab.experiments.expressions.trial import train

RATES = (2e-3, 4e-3, 8e-3)
SEEDS = (100, 101)


def validate(arm: ExpressionArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Train one net; return its shares right on validation problems. The score is that of the claims."""
    model, run = train(arm, seed)
    found = accuracy(arm, model, seed, "validation")
    return found | {"score": found["beyond"], "rate": arm.plan.rate, "train_seconds": run.seconds}, {}
