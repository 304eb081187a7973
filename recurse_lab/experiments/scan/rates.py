"""What the search for learning rates measures: commands of the training side that were kept out of training.

The search trains on seeds from 100 on, which no claim uses, as long as the arms are trained. The test side of a
split of SCAN has no validation commands of its own: a rate chosen on it would be chosen on the test.
"""

from typing import Any

from torch import Tensor

from recurse_lab.experiments.scan.arm import ScanArm
from recurse_lab.experiments.scan.scores import asked, right
from recurse_lab.experiments.scan.trial import train

RATES = (1e-3, 2e-3, 4e-3)
SEEDS = (100, 101)


def validate(arm: ScanArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Train one net; return the share of validation commands wholly right, and the mean loss of the last 50 steps."""
    model, run = train(arm, seed)
    share = right(arm, model, asked(arm, "validation", seed)).float().mean().item()
    loss = sum(run.loss[-50:]) / len(run.loss[-50:])
    values = {"trained": share, "loss": loss, "rate": arm.plan.rate, "train_seconds": run.seconds}
    # shares tie near 1: the loss decides between them
    return values | {"score": share - 1e-3 * loss}, {}
