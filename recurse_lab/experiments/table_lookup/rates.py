"""What the search for learning rates measures: problems that are larger than in training, of the validation split.

The search trains on seeds from 100 on, which no claim uses, as long as the arms are trained.
"""

from typing import Any

from torch import Tensor

from recurse_lab.experiments.table_lookup.arm import TableArm
from recurse_lab.experiments.table_lookup.scores import accuracy
from recurse_lab.experiments.table_lookup.trial import train

RATES = (2e-3, 4e-3, 8e-3)
SEEDS = (100, 101)


def validate(arm: TableArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Train one net; return its shares right on validation problems. The score is that of the claims."""
    model, run = train(arm, seed)
    found = accuracy(arm, model, seed, "validation")
    return found | {"score": found["beyond"], "rate": arm.plan.rate, "train_seconds": run.seconds}, {}
